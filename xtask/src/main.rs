//! The checks of the repository that no off-the-shelf tool makes: `cargo xtask check`.
//!
//! Each check is a function from what it reads to a list of faults, so that its tests can show that it fails.

mod cycles;
mod dependencies;
mod lengths;
mod manifests;
mod migrations;
mod repository;
mod words;

use std::error::Error;
use std::process::ExitCode;

use repository::Repository;

/// What is wrong, in one line that names the place; lines below it give details.
type Fault = String;

/// Why a check could not be made at all.
type Failure = Box<dyn Error>;

type Check = fn(&Repository) -> Result<Vec<Fault>, Failure>;

const CHECKS: [(&str, Check); 6] = [
    ("no cycle of imports leaves a folder", cycles::check),
    ("dependencies point inwards", dependencies::check),
    ("files have one subject", lengths::check),
    ("manifests give reasons and share the lints", manifests::check),
    ("both databases have the same migrations", migrations::check),
    ("nothing is left unfinished", words::check),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["check"] {
        eprintln!("usage: cargo xtask check");
        return ExitCode::from(2);
    }
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(count) => {
            eprintln!("{count} faults");
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Makes every check and prints what it found; returns how many faults there are.
fn run() -> Result<usize, Failure> {
    let repository = Repository::open()?;
    let mut count = 0;
    for (name, check) in CHECKS {
        let faults = check(&repository)?;
        println!("{} {name}", if faults.is_empty() { "ok    " } else { "FAILED" });
        for fault in &faults {
            println!("       {}", fault.replace('\n', "\n       "));
        }
        count += faults.len();
    }
    Ok(count)
}
