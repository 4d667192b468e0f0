//! `file-manager import`

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use fm_application::archive::{Import, ImportError, ImportOptions, Imported};
use serde_json::json;

use super::complaints::{complain, refuse};
use super::export::archive;
use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::ImportArgs;
use crate::config::Config;
use crate::wire::Wired;
use crate::{Program, StartError};

/// Runs the command; false when nothing was imported.
pub(super) async fn run(program: &Program, config: &Config, args: ImportArgs) -> Result<bool, StartError> {
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let done = act(&wired, &args).await;
    wired.shutdown.run().await;
    done
}

async fn act(wired: &Wired, args: &ImportArgs) -> Result<bool, StartError> {
    let import = Import::new(&wired.ports, archive(wired)?);
    let mut input: Box<dyn BufRead> = match args.file() {
        None => Box::new(io::stdin().lock()),
        Some(path) => match File::open(path) {
            Ok(file) => Box::new(BufReader::new(file)),
            Err(source) => {
                let problem = format!("the file {} can't be read", path.display());
                return Err(StartError::adapter(problem, source));
            }
        },
    };
    let progress = Progress::of("importing");
    let imported = import.run(ImportOptions { dry_run: args.dry_run }, &mut *input).await;
    drop(progress);
    match imported {
        Ok(imported) => {
            tell(args, &imported);
            Ok(true)
        }
        Err(ImportError::Store(source)) => Err(StartError::Store { what: "the database", source }),
        Err(
            refusal @ (ImportError::NotEmpty(_)
            | ImportError::Line { .. }
            | ImportError::Truncated { .. }
            | ImportError::Read(_)
            | ImportError::Row { .. }
            | ImportError::Unsound(_)
            | ImportError::Miscounted { .. }),
        ) => Ok(refuse(&refusal)),
    }
}

fn tell(args: &ImportArgs, imported: &Imported) {
    let Imported { counts, is_final } = imported;
    if args.json {
        let what = if args.dry_run { "checked" } else { "imported" };
        say(&json!({what: counts, "final": is_final}).to_string());
    } else if args.dry_run {
        say(&format!("to import: {counts}; nothing was changed"));
    } else {
        say(&format!("imported: {counts}"));
    }
    if !is_final && !args.json {
        complain("the export was not made with --final: what was changed in its database since is not in it");
    }
}
