#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use super::{BATCH, PURGE_BATCH, PUT_OFF, Sweep, Swept, TOMBSTONE};
use crate::fixture::{FakeBlobs, once, unavailable};
use crate::jobs::DryRunSweep;
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::blobs::{BlobKey, BlobStore, ExpiredIntent, MockBlobStore, Sweepable, Tombstone};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, NotedTrail, a_user};
use fm_domain::tree::Operation;

fn key() -> BlobKey {
    BlobKey::file(BlobId::new(CountingIds::nth(1)))
}

fn expired(reserved: u64) -> ExpiredIntent {
    ExpiredIntent { key: key(), owner: a_user().id, reserved: ByteSize::new(reserved) }
}

fn tombstone(age: Duration, was_stored: bool) -> Tombstone {
    Tombstone { key: key(), deleted_at: FixedClock::NEW_YEAR.now().minus(age), was_stored }
}

fn cancelling_expired(effects: &Effects, found: Vec<ExpiredIntent>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_expired(), "mark deleted", |_, _| Ok(found.clone()));
    let noted = effects.clone();
    unit.users.expect_unreserve().returning(move |_, bytes| {
        noted.note(format!("unreserve {}", bytes.bytes()));
        Ok(())
    });
    unit
}

fn due(effects: &Effects, found: Vec<Tombstone>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_due(), "due", |_, _| Ok(found.clone()));
    unit
}

fn removing_row(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_remove(), "remove row", |_| Ok(()));
    unit
}

fn keys(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.keys.expect_purge_expired(), "keys", |_, _| Ok(0));
    unit
}

/// The steps of uploads, which find nothing and note nothing.
fn no_uploads() -> [FakeUnitOfWork; 2] {
    let mut expiring = FakeUnitOfWork::default();
    expiring.uploads.expect_expired().returning(|_, _| Ok(Vec::new()));
    let mut purging = FakeUnitOfWork::default();
    purging.uploads.expect_purge_ended().returning(|_, _| Ok(0));
    [expiring, purging]
}

/// The step of operations, which finds so many that ended a day ago, and notes nothing.
fn operations(found: u32) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::default();
    unit.operations.expect_purge_ended().times(1).returning(move |before, limit| {
        assert_eq!((before, limit), (FixedClock::NEW_YEAR.now().minus(Operation::KEPT_FOR), 1_000));
        Ok(found)
    });
    unit
}

async fn sweep(effects: &Effects, mut units: Vec<FakeUnitOfWork>) -> PortResult<Swept> {
    units.extend([FakeUnitOfWork::default(), operations(0)]);
    sweep_with(effects, units).await
}

/// A sweep that has these units alone after that of uploads.
async fn sweep_with(effects: &Effects, units: Vec<FakeUnitOfWork>) -> PortResult<Swept> {
    let mut doubles = TestPorts::default();
    for unit in no_uploads().into_iter().chain(units) {
        doubles.db = doubles.db.unit(unit);
    }
    let noted = effects.clone();
    doubles.sessions.expect_purge_expired().returning(move |_, _| {
        noted.note("sessions");
        Ok(0)
    });
    Sweep::new(&FakeBlobs::noting(effects).among(doubles)).run().await
}

#[tokio::test]
async fn it_cancels_and_commits_before_it_deletes() {
    let effects = Effects::default();
    let units = vec![
        cancelling_expired(&effects, vec![expired(7), expired(0)]),
        due(&effects, vec![tombstone(Duration::ZERO, true)]),
        removing_row(&effects),
        keys(&effects),
    ];
    let swept = sweep(&effects, units).await.unwrap();
    assert_eq!(swept, Swept { cancelled: 2, deleted: 1, ..Swept::default() });
    assert_eq!(
        effects.seen(),
        [
            "mark deleted",
            "unreserve 7",
            "commit",
            "due",
            "rollback",
            "delete files",
            "remove row",
            "commit",
            "keys",
            "commit",
            "sessions"
        ]
    );
}

