//! `file-manager sweep`

use fm_application::jobs::Swept;
use fm_application::operations::{SweepOrphansCommand, SweepOrphansError, SweptOrphans};
use fm_application::wiring::UseCases;
use fm_domain::error::PortError;

use serde_json::json;

use super::complaints::complain;
use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::SweepArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when something was not swept that should have been.
pub(super) async fn run(program: &Program, config: &Config, args: SweepArgs) -> Result<bool, StartError> {
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let use_cases = wired.use_cases();
    let swept = if args.orphans { orphans(&use_cases, args).await } else { sweep(&use_cases, args).await };
    wired.shutdown.run().await;
    swept.map_err(|source| StartError::Store { what: "the sweep", source })
}

async fn sweep(use_cases: &UseCases, args: SweepArgs) -> Result<bool, PortError> {
    let progress = Progress::of("sweeping");
    let swept = if args.dry_run {
        use_cases.jobs.dry_run_sweep.run().await
    } else {
        use_cases.jobs.sweep.run().await
    }?;
    drop(progress);
    say(&if args.json { as_json(&swept, args.dry_run) } else { sentence(&swept, args.dry_run) });
    Ok(true)
}

async fn orphans(use_cases: &UseCases, args: SweepArgs) -> Result<bool, PortError> {
    let command = SweepOrphansCommand { min_age: args.min_age(), dry_run: args.dry_run };
    let progress = Progress::of("looking for orphans");
    let swept = use_cases.operations.sweep_orphans.run(command).await;
    drop(progress);
    match swept {
        Ok(swept) => {
            let dry_run = args.dry_run;
            say(&if args.json { orphans_json(&swept, dry_run) } else { orphans_sentence(&swept, dry_run) });
            Ok(swept.failed == 0)
        }
        Err(SweepOrphansError::Store(error)) => Err(error),
        Err(refusal @ (SweepOrphansError::NotListable | SweepOrphansError::StrangeDatabase)) => {
            complain(&format!("nothing was deleted: {refusal}"));
            Ok(false)
        }
    }
}

fn as_json(swept: &Swept, dry_run: bool) -> String {
    let Swept { cancelled, deleted, failed, uploads, keys, sessions, audit, operations } = swept;
    json!({
        "dry_run": dry_run,
        "cancelled": cancelled,
        "deleted": deleted,
        "failed": failed,
        "purged": {
            "uploads": uploads,
            "keys": keys,
            "sessions": sessions,
            "audit": audit,
            "operations": operations,
        },
    })
    .to_string()
}

fn orphans_json(swept: &SweptOrphans, dry_run: bool) -> String {
    let SweptOrphans { listed, deleted, bytes, failed } = swept;
    let orphans = json!({"listed": listed, "deleted": deleted, "bytes": bytes, "failed": failed});
    json!({"dry_run": dry_run, "orphans": orphans}).to_string()
}

fn sentence(swept: &Swept, dry_run: bool) -> String {
    let Swept { cancelled, deleted, failed, uploads, keys, sessions, audit, operations } = swept;
    if dry_run {
        return format!("to cancel: {cancelled} uploads; to delete: {deleted} blobs; nothing was changed");
    }
    format!(
        "cancelled: {cancelled} uploads; deleted: {deleted} blobs; failed to delete: {failed}; \
         purged: {uploads} ended uploads, {keys} idempotency keys, {sessions} sessions, {audit} audit entries, \
         {operations} operations"
    )
}

fn orphans_sentence(swept: &SweptOrphans, dry_run: bool) -> String {
    let SweptOrphans { listed, deleted, bytes, failed } = swept;
    if dry_run {
        return format!(
            "to delete: {deleted} orphans of {bytes} bytes among {listed} blobs; nothing was changed"
        );
    }
    format!("deleted: {deleted} orphans of {bytes} bytes among {listed} blobs; failed to delete: {failed}")
}
