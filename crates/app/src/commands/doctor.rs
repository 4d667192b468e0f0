//! `file-manager doctor`: tries what the program needs of its surroundings, and names the step that fails.
//!
//! It opens nothing as the service does: each part is opened for itself, side by side with the others, within a time of its
//! own, and by a command that only looks, so that nothing is migrated, created or tidied up. What is written to be read again is
//! rolled back or removed.

mod blob_store;
mod configuration;
mod database;
mod fallback;
mod links;
mod recorder;
mod redaction;
mod redis;
mod report;
mod sessions;

use std::sync::Arc;

use fm_credentials::{OsIds, SystemClock};
use fm_domain::clock::Clock;

use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::DoctorArgs;
use crate::config::{Config, Sources};
use crate::wire::open_context;
use crate::{Program, StartError};
use redaction::Redaction;
use report::Report;

/// Runs the command; false when a step failed.
pub(super) async fn run(program: &Program, config: &Config, args: DoctorArgs) -> Result<bool, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let context = || open_context(config, Purpose::Look, Arc::clone(&clock));
    let progress = Progress::of("checking");
    let mut steps = configuration::check(config);
    let (database, blobs, fallback, sessions, redis) = tokio::join!(
        database::check(config, context()?, &OsIds),
        blob_store::check(config, context()?, &OsIds),
        fallback::check(config, context()?, &OsIds),
        sessions::check(config, context()?, &OsIds),
        redis::check(config, context()?, &OsIds),
    );
    drop(progress);
    steps.extend([database, blobs, fallback, sessions, redis].into_iter().flatten());
    let redaction = Redaction::new(&program.secrets_of(&Sources::of_process()));
    let report = Report::new(steps, &redaction, clock.now());
    let lines =
        if args.json { report.json().iter().map(ToString::to_string).collect() } else { report.table() };
    for line in &lines {
        say(line);
    }
    Ok(report.is_well())
}
