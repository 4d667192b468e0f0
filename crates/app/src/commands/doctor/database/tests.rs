#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_memory::{MemoryDatabase, SequentialIds};

use super::{migrated, transaction};
use crate::adapters::{MigrateError, MigrationState, Migrations, Verdict};

struct Recorded {
    applied: Vec<bool>,
    unknown: Vec<&'static str>,
}

#[async_trait]
impl Migrations for Recorded {
    async fn up(&self) -> Result<Vec<String>, MigrateError> {
        Err(MigrateError("a check applies none".into()))
    }

    async fn down(&self) -> Result<Option<String>, MigrateError> {
        Err(MigrateError("a check reverts none".into()))
    }

    async fn status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        let state = |applied: &bool| MigrationState { name: "one".to_owned(), applied: *applied };
        Ok(self.applied.iter().map(state).collect())
    }

    async fn unknown(&self) -> Result<Vec<String>, MigrateError> {
        Ok(self.unknown.iter().map(|name| (*name).to_owned()).collect())
    }
}

#[tokio::test]
async fn migrations_are_judged_by_who_applies_them() {
    let with = |applied: &[bool], unknown: &[&'static str]| Recorded {
        applied: applied.to_vec(),
        unknown: unknown.to_vec(),
    };
    let (is_migrated, diagnosis) = migrated(&with(&[true, true], &[]), true).await.unwrap();
    assert!(is_migrated && diagnosis.verdict == Verdict::Fine);
    let (is_migrated, diagnosis) = migrated(&with(&[true, false], &[]), true).await.unwrap();
    assert!(!is_migrated && diagnosis.verdict == Verdict::Warning);
    assert_eq!(diagnosis.detail, "1 of 2 migrations are pending");
    let failed = migrated(&with(&[true, false], &[]), false).await.unwrap_err();
    assert_eq!(failed.verdict, Verdict::Failure);
    let (is_migrated, newer) = migrated(&with(&[true], &["20990101"]), false).await.unwrap();
    assert!(is_migrated && newer.verdict == Verdict::Warning);
    assert!(newer.detail.ends_with("20990101"), "{newer:?}");
}

fn now() -> Timestamp {
    fm_domain::testing::FixedClock::NEW_YEAR.now()
}

#[tokio::test]
async fn a_transaction_leaves_nothing() {
    let database = MemoryDatabase::new();
    let diagnosis = transaction(&database, now(), &SequentialIds::default()).await;
    assert_eq!(diagnosis.verdict, Verdict::Fine, "{diagnosis:?}");
    assert_eq!(database.read().await.unwrap().users().count().await.unwrap().users, 0);
}

/// A database that is out of reach.
struct Gone;

#[async_trait]
impl Database for Gone {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        Err(PortError::Unavailable("it is gone".into()))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        Err(PortError::Unavailable("it is gone".into()))
    }

    async fn ping(&self) -> PortResult<()> {
        Err(PortError::Unavailable("it is gone".into()))
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_a_failure_that_names_its_cause() {
    let database: Arc<dyn Database> = Arc::new(Gone);
    let diagnosis = transaction(&*database, now(), &SequentialIds::default()).await;
    assert_eq!(diagnosis.verdict, Verdict::Failure);
    assert_eq!(diagnosis.detail, "the store is out of reach: it is gone");
}
