//! `file-manager end-sessions`

use fm_application::sessions::EndSessionsError;

use super::complaints::complain;
use super::say;
use crate::adapters::Purpose;
use crate::cli::EndSessionsArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when there is no such account.
pub(super) async fn run(
    program: &Program,
    config: &Config,
    args: EndSessionsArgs,
) -> Result<bool, StartError> {
    let storage = &config.storage;
    if storage.sessions.is_of_one_process(storage.database.as_ref()) {
        return Err(StartError::unworkable(
            "file-manager end-sessions with this SESSION_STORE",
            "the sessions live in the memory of one process, and another one ends none of them",
            "restart that process, which ends all, or choose another session store",
        ));
    }
    let wired = program.wire(config, super::public_url(config), Purpose::Work).await?;
    let ended = wired.use_cases().sessions.end.run(&args.account).await;
    wired.shutdown.run().await;
    match ended {
        Ok(user) => {
            say(&format!("ended all sessions of {user}"));
            Ok(true)
        }
        Err(refusal @ (EndSessionsError::NoSuchAddress | EndSessionsError::NoSuchId)) => {
            complain(&format!("nothing was ended: {refusal}"));
            Ok(false)
        }
        Err(EndSessionsError::Store(source)) => Err(StartError::Store { what: "the sessions", source }),
    }
}
