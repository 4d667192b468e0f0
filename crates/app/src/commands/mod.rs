//! The commands.

mod audit;
mod complaints;
mod configuration;
mod doctor;
mod documents;
mod export;
mod health;
mod import;
mod jobs;
mod migrate;
mod move_blobs;
mod password;
mod progress;
mod serve;
mod session;
mod sweep;
mod user;
mod verify;
mod worker;

use std::io::{ErrorKind, Write as _};
use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Runtime;

use crate::adapters::DatabaseScope;
use crate::cli::{Cli, Command, RevokeSessionsArgs, ServeArgs, SessionCommand};
use crate::config::{Config, Sources};
use crate::span_export::SpanExport;
use crate::{Program, StartError, logging};
use complaints::{complain, complain_of, complain_of_faults};

/// The exit code of a configuration that can't be used.
const CONFIGURATION: u8 = 2;

/// Threads that wait for disks, or hash what goes there: enough to keep one busy, few enough that many uploads at once
/// don't fill the memory with their stacks. Password hashes and thumbnails bound themselves far below it.
const BLOCKING_THREADS: usize = 32;

/// Runs a command to its end.
#[must_use]
pub(crate) fn run(program: &Program, cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or_else(|| Command::Serve(ServeArgs::default()));
    complaints::answer_in_json(command.answers_in_json());
    if let Some(printed) = documents::run(&command) {
        return printed;
    }
    let config = match program.read(&Sources::of_process()) {
        Ok(config) => config,
        Err(faults) => {
            complain_of_faults(&faults);
            return ExitCode::from(CONFIGURATION);
        }
    };
    match started(program, command, config) {
        Ok(true) if !IS_CUT.load(Ordering::Relaxed) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) if error.is_configuration() => {
            complain_of(&error);
            ExitCode::from(CONFIGURATION)
        }
        Err(error) => {
            // A line of the log would be a second object beside the one of the complaint.
            if !complaints::are_in_json() {
                tracing::error!(error = fm_domain::error::chain(&error), "the program ends");
            }
            complain_of(&error);
            ExitCode::FAILURE
        }
    }
}

/// False when the command ran, but did not do all that was asked for.
fn started(program: &Program, command: Command, config: Config) -> Result<bool, StartError> {
    if let Command::Config { command } = command {
        configuration::run(program, &command);
        return Ok(true);
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(BLOCKING_THREADS).build()?;
    let export = SpanExport::start(&config.traces, runtime.handle())?;
    let _log = logging::start(config.logging.format, &config.logging.filter, export.as_ref())?;
    let leaves_threads = matches!(command, Command::Serve(_) | Command::Doctor(_));
    let done = run_on(&runtime, program, command, config);
    if let Some(export) = export {
        export.finish();
    }
    if leaves_threads {
        // Requests that were cut off may still be on the server's threads, inside of it, and a check may wait for a disk that
        // hangs: it ends with the process.
        let _runtime = ManuallyDrop::new(runtime);
    }
    done
}

fn run_on(
    runtime: &Runtime,
    program: &Program,
    command: Command,
    config: Config,
) -> Result<bool, StartError> {
    match command {
        Command::Serve(args) => {
            let config = if args.ephemeral { config.ephemeral() } else { config };
            serve::run(program, runtime, &config, !args.no_worker)?;
        }
        Command::Worker => runtime.block_on(worker::run(program, &config))?,
        Command::Migrate { direction, json } => runtime.block_on(migrate::run(&config, direction, json))?,
        Command::User { command } => return runtime.block_on(user::run(program, &config, command)),
        Command::Session { command } => return runtime.block_on(session::run(program, &config, command)),
        Command::Health(args) => return Ok(runtime.block_on(health::run(&config, args))),
        // Both kinds need no runtime: they ran before.
        Command::Config { .. } | Command::Openapi | Command::Completions { .. } | Command::Man { .. } => {}
        Command::Jobs { command } => return runtime.block_on(jobs::run(program, &config, command)),
        Command::Audit(args) => return runtime.block_on(audit::run(program, &config, args)),
        Command::EndSessions(user) => {
            let command = SessionCommand::Revoke(RevokeSessionsArgs::all_of(user));
            return runtime.block_on(session::run(program, &config, command));
        }
        Command::Sweep(args) => return runtime.block_on(sweep::run(program, &config, args)),
        Command::MoveBlobs(args) => return runtime.block_on(move_blobs::run(program, &config, args)),
        Command::Export(args) => return runtime.block_on(export::run(program, &config, args)),
        Command::Import(args) => return runtime.block_on(import::run(program, &config, args)),
        Command::Verify(args) => return runtime.block_on(verify::run(program, &config, args)),
        Command::Doctor(args) => return runtime.block_on(doctor::run(program, &config, args)),
    }
    Ok(true)
}

/// The configured address of the program; for commands that sign no links any will do.
fn public_url(config: &Config) -> &str {
    config.http.public_url.as_deref().unwrap_or_default()
}

/// Refuses a worker in a process of its own where the database lives in one process.
fn check_worker_apart(config: &Config, command: &str) -> Result<(), StartError> {
    if config.storage.database.scope() != DatabaseScope::Process {
        return Ok(());
    }
    Err(StartError::unworkable(
        format!("{command} with this DATABASE_URL"),
        "the database lives in the memory of one process, and a worker in another process sees none of its jobs",
        "run `file-manager serve`, or choose another database",
    ))
}

/// Writes a line of the answer to standard error, where standard output has another purpose.
#[expect(clippy::print_stderr, reason = "standard output holds what was asked for")]
fn say_on_stderr(line: &str) {
    eprintln!("{line}");
}

/// Whether a line of the answer could not be written.
static IS_CUT: AtomicBool = AtomicBool::new(false);

/// Writes a line of the answer to standard output. A reader that has enough of it, such as `head`, is no failure; a disk that is
/// full is one, and is told once.
fn say(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
        && !IS_CUT.swap(true, Ordering::Relaxed)
    {
        complain(&format!("the answer can't be written: {error}"));
    }
}
