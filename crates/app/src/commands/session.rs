//! `file-manager session list|revoke`, and `end-sessions`

use fm_application::administration::{Administrator, ShowUserError};
use fm_application::sessions::{EndSessionsError, NamedAccount};
use fm_application::wiring::UseCases;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::Session;
use serde_json::json;

use super::complaints::{complain, refuse};
use super::say;
use crate::adapters::Purpose;
use crate::cli::{OneAccount, RevokeSessionsArgs, SessionCommand};
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when something that was asked for was not there.
pub(super) async fn run(
    program: &Program,
    config: &Config,
    command: SessionCommand,
) -> Result<bool, StartError> {
    let storage = &config.storage;
    if storage.sessions.is_of_one_process(storage.database.as_ref()) {
        return Err(StartError::unworkable(
            "a command about sessions with this SESSION_STORE",
            "the sessions live in the memory of one process, and another one neither sees nor ends them",
            "restart that process, which ends all, or choose another session store",
        ));
    }
    let purpose = if matches!(command, SessionCommand::List(_)) { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let use_cases = wired.use_cases();
    let done = match command {
        SessionCommand::List(args) => list(&use_cases, args).await,
        SessionCommand::Revoke(args) if args.all => revoke_all(&use_cases, args.user).await,
        SessionCommand::Revoke(args) => revoke(&use_cases, args).await,
    };
    wired.shutdown.run().await;
    done
}

/// The id of an account that need not be there any more, if it is named by that.
async fn user_of(use_cases: &UseCases, account: &NamedAccount) -> Result<Option<UserId>, StartError> {
    if let NamedAccount::Id(id) = account {
        return Ok(Some(*id));
    }
    match use_cases.administration.show_user.run(&Administrator::Operator, account).await {
        Ok(found) => Ok(Some(found.account.user.id)),
        Err(ShowUserError::Store(source)) => Err(StartError::Store { what: "the database", source }),
        Err(refusal @ (ShowUserError::NotFound | ShowUserError::NotAdmin)) => {
            refuse(&refusal);
            Ok(None)
        }
    }
}

fn failed(source: fm_domain::error::PortError) -> StartError {
    StartError::Store { what: "the session store", source }
}

async fn list(use_cases: &UseCases, args: OneAccount) -> Result<bool, StartError> {
    let Some(user) = user_of(use_cases, &args.account).await? else { return Ok(false) };
    let sessions = use_cases.sessions.list_of.run(user).await.map_err(failed)?;
    if !args.json {
        say(&format!(
            "{:36}  {:27}  {:27}  {:27}  {:15}  user agent",
            "id", "created at", "last seen at", "expires at", "address"
        ));
    }
    for session in &sessions {
        say(&if args.json { as_json(session) } else { as_line(session) });
    }
    Ok(true)
}

async fn revoke_all(use_cases: &UseCases, args: OneAccount) -> Result<bool, StartError> {
    match use_cases.sessions.end.run(&args.account).await {
        Ok(user) if args.json => say(&json!({"user": user.to_string(), "revoked": "all"}).to_string()),
        Ok(user) => say(&format!("ended all sessions of {user}")),
        Err(refusal @ (EndSessionsError::NoSuchAddress | EndSessionsError::NoSuchId)) => {
            return Ok(refuse(&refusal));
        }
        Err(EndSessionsError::Store(source)) => return Err(failed(source)),
    }
    Ok(true)
}

async fn revoke(use_cases: &UseCases, args: RevokeSessionsArgs) -> Result<bool, StartError> {
    let Some(user) = user_of(use_cases, &args.user.account).await? else { return Ok(false) };
    let mut all_done = true;
    for id in args.sessions.into_iter().map(SessionId::new) {
        let is_ended = use_cases.sessions.end_one.run(user, id).await.map_err(failed)?;
        all_done &= is_ended;
        if args.user.json {
            say(&json!({"user": user.to_string(), "session": id.to_string(), "revoked": is_ended})
                .to_string());
        } else if is_ended {
            say(&format!("ended session {id} of {user}"));
        } else {
            complain(&format!("{user} has no session {id}"));
        }
    }
    Ok(all_done)
}

fn as_line(session: &Session) -> String {
    let line = format!(
        "{:36}  {:27}  {:27}  {:27}  {:15}  {}",
        session.id.to_string(),
        session.created_at.to_string(),
        session.last_seen_at.to_string(),
        session.refresh.expires_at.to_string(),
        session.ip.as_deref().unwrap_or("-"),
        session.user_agent.as_deref().unwrap_or("-"),
    );
    // One line a session, whatever a client calls itself.
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn as_json(session: &Session) -> String {
    json!({
        "id": session.id.to_string(),
        "user": session.user.to_string(),
        "created_at": session.created_at.to_string(),
        "last_seen_at": session.last_seen_at.to_string(),
        "expires_at": session.refresh.expires_at.to_string(),
        "ip": session.ip,
        "user_agent": session.user_agent,
    })
    .to_string()
}
