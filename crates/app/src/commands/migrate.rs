//! `file-manager migrate up|down|status`

use super::say;
use crate::StartError;
use crate::cli::Migrate;
use crate::config::Config;

pub(super) async fn run(config: &Config, direction: Migrate) -> Result<(), StartError> {
    config.storage.database.check().await?;
    let migrations = config.storage.database.migrations()?;
    match direction {
        Migrate::Up => {
            let names = migrations.up().await?;
            if names.is_empty() {
                say("nothing to apply");
            }
            for name in names {
                say(&format!("applied {name}"));
            }
        }
        Migrate::Down => match migrations.down().await? {
            Some(name) => say(&format!("reverted {name}")),
            None => say("nothing to revert"),
        },
        Migrate::Status => {
            for migration in migrations.status().await? {
                let state = if migration.applied { "applied" } else { "pending" };
                say(&format!("{state} {}", migration.name));
            }
        }
    }
    Ok(())
}