#[tokio::test]
async fn a_full_batch_is_followed_by_another() {
    let effects = Effects::default();
    let units = vec![
        cancelling_expired(&effects, vec![expired(0); BATCH as usize]),
        cancelling_expired(&effects, vec![]),
        due(&effects, vec![]),
        keys(&effects),
    ];
    assert!(sweep(&effects, units).await.is_ok());
    assert_eq!(effects.seen()[..4], ["mark deleted", "commit", "mark deleted", "commit"]);
}

#[tokio::test]
async fn a_sweep_that_cannot_cancel_deletes_nothing() {
    let effects = Effects::default();
    let unit = cancelling_expired(&effects, vec![expired(0)]).committing_with(unavailable());
    assert!(matches!(sweep_with(&effects, vec![unit]).await, Err(PortError::Unavailable(_))));
    assert_eq!(effects.seen(), ["mark deleted", "commit"]);
}

async fn deleting(tombstone: Tombstone, is_moving: bool) -> Vec<String> {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    let noted = effects.clone();
    unit.blobs.expect_remove().returning(move |_| {
        noted.note("remove row");
        Ok(())
    });
    let noted = effects.clone();
    let end = tombstone.deleted_at.plus(TOMBSTONE);
    unit.blobs.expect_postpone().returning(move |_, until| {
        assert_eq!(until, end);
        noted.note("postpone");
        Ok(())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let ports = FakeBlobs::noting(&effects).among(doubles);
    let sweep = Sweep { is_moving, ..Sweep::new(&ports) };
    assert!(sweep.delete(&tombstone, FixedClock::NEW_YEAR.now()).await.is_ok());
    effects.seen()
}

#[tokio::test]
async fn the_row_of_a_blob_that_may_still_be_written_outlives_its_bytes() {
    let almost = TOMBSTONE.saturating_sub(Duration::from_micros(1));
    let (postponed, removed) =
        (["delete files", "postpone", "commit"], ["delete files", "remove row", "commit"]);
    assert_eq!(deleting(tombstone(Duration::ZERO, false), false).await, postponed);
    assert_eq!(deleting(tombstone(almost, false), false).await, postponed);
    assert_eq!(deleting(tombstone(TOMBSTONE, false), false).await, removed);
    assert_eq!(deleting(tombstone(Duration::ZERO, true), false).await, removed);
    // A copy of it may be on its way to another store.
    assert_eq!(deleting(tombstone(almost, true), true).await, postponed);
    assert_eq!(deleting(tombstone(TOMBSTONE, true), true).await, removed);
}

#[tokio::test]
async fn a_dry_run_counts_without_a_unit_of_work() {
    for (expired, due, deleted) in [(2, 1, 3), (10_000, 10_000, 10_000)] {
        let mut reads = FakeReads::default();
        reads.blobs.expect_count_sweepable().times(1).returning(move |now, limit| {
            assert_eq!((now, limit), (FixedClock::NEW_YEAR.now(), 10_000));
            Ok(Sweepable { expired, due })
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads);
        let swept = DryRunSweep::new(&doubles.ports()).run().await.unwrap();
        assert_eq!(swept, Swept { cancelled: expired, deleted, ..Swept::default() });
    }
}

#[tokio::test]
async fn entries_of_the_trail_go_in_batches_once_they_are_older_than_their_retention() {
    for (retention, left) in [(Duration::from_hours(48), 3), (Duration::ZERO, 0)] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let units = [cancelling_expired(&effects, vec![]), due(&effects, vec![]), keys(&effects)];
        for unit in no_uploads().into_iter().chain(units) {
            doubles.db = doubles.db.unit(unit);
        }
        let trail = NotedTrail::purging(&[PURGE_BATCH, PURGE_BATCH, left]);
        for _ in 0..3 {
            let mut unit = FakeUnitOfWork::noting(&effects);
            unit.audit = trail.clone();
            doubles.db = doubles.db.unit(unit);
        }
        doubles.db = doubles.db.unit(operations(0));
        doubles.sessions.expect_purge_expired().returning(|_, _| Ok(0));
        let ports = FakeBlobs::noting(&effects).among(doubles);
        let swept = Sweep::new(&Ports { audit_retention: retention, ..ports }).run().await.unwrap();
        assert_eq!(swept, Swept { audit: u64::from(2 * PURGE_BATCH + left), ..Swept::default() });
        assert_eq!(trail.purges(), [(FixedClock::NEW_YEAR.now().minus(retention), 1_000); 3]);
        assert_eq!(effects.seen()[effects.seen().len() - 3..], ["commit", "commit", "commit"]);
    }
}

#[tokio::test]
async fn ended_keys_and_sessions_go_in_batches_until_none_is_left() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let units = [cancelling_expired(&effects, vec![]), due(&effects, vec![])];
    for unit in no_uploads().into_iter().chain(units) {
        doubles.db = doubles.db.unit(unit);
    }
    for left in [1_000, 1_000, 999] {
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.keys.expect_purge_expired(), "keys", |_, limit| {
            assert_eq!(limit, 1_000);
            Ok(left)
        });
        doubles.db = doubles.db.unit(unit);
    }
    doubles.db = doubles.db.unit(FakeUnitOfWork::default()).unit(operations(1_000)).unit(operations(4));
    let mut left = vec![7, 1_000];
    doubles.sessions.expect_purge_expired().times(2).returning(move |_, limit| {
        assert_eq!(limit, 1_000);
        Ok(left.pop().unwrap())
    });
    let swept = Sweep::new(&FakeBlobs::noting(&effects).among(doubles)).run().await.unwrap();
    assert_eq!(swept, Swept { keys: 2_999, sessions: 1_007, operations: 1_004, ..Swept::default() });
    let tail = ["keys", "commit", "keys", "commit", "keys", "commit"];
    assert_eq!(effects.seen()[effects.seen().len() - 6..], tail);
}

