//! `file-manager migrate up|down|status`

use serde_json::json;

use super::say;
use crate::StartError;
use crate::cli::Migrate;
use crate::config::Config;

/// Runs the command.
pub(super) async fn run(config: &Config, direction: Migrate, json: bool) -> Result<(), StartError> {
    config.storage.database.check().await?;
    let migrations = config.storage.database.migrations()?;
    let tell = |state: &str, name: &str| {
        say(&if json {
            json!({"migration": name, "state": state}).to_string()
        } else {
            format!("{state} {name}")
        });
    };
    let nothing = |what: &str| {
        if !json {
            say(&format!("nothing to {what}"));
        }
    };
    match direction {
        Migrate::Up => {
            let names = migrations.up().await?;
            if names.is_empty() {
                nothing("apply");
            }
            for name in &names {
                tell("applied", name);
            }
        }
        Migrate::Down => match migrations.down().await? {
            Some(name) => tell("reverted", &name),
            None => nothing("revert"),
        },
        Migrate::Status => {
            for migration in migrations.status().await? {
                tell(if migration.applied { "applied" } else { "pending" }, &migration.name);
            }
        }
    }
    Ok(())
}
