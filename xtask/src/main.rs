//! The checks of the repository that no off-the-shelf tool makes: `cargo xtask check`.
//!
//! Each check is a function from what it reads to a list of faults, so that its tests can show that it fails.

mod cycles;
mod dependencies;
mod expansions;
mod fault;
mod indexes;
mod lengths;
mod manifests;
mod migrations;
mod repository;
mod security;
mod sql;
mod targets;
mod trusted;
mod unfinished;
mod words;

use std::io::Write;
use std::process::ExitCode;

use fault::{Failure, Fault};
use repository::Repository;

type Check = fn(&Repository) -> Result<Vec<Fault>, Failure>;

const CHECKS: [(&str, Check); 12] = [
    ("no cycle of imports leaves a folder", cycles::check),
    ("dependencies point inwards", dependencies::check),
    ("files have one subject", lengths::check),
    ("manifests give reasons and share the lints", manifests::check),
    ("both databases have the same migrations", migrations::check),
    ("migrations only add", expansions::check),
    ("new indexes let writers go on", indexes::check),
    ("the security page names tests that exist", security::check),
    ("targets that are not tested have no tests", targets::check),
    ("unchecked text comes from our own rows", trusted::check),
    ("nothing is left unfinished", unfinished::check),
    ("words are the field's", words::check),
];

const USAGE: &str = "usage: cargo xtask check            makes every check
       cargo xtask words            how often each banned word occurs
       cargo xtask words WORD       every place of a banned word
       cargo xtask words --lower    lowers the counts of xtask/banned-words.txt to what is there";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["check"] => run(),
        ["words"] => show(None),
        ["words", "--lower"] => lower(),
        ["words", word] => show(Some(word)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
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

fn show(word: Option<&str>) -> Result<usize, Failure> {
    let mut output = std::io::stdout().lock();
    for line in words::show(&Repository::open()?, word)? {
        writeln!(output, "{line}")?;
    }
    Ok(0)
}

fn lower() -> Result<usize, Failure> {
    words::lower(&Repository::open()?)?;
    Ok(0)
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
