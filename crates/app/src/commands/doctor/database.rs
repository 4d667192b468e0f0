//! The database: what its adapter checks, its migrations, and a unit of work that is rolled back.

use fm_domain::accounts::{Charge, DisplayName, Email, InsertUser, PasswordHash, Role, User};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::error::{Cause, chain};
use fm_domain::ids::{IdSource, UserId};

use super::recorder::Recorder;
use super::report::Step;
use crate::adapters::{Diagnosis, MigrateError, Migrations, OpenContext};
use crate::config::Config;

const PORT_STEPS: [&str; 3] = ["migrations", "open", "transaction"];

const LOOK: &str = "look at the step above and at the log of the database";

pub(super) async fn check(config: &Config, mut context: OpenContext, ids: &dyn IdSource) -> Vec<Step> {
    let factory = &config.storage.database;
    let mut recorder =
        Recorder::new("database", "see whether the database runs and DATABASE_URL leads to it");
    if let Err(cause) = recorder.check_adapter(factory.checkup(&context)).await {
        recorder.skip(&PORT_STEPS, cause);
        return recorder.into_steps();
    }
    let migrations =
        factory.migrations().map_err(|error| Diagnosis::failure(chain(&error), "correct DATABASE_URL"));
    let migrates = config.storage.migrate_on_start;
    let judged = async { migrated(&*migrations?, migrates).await };
    let Some(is_migrated) = recorder.obtain("migrations", judged).await else {
        recorder.skip(&PORT_STEPS[1..], "migrations");
        return recorder.into_steps();
    };
    if !is_migrated {
        recorder.skip(&PORT_STEPS[1..], "pending migrations");
        return recorder.into_steps();
    }
    let opened = async {
        let opened = factory.open(&mut context).await;
        let opened = opened.map_err(|error| Diagnosis::failure(chain(&error), LOOK))?;
        Ok((opened, Diagnosis::fine("it can be opened")))
    };
    if let Some(opened) = recorder.obtain("open", opened).await {
        let now = context.clock.now();
        recorder.check("transaction", transaction(&*opened.database, now, ids)).await;
    } else {
        recorder.skip(&PORT_STEPS[2..], "open");
    }
    recorder.shut_down(context.shutdown).await
}

/// Whether none is pending.
async fn migrated(migrations: &dyn Migrations, on_start: bool) -> Result<(bool, Diagnosis), Diagnosis> {
    let broken = |error: MigrateError| Diagnosis::failure(chain(&error), LOOK);
    let states = migrations.status().await.map_err(broken)?;
    let unknown = migrations.unknown().await.map_err(broken)?;
    let pending = states.iter().filter(|state| !state.applied).count();
    let all = states.len();
    if pending > 0 {
        let detail = format!("{pending} of {all} migrations are pending");
        return if on_start {
            let remedy = "start the service, which applies them (MIGRATE_ON_START=1), or run `file-manager migrate up`";
            Ok((false, Diagnosis::warning(detail, remedy)))
        } else {
            Err(Diagnosis::failure(
                detail,
                "run `file-manager migrate up`: MIGRATE_ON_START=0 leaves it to you",
            ))
        };
    }
    if !unknown.is_empty() {
        let detail =
            format!("the database has migrations that this program does not know: {}", unknown.join(", "));
        return Ok((
            true,
            Diagnosis::warning(detail, "finish the upgrade: this program is older than the database"),
        ));
    }
    Ok((true, Diagnosis::fine(format!("all {all} migrations are applied"))))
}

/// Adds, reads, changes and removes a user in a unit of work that is rolled back, and sees that nothing stayed.
async fn transaction(database: &dyn Database, now: Timestamp, ids: &dyn IdSource) -> Diagnosis {
    match rolled_back(database, now, ids).await {
        Ok(None) => Diagnosis::fine("a row was added, read, changed and removed, and all of it rolled back"),
        Ok(Some(odd)) => Diagnosis::failure(odd, LOOK),
        Err(error) => Diagnosis::failure(chain(error.as_ref()), LOOK),
    }
}

/// What is odd, if anything is.
async fn rolled_back(
    database: &dyn Database,
    now: Timestamp,
    ids: &dyn IdSource,
) -> Result<Option<&'static str>, Cause> {
    let id = UserId::new(ids.uuid());
    let name: DisplayName = "doctor".parse()?;
    let email: Email = format!("doctor-{id}@example.invalid").parse()?;
    let user = User {
        id,
        email,
        name: None,
        role: Role::User,
        password_hash: PasswordHash::new(String::new()),
        created_at: now,
    };
    let mut unit = database.begin().await?;
    match unit.users().insert(&user).await {
        Ok(()) => {}
        Err(InsertUser::EmailTaken) => return Ok(Some("a fresh address is taken")),
        Err(InsertUser::Store(error)) => return Err(error.into()),
    }
    let charge = Charge { add: ByteSize::new(1), files_added: 1, ..Charge::default() };
    unit.users().charge(id, &charge, None).await?;
    let is_changed = unit.users().set_name(id, Some(name.clone())).await?;
    let found = unit.users().find_for_update(id).await?;
    let is_found = found.is_some_and(|account| account.user.name == Some(name));
    let is_removed = unit.users().mark_removed(id, now).await? && unit.users().remove(id).await?;
    unit.rollback().await?;
    if !(is_changed && is_found && is_removed) {
        return Ok(Some("a row that was added could not be read, changed and removed"));
    }
    let stayed = database.read().await?.users().find(id).await?;
    Ok(stayed.map(|_user| "a row stayed that was rolled back"))
}

#[cfg(test)]
mod tests;
