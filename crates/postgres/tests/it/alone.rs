//! What a unit sends outside of its transaction: questions, and the call of a unit of one call.

#![expect(clippy::disallowed_methods, reason = "the ids and tasks of a test are its own to make")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::accounts::ReserveBytes;
use fm_domain::blobs::{BlobIntent, BlobKey};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::ids::{BlobId, UserId};
use fm_domain::jobs::ClaimedJob;
use fm_postgres::PgLimits;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::common::samples::{KIND, at, enqueue, stored_user};
use crate::common::{Fixture, SOON};

/// Statements of this database that wait for a lock.
const WAITING: &str = "SELECT count(*)::text FROM pg_stat_activity \
    WHERE wait_event_type = 'Lock' AND datname = current_database()";
const END_WAITING: &str = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
    WHERE wait_event_type = 'Lock' AND datname = current_database()";

async fn claim(database: &dyn Database) -> ClaimedJob {
    let mut unit = database.begin().await.unwrap();
    let mut claimed = unit.jobs().claim(&[KIND], at(1), at(60), 1).await.unwrap();
    unit.commit().await.unwrap();
    claimed.pop().unwrap()
}

fn key() -> BlobKey {
    BlobKey::file(BlobId::new(Uuid::now_v7()))
}

async fn waiting(fixture: &Fixture, statements: &str) {
    let seen = async {
        while fixture.ask(WAITING).await != [statements] {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, seen).await.unwrap();
}

#[tokio::test]
async fn a_question_of_a_unit_holds_up_no_read_however_long_it_takes() {
    let fixture = Fixture::with(PgLimits { shared: 1, ..PgLimits::default() }).await;
    let database = fixture.database();
    let nothing = UserId::new(Uuid::nil());
    database.read().await.unwrap().users().find(nothing).await.unwrap();
    let lock = fixture.client().await;
    lock.batch_execute("BEGIN; LOCK TABLE jobs, blobs").await.unwrap();
    let (mut one, mut other, mut third) =
        (database.begin().await.unwrap(), database.begin().await.unwrap(), database.begin().await.unwrap());
    let (kinds, keys) = ([KIND], [key()]);
    let questions = async {
        tokio::join!(
            one.jobs().claim(&kinds, at(1), at(60), 1),
            other.jobs().next_due(&kinds),
            third.blobs().find_tombstones(&keys),
        )
    };
    let read = async {
        waiting(&fixture, "3").await;
        let mut reads = database.read().await.unwrap();
        let found = timeout(SOON, reads.users().find(nothing)).await;
        lock.batch_execute("ROLLBACK").await.unwrap();
        found
    };
    let ((claimed, next, tombstones), found) = tokio::join!(questions, read);
    assert_eq!(found.unwrap().unwrap(), None);
    assert!(claimed.unwrap().is_empty());
    assert_eq!((next.unwrap(), tombstones.unwrap()), (None, vec![]));
}

#[tokio::test]
async fn a_question_whose_connection_was_killed_is_asked_on_another_and_the_unit_goes_on() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    enqueue(&*database).await;

    let mut unit = database.begin().await.unwrap();
    fixture.kill_connections().await;
    assert_eq!(unit.jobs().next_due(&[KIND]).await.unwrap(), Some(at(0)));
    fixture.kill_connections().await;
    assert_eq!(unit.blobs().find_tombstones(&[key()]).await.unwrap(), []);
    fixture.kill_connections().await;
    assert_eq!(unit.jobs().claim(&[KIND], at(1), at(60), 1).await.unwrap().len(), 1);
    unit.commit().await.unwrap();
    assert_eq!(fixture.ask("SELECT attempt::text FROM jobs").await, ["1"]);
}

/// As where its first run was committed, and where it was not: the job is gone by the second, or is still there.
#[tokio::test]
async fn a_job_is_not_told_as_lost_to_another_where_the_call_that_completes_it_lost_its_connection() {
    for (end, is_gone) in [("COMMIT", true), ("ROLLBACK", false)] {
        let fixture = Fixture::fresh().await;
        let database = fixture.database();
        enqueue(&*database).await;
        let job = claim(&*database).await;
        let removal = fixture.client().await;
        removal.batch_execute("BEGIN; DELETE FROM jobs").await.unwrap();
        let mut unit = database.begin_single().await.unwrap();
        let completing = tokio::spawn(async move {
            let completed = unit.jobs().complete(job.id, job.attempt).await;
            (completed, unit.commit().await)
        });
        waiting(&fixture, "1").await;
        assert_eq!(fixture.ask(END_WAITING).await.len(), 1);
        removal.batch_execute(end).await.unwrap();

        let (completed, committed) = timeout(SOON, completing).await.unwrap().unwrap();
        if is_gone {
            assert!(matches!(completed, Err(PortError::Unavailable(_))), "{completed:?}");
            assert!(matches!(committed, Err(PortError::Poisoned)), "{committed:?}");
        } else {
            assert!(completed.unwrap());
            committed.unwrap();
        }
        assert_eq!(fixture.ask("SELECT count(*)::text FROM jobs").await, ["0"]);
    }
}

/// As where the first run of its statement was committed, and where it was not.
#[tokio::test]
async fn what_is_reserved_with_its_intent_is_reserved_once_where_the_connection_was_lost() {
    for is_made in [true, false] {
        let fixture = Fixture::fresh().await;
        let database = fixture.database();
        let owner = stored_user(&*database).await;
        let (key, reserved) = (key(), ByteSize::new(5));
        let lock = fixture.client().await;
        lock.batch_execute("BEGIN; SELECT FROM users FOR UPDATE").await.unwrap();
        let mut unit = database.begin_single().await.unwrap();
        let reserving = tokio::spawn(async move {
            let intent = BlobIntent { key, owner, reserved, recorded_at: at(0), expires_at: at(60) };
            unit.blobs().record_intent(&intent).await.unwrap();
            let reserved = unit.users().reserve(owner, reserved, None).await;
            (reserved, unit.commit().await)
        });
        waiting(&fixture, "1").await;
        assert_eq!(fixture.ask(END_WAITING).await.len(), 1);
        if is_made {
            let first_run = format!(
                "UPDATE users SET reserved_bytes = 5; \
                 INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at) \
                 VALUES ('{}', 'files', '{}', 'announced', 5, now(), now())",
                key.id.uuid(),
                owner.uuid()
            );
            lock.batch_execute(&first_run).await.unwrap();
        }
        lock.batch_execute("COMMIT").await.unwrap();

        let (reserved, committed) = timeout(SOON, reserving).await.unwrap().unwrap();
        if is_made {
            assert!(matches!(reserved, Err(ReserveBytes::Store(PortError::Unavailable(_)))), "{reserved:?}");
            assert!(matches!(committed, Err(PortError::Poisoned)), "{committed:?}");
        } else {
            reserved.unwrap();
            committed.unwrap();
        }
        assert_eq!(fixture.ask("SELECT reserved_bytes::text FROM users").await, ["5"]);
        assert_eq!(fixture.ask("SELECT count(*)::text FROM blobs").await, ["1"]);
    }
}
