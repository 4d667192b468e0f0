//! `file-manager sweep`

use fm_domain::usecase::job::Swept;

use super::say;
use crate::cli::SweepArgs;
use crate::config::Config;
use crate::wire::{StartError, wire};

pub(super) async fn run(config: &Config, args: SweepArgs) -> Result<(), StartError> {
    let wired = wire(config, config.public_url.as_deref().unwrap_or_default()).await?;
    let use_cases = wired.use_cases();
    let swept = if args.dry_run { use_cases.preview_sweep.run().await } else { use_cases.sweep.run().await };
    let swept = swept.map_err(|source| StartError::Store { what: "the sweep", source })?;
    say(&sentence(&swept, args.dry_run));
    wired.endings.reach().await;
    Ok(())
}

fn sentence(swept: &Swept, dry_run: bool) -> String {
    let Swept { given_up, discarded, failed, keys, sessions } = swept;
    if dry_run {
        return format!("to give up: {given_up} uploads; to discard: {discarded} blobs; nothing was changed");
    }
    format!(
        "given up: {given_up} uploads; discarded: {discarded} blobs; failed to discard: {failed}; \
         purged: {keys} idempotency keys, {sessions} sessions"
    )
}
