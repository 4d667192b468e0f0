//! `file-manager export`

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};
use std::path::Path;
use std::sync::Arc;

use fm_application::archive::{Export, ExportCommand, ExportError, ExportSink, Exported};
use fm_domain::archive::Archive;
use serde_json::json;

use super::complaints::{complain, refuse};
use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::ExportArgs;
use crate::config::Config;
use crate::wire::Wired;
use crate::{Program, StartError};

/// Runs the command; false when nothing was exported.
pub(super) async fn run(program: &Program, config: &Config, args: ExportArgs) -> Result<bool, StartError> {
    let wired = program.wire(config, super::public_url(config), Purpose::Look).await?;
    let done = act(config, &wired, &args).await;
    wired.shutdown.run().await;
    done
}

/// The database as one that can be moved, which not every adapter is.
pub(super) fn archive(wired: &Wired) -> Result<Arc<dyn Archive>, StartError> {
    wired.archive.clone().ok_or_else(|| {
        StartError::unworkable(
            "this DATABASE_URL",
            "the adapter of the database knows no snapshots",
            "use one of sqlite: and postgres:",
        )
    })
}

async fn act(config: &Config, wired: &Wired, args: &ExportArgs) -> Result<bool, StartError> {
    let export = Export::new(&wired.ports, archive(wired)?);
    if args.unseal {
        let unsealed = export.unseal().await;
        unsealed.map_err(|source| StartError::Store { what: "the seal of the database", source })?;
        let told = json!({"sealed": false}).to_string();
        say(if args.json { told.as_str() } else { "the database takes changes again" });
        return Ok(true);
    }
    let Some(mut sink) = open(args)? else { return Ok(false) };
    let applied = config.storage.database.migrations()?.status().await?;
    let command = ExportCommand {
        is_final: args.is_final,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        migration: applied.into_iter().rfind(|state| state.applied).map(|state| state.name),
    };
    let progress = Progress::of("exporting");
    let exported = export.run(&command, &mut sink).await;
    drop(progress);
    match exported {
        Ok(exported) => {
            tell(args, &exported);
            Ok(true)
        }
        Err(error) => {
            remove(args);
            match error {
                ExportError::Store(source) => Err(StartError::Store { what: "the database", source }),
                refusal @ (ExportError::Write(_) | ExportError::Miscounted(_)) => Ok(refuse(&refusal)),
            }
        }
    }
}

/// Where the export goes; `None` where that was refused.
fn open(args: &ExportArgs) -> Result<Option<Output>, StartError> {
    let Some(path) = args.file() else {
        let stdout = io::stdout();
        if stdout.is_terminal() {
            complain(
                "an export holds password hashes and is not shown on a terminal: name a file by --output",
            );
            return Ok(None);
        }
        return Ok(Some(Output::Standard(BufWriter::new(stdout))));
    };
    match private(path) {
        Ok(file) => Ok(Some(Output::File(BufWriter::new(file)))),
        Err(source) => Err(StartError::adapter(format!("the file {} can't be made", path.display()), source)),
    }
}

/// A new file for its owner alone: it holds password hashes.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes what is no whole export.
fn remove(args: &ExportArgs) {
    if let Some(path) = args.file()
        && let Err(error) = std::fs::remove_file(path)
    {
        complain(&format!("{} is no whole export, and can't be removed: {error}", path.display()));
    }
}

enum Output {
    File(BufWriter<File>),
    Standard(BufWriter<Stdout>),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Standard(stdout) => stdout.flush(),
        }
    }
}

impl ExportSink for Output {
    fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        match self {
            Self::File(file) => file.get_ref().sync_all(),
            Self::Standard(_) => Ok(()),
        }
    }
}

fn tell(args: &ExportArgs, exported: &Exported) {
    let Exported { counts, removed_users, open_uploads } = exported;
    let told = if args.json {
        let left_out = json!({"removed_users": removed_users, "open_uploads": open_uploads});
        json!({"exported": counts, "left_out": left_out, "sealed": args.is_final}).to_string()
    } else {
        let sealed = if args.is_final { "; the database is sealed" } else { "" };
        format!(
            "exported: {counts}; left out: {open_uploads} unfinished uploads, {removed_users} removed users{sealed}"
        )
    };
    if args.file().is_some() { say(&told) } else { super::say_on_stderr(&told) }
}