fn putting_off(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_postpone(), "put off", |_, until| {
        assert_eq!(until, FixedClock::NEW_YEAR.now().plus(PUT_OFF));
        Ok(())
    });
    unit
}

#[tokio::test]
async fn a_blob_that_cannot_be_deleted_makes_way_for_those_after_it() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let two = vec![tombstone(Duration::ZERO, true); 2];
    let units = [
        cancelling_expired(&effects, vec![]),
        due(&effects, two),
        putting_off(&effects),
        removing_row(&effects),
    ];
    for unit in no_uploads().into_iter().chain(units) {
        doubles.db = doubles.db.unit(unit);
    }
    doubles.db = doubles.db.unit(keys(&effects)).unit(FakeUnitOfWork::default()).unit(operations(0));
    doubles.sessions.expect_purge_expired().returning(|_, _| Ok(0));
    let ports = Ports { blobs: failing(&effects, 1), ..doubles.ports() };
    let swept = Sweep::new(&ports).run().await.unwrap();
    assert_eq!((swept.deleted, swept.failed), (1, 1));
    assert_eq!(
        effects.seen()[4..],
        ["delete", "put off", "commit", "delete", "remove row", "commit", "keys", "commit"]
    );
}

#[tokio::test]
async fn a_store_that_deletes_nothing_ends_the_sweep() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    let many = vec![tombstone(Duration::ZERO, true); 5];
    let units = [
        cancelling_expired(&effects, vec![]),
        due(&effects, many),
        putting_off(&effects),
        putting_off(&effects),
    ];
    for unit in no_uploads().into_iter().chain(units) {
        doubles.db = doubles.db.unit(unit);
    }
    let ports = Ports { blobs: failing(&effects, 5), ..doubles.ports() };
    assert!(matches!(Sweep::new(&ports).run().await, Err(PortError::Unavailable(_))));
    assert_eq!(effects.seen()[4..], ["delete", "put off", "commit", "delete", "put off", "commit", "delete"]);
}

/// A store whose first deletions fail.
fn failing(effects: &Effects, times: usize) -> Arc<dyn BlobStore> {
    let mut blobs = MockBlobStore::new();
    let noted = effects.clone();
    let mut left = times;
    blobs.expect_delete().returning(move |_| {
        noted.note("delete");
        if left == 0 {
            return Ok(());
        }
        left -= 1;
        Err(unavailable())
    });
    Arc::new(blobs)
}
