//! Users and jobs that tests store.

use fm_domain::accounts::{PasswordHash, Role, User};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::ids::{JobId, UserId};
use fm_domain::jobs::{JobKind, JobPayload, NewJob, Priority};
use uuid::Uuid;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

pub fn user() -> User {
    let id = Uuid::now_v7();
    User {
        id: UserId::new(id),
        email: format!("{id}@example.org").parse().unwrap(),
        name: None,
        role: Role::User,
        password_hash: PasswordHash::new("hash".to_owned()),
        created_at: at(0),
    }
}

pub async fn stored_user(database: &dyn Database) -> UserId {
    let user = user();
    let mut unit = database.begin().await.unwrap();
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();
    user.id
}

pub const KIND: JobKind = JobKind::new("sweep_blobs");

pub fn job() -> NewJob {
    NewJob {
        id: JobId::new(Uuid::now_v7()),
        kind: KIND,
        payload: JobPayload::new(serde_json::json!({"work": "sweep_blobs"})),
        priority: Priority::NORMAL,
        run_at: at(0),
        owner: None,
        unique: None,
        trace: None,
    }
}

pub async fn enqueue(database: &dyn Database) {
    let mut unit = database.begin().await.unwrap();
    unit.jobs().enqueue(&job()).await.unwrap();
    unit.commit().await.unwrap();
}
