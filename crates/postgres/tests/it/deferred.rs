//! Writes without an answer wait for a statement that takes them along: none is lost, and none locks out of turn.

#![expect(clippy::disallowed_methods, reason = "the ids and tasks of a test are its own to make")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::blobs::{BlobIntent, BlobKey};
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, chain};
use fm_domain::idempotency::{Claimed, KeyClaim};
use fm_domain::ids::{BlobId, DriveId, UserId};
use fm_domain::tree::{Delta, EnterDrive};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::common::samples::{at, stored_user};
use crate::common::{Fixture, SOON};

/// Statements of this database that wait for a lock.
const WAITING: &str = "SELECT count(*)::text FROM pg_stat_activity \
    WHERE wait_event_type = 'Lock' AND datname = current_database()";

fn intent(owner: UserId) -> BlobIntent {
    BlobIntent {
        key: BlobKey::file(BlobId::new(Uuid::now_v7())),
        owner,
        reserved: ByteSize::ZERO,
        recorded_at: at(0),
        expires_at: at(60),
    }
}

#[tokio::test]
async fn what_waits_for_locks_is_sent_before_the_row_of_the_user_is_locked() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let user = stored_user(&*database).await;
    let attempt = BlobId::new(Uuid::now_v7());
    let claim = KeyClaim { user, key: "key".parse().unwrap(), attempt, lease_until: at(60) };
    let mut unit = database.begin().await.unwrap();
    assert_eq!(unit.keys().claim(&claim, at(0)).await.unwrap(), Claimed::Held);
    unit.commit().await.unwrap();
    let lock = fixture.client().await;
    lock.batch_execute("BEGIN; SELECT FROM idempotency_keys FOR UPDATE").await.unwrap();

    let mut unit = database.begin().await.unwrap();
    unit.keys().free(attempt).await.unwrap();
    let giving_back = tokio::spawn(async move {
        unit.users().unreserve(user, ByteSize::new(1)).await?;
        unit.commit().await
    });
    let waiting = async {
        while fixture.ask(WAITING).await != ["1"] {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, waiting).await.unwrap();
    let mut other = database.begin().await.unwrap();
    let found = timeout(SOON, other.users().find_for_update(user)).await.unwrap().unwrap();
    assert!(found.is_some(), "the row of the user is free");
    other.rollback().await.unwrap();

    lock.batch_execute("ROLLBACK").await.unwrap();
    giving_back.await.unwrap().unwrap();
    assert_eq!(fixture.ask("SELECT count(*)::text FROM idempotency_keys").await, ["0"]);
}

#[tokio::test]
async fn a_row_that_can_not_be_added_fails_what_is_sent_with_it_and_the_unit() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let owner = stored_user(&*database).await;
    let intent = intent(owner);
    let mut unit = database.begin().await.unwrap();
    unit.blobs().record_intent(&intent).await.unwrap();
    unit.commit().await.unwrap();

    let mut unit = database.begin().await.unwrap();
    unit.blobs().record_intent(&intent).await.unwrap();
    let failed = unit.users().unreserve(owner, ByteSize::ZERO).await.unwrap_err();
    assert!(chain(&failed).contains("blobs_pkey"), "{failed:?}");
    assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));

    let mut alone = database.begin().await.unwrap();
    alone.blobs().record_intent(&intent).await.unwrap();
    let failed = alone.commit().await.unwrap_err();
    assert!(chain(&failed).contains("blobs_pkey"), "{failed:?}");
}

#[tokio::test]
async fn any_number_of_writes_can_be_deferred_in_one_unit() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let owner = stored_user(&*database).await;
    let mut unit = database.begin().await.unwrap();
    for _ in 0..9 {
        unit.blobs().record_intent(&intent(owner)).await.unwrap();
        unit.keys().free(BlobId::new(Uuid::now_v7())).await.unwrap();
    }
    unit.commit().await.unwrap();
    assert_eq!(fixture.ask("SELECT count(*)::text FROM blobs").await, ["9"]);
}

#[tokio::test]
async fn a_charge_that_can_not_be_refused_waits_for_what_comes_next() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let drive = DriveId::of_user(stored_user(&*database).await);
    let mut unit = database.begin().await.unwrap();
    let drives = unit.drives();
    drives.enter(drive, &Delta { used: 10, ..Delta::default() }, None).await.unwrap();
    drives.charge(drive, &Delta { used: -4, trash: 3, ..Delta::default() }, None).await.unwrap();
    let more = Delta { used: 5, ..Delta::default() };
    let refused = drives.charge(drive, &more, Some(ByteSize::new(10))).await;
    assert!(matches!(refused, Err(EnterDrive::QuotaExceeded { trash, .. }) if trash == ByteSize::new(3)));
    drives.charge(drive, &more, Some(ByteSize::new(11))).await.unwrap();
    drives.charge(drive, &Delta { nodes: 2, ..Delta::default() }, None).await.unwrap();
    unit.commit().await.unwrap();
    let counters = "SELECT concat_ws(' ', used_bytes, trash_bytes, node_count, seq) FROM users";
    assert_eq!(fixture.ask(counters).await, ["11 3 3 1"]);
}
