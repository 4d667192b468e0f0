//! `file-manager audit`

use fm_application::wiring::UseCases;
use fm_domain::audit::{AuditEntry, AuditKey};
use fm_domain::ids::UserId;
use serde_json::json;

use super::say;
use crate::adapters::Purpose;
use crate::cli::AuditArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command. It only reads.
pub(super) async fn run(program: &Program, config: &Config, args: AuditArgs) -> Result<bool, StartError> {
    let wired = program.wire(config, super::public_url(config), Purpose::Look).await?;
    let listed = list(&wired.use_cases(), &args).await;
    wired.shutdown.run().await;
    listed.map(|()| true)
}

async fn list(use_cases: &UseCases, args: &AuditArgs) -> Result<(), StartError> {
    if !args.json {
        say(&format!(
            "{:27}  {:22}  {:36}  {:36}  {:36}  {:15}  user agent",
            "at", "action", "actor", "account", "target", "address"
        ));
    }
    let (filter, mut after, mut left) = (args.filter(), None, args.limit);
    while left > 0 {
        let limit = u32::try_from(left).unwrap_or(u32::MAX);
        let page = use_cases.audit.list.run(&filter, after, limit).await;
        let page = page.map_err(|source| StartError::Store { what: "the audit trail", source })?;
        let Some(last) = page.last() else { break };
        after = Some(AuditKey::of(last));
        left -= page.len() as u64;
        for entry in &page {
            say(&if args.json { as_json(entry) } else { as_line(entry) });
        }
    }
    Ok(())
}

fn as_line(entry: &AuditEntry) -> String {
    let user = |id: Option<UserId>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let line = format!(
        "{:27}  {:22}  {:36}  {:36}  {:36}  {:15}  {}",
        entry.at.to_string(),
        entry.action,
        user(entry.actor),
        user(entry.account),
        entry.target.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        entry.client.ip.as_deref().unwrap_or("-"),
        entry.client.user_agent.as_deref().unwrap_or("-"),
    );
    // One line an entry, whatever a client calls itself.
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn as_json(entry: &AuditEntry) -> String {
    let user = |id: Option<UserId>| id.map(|id| id.to_string());
    json!({
        "id": entry.id.to_string(),
        "at": entry.at.to_string(),
        "action": entry.action.as_str(),
        "actor": user(entry.actor),
        "account": user(entry.account),
        "target": entry.target.map(|id| id.to_string()),
        "ip": entry.client.ip,
        "user_agent": entry.client.user_agent,
    })
    .to_string()
}
