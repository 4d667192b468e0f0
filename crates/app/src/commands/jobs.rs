//! `file-manager jobs list|retry|discard`

use std::fmt::Write as _;

use fm_application::jobs::{DeadJobError, ListedJob};
use fm_application::wiring::UseCases;
use fm_domain::error::chain;
use fm_domain::ids::JobId;
use fm_domain::jobs::JobState;
use serde_json::json;

use super::say;
use crate::adapters::Purpose;
use crate::cli::{DeadJobs, Jobs};
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when something that was asked for was not done.
pub(super) async fn run(program: &Program, config: &Config, command: Jobs) -> Result<bool, StartError> {
    let purpose = if matches!(command, Jobs::List { .. }) { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let use_cases = wired.use_cases();
    let done = match command {
        Jobs::List { state, json } => list(&use_cases, state.map(Into::into), json).await,
        Jobs::Retry(dead) => {
            each(&use_cases, &dead, "enqueued again", async |id| use_cases.jobs.retry.run(id).await.map(drop))
                .await
        }
        Jobs::Discard(dead) => {
            each(&use_cases, &dead, "discarded", async |id| use_cases.jobs.discard.run(id).await).await
        }
    };
    wired.shutdown.run().await;
    done
}

async fn list(use_cases: &UseCases, state: Option<JobState>, json: bool) -> Result<bool, StartError> {
    let mut after = None;
    if !json {
        say(&format!(
            "{:36}  {:15}  {:7}  {:>8}  {:27}  last error",
            "id", "kind", "state", "attempts", "enqueued for"
        ));
    }
    loop {
        let page = use_cases.jobs.list.run(state, after).await.map_err(queue)?;
        let Some(last) = page.last() else { return Ok(true) };
        after = Some(last.record.id);
        for job in &page {
            say(&if json { as_json(job) } else { as_line(job) });
        }
    }
}

/// Does something to the dead jobs that were named, or to all.
async fn each(
    use_cases: &UseCases,
    dead: &DeadJobs,
    done: &str,
    work: impl AsyncFn(JobId) -> Result<(), DeadJobError>,
) -> Result<bool, StartError> {
    let mut ids: Vec<JobId> = dead.ids.iter().copied().map(JobId::new).collect();
    if dead.all {
        let mut after = None;
        loop {
            let page = use_cases.jobs.list.run(Some(JobState::Dead), after).await.map_err(queue)?;
            let Some(last) = page.last() else { break };
            after = Some(last.record.id);
            ids.extend(page.iter().map(|job| job.record.id));
        }
    }
    if ids.is_empty() && !dead.json {
        say("there are no dead jobs");
    }
    let mut all_done = true;
    for id in ids {
        match work(id).await {
            Ok(()) if dead.json => say(&json!({"id": id.to_string(), "done": true}).to_string()),
            Ok(()) => say(&format!("{id} {done}")),
            Err(DeadJobError::Store(error)) => return Err(queue(error)),
            Err(refusal) => {
                all_done = false;
                if dead.json {
                    let told = json!({"id": id.to_string(), "done": false, "reason": chain(&refusal)});
                    say(&told.to_string());
                    continue;
                }
                say(&format!("{id} left alone: {}", chain(&refusal)));
            }
        }
    }
    Ok(all_done)
}

fn queue(source: fm_domain::error::PortError) -> StartError {
    StartError::Store { what: "the job queue", source }
}

fn as_line(ListedJob { record: job, unreadable }: &ListedJob) -> String {
    let mut line = format!(
        "{:36}  {:15}  {:7}  {:>8}  {:27}",
        job.id.to_string(),
        job.kind,
        job.state.as_str(),
        job.attempt,
        job.run_at.to_string()
    );
    let unreadable = unreadable.as_ref().map(|reason| format!("not for this version: {reason}"));
    for reason in unreadable.iter().chain(&job.last_error) {
        // One line a job, whatever an error says.
        let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Writing to a string can't fail.
        let _ = write!(line, "  {reason}");
    }
    line
}

fn as_json(ListedJob { record: job, unreadable }: &ListedJob) -> String {
    json!({
        "id": job.id.to_string(),
        "kind": job.kind.as_str(),
        "work": job.payload.json(),
        "state": job.state.as_str(),
        "attempts": job.attempt,
        "run_at": job.run_at.to_string(),
        "last_error": job.last_error,
        "unreadable": unreadable.as_ref().map(ToString::to_string),
    })
    .to_string()
}
