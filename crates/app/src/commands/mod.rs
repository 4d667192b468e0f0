//! The commands.

mod jobs;
mod migrate;
mod serve;
mod sweep;
mod verify;
mod worker;

use std::error::Error;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use crate::cli::{Cli, Command, ServeArgs};
use crate::config::{Config, Sources, read};
use crate::wire::StartError;
use crate::{logging, wire};

/// The exit code of a configuration that can't be used.
const CONFIGURATION: u8 = 2;

/// Threads that wait for disks, or hash what goes there: enough to keep one busy, few enough that many uploads at once
/// don't fill the memory with their stacks. Password hashes and thumbnails bound themselves far below it.
const BLOCKING_THREADS: usize = 32;

/// Runs a command to its end.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let config = match read(&Sources::of_process()) {
        Ok(config) => config,
        Err(faults) => {
            complain(&faults.to_string());
            return ExitCode::from(CONFIGURATION);
        }
    };
    match started(cli.command.unwrap_or_else(|| Command::Serve(ServeArgs::default())), config) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(
            error @ (StartError::Logs(_)
            | StartError::Address(_)
            | StartError::Endpoint(_)
            | StartError::Incapable { .. }
            | StartError::Argon2(_)),
        ) => {
            complain(&chain(&error));
            ExitCode::from(CONFIGURATION)
        }
        Err(error) => {
            tracing::error!(error = fm_domain::error::chain(&error), "the program ends");
            complain(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// False when the command ran, but did not do all that was asked for.
fn started(command: Command, config: Config) -> Result<bool, StartError> {
    logging::start(config.log_format, &config.log_filter)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).build()?;
    match command {
        Command::Serve(args) => {
            let config = if args.ephemeral { wire::ephemeral(config) } else { config };
            let served = serve::run(&runtime, &config, !args.no_worker);
            // Requests that were cut off may still be on the server's threads, inside of it: it ends with the process.
            let _runtime = ManuallyDrop::new(runtime);
            served?;
        }
        Command::Worker => runtime.block_on(worker::run(&config))?,
        Command::Migrate { direction } => runtime.block_on(migrate::run(&config, direction))?,
        Command::Jobs { command } => return runtime.block_on(jobs::run(&config, command)),
        Command::Sweep(args) => return runtime.block_on(sweep::run(&config, args)),
        Command::Verify(args) => return runtime.block_on(verify::run(&config, args)),
    }
    Ok(true)
}

/// An error and its causes, in one line each.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str("\n  because: ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[expect(
    clippy::print_stderr,
    reason = "what keeps the program from starting must be seen even without a log"
)]
fn complain(text: &str) {
    eprintln!("file-manager: {text}");
}

#[expect(clippy::print_stdout, reason = "the answer to a command belongs on standard output")]
fn say(line: &str) {
    println!("{line}");
}
