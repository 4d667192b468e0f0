//! `file-manager openapi|completions|man`: what the program knows without a configuration.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::complaints::refuse;
use crate::cli::{Cli, Command};

/// Prints what the command asks for; `None` for every other command.
pub(super) fn run(command: &Command) -> Option<ExitCode> {
    let printed = match command {
        Command::Openapi => openapi(),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "file-manager", &mut text);
            print(&text)
        }
        Command::Man { dir: None } => manual(),
        Command::Man { dir: Some(folder) } => manuals(folder),
        Command::Serve(_)
        | Command::Worker
        | Command::User { .. }
        | Command::Session { .. }
        | Command::Config { .. }
        | Command::Migrate { .. }
        | Command::Jobs { .. }
        | Command::Audit(_)
        | Command::EndSessions(_)
        | Command::Health(_)
        | Command::Sweep(_)
        | Command::MoveBlobs(_)
        | Command::Export(_)
        | Command::Import(_)
        | Command::Verify(_)
        | Command::Doctor(_) => return None,
    };
    Some(match printed {
        Ok(()) => ExitCode::SUCCESS,
        // As `file-manager man | head` ends it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            refuse(&error);
            ExitCode::FAILURE
        }
    })
}

fn openapi() -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(&fm_http::openapi())?;
    text.push(b'\n');
    print(&text)
}

fn manual() -> io::Result<()> {
    let mut text = Vec::new();
    Man::new(Cli::command()).render(&mut text)?;
    print(&text)
}

fn manuals(folder: &Path) -> io::Result<()> {
    clap_mangen::generate_to(Cli::command(), folder)
}

fn print(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}
