//! A unit of work that is forgotten.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::time::Duration;

use fm_domain::database::Database;
use fm_domain::error::PortError;

use crate::{REQUEST_LOCK_WAIT, SqliteDatabase, migrate};

#[tokio::test]
async fn a_forgotten_unit_is_rolled_back_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("idle.db");
    migrate(&path).unwrap();
    let database = SqliteDatabase::open_with(&path, REQUEST_LOCK_WAIT, Duration::from_millis(50)).unwrap();

    let mut forgotten = database.begin().await.unwrap();
    forgotten.jobs().next_due(&[]).await.unwrap();
    let mut next = database.begin().await.unwrap();
    let asked = tokio::time::timeout(Duration::from_mins(2), next.jobs().next_due(&[])).await;
    asked.unwrap().unwrap();
    next.commit().await.unwrap();

    let late = forgotten.jobs().next_due(&[]).await;
    assert!(matches!(late, Err(PortError::Unavailable(_))), "{late:?}");
    assert!(matches!(forgotten.commit().await, Err(PortError::Poisoned)));
}
