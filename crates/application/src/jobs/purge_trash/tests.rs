#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{LONGEST_PAUSE, PurgeTrash, SHORT_PAUSE, next_look};
use crate::fixture::{claimed, enqueued, entered, once};
use crate::jobs::{Done, Job as _, JobContext, JobError};
use crate::testing::{TestPorts, settings};
use crate::tree::TrashLeft;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::events::{Change, Event};
use fm_domain::ids::{DriveId, OperationId};
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file, a_user};
use fm_domain::tree::{Drive, EnterDrive, Entered, Item, Seq, TrashedItem};

const DAY: Duration = Duration::from_hours(24);

fn now() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

fn job() -> PurgeTrash {
    PurgeTrash { drive: DriveId::of_user(a_user().id) }
}

fn trashed_at(at: Timestamp) -> TrashedItem {
    TrashedItem {
        item: Item::File(a_file()),
        top: a_file().id.into(),
        trashed_at: at,
        has_parent: true,
        original_path: "/hello.txt".to_owned(),
        size: a_file().size,
    }
}

/// Reads that find no top that is due.
fn nothing_due() -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_trash().return_once(|_, of, filter, _| {
        assert_eq!(of, job().drive);
        assert_eq!(filter.before, Some(now().minus(30 * DAY).plus(Duration::from_micros(1))));
        Ok(Vec::new())
    });
    reads
}

/// The drive, at this number.
fn at_seq(seq: u64) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_drive().return_once(move |_, id| {
        let (owner, storage) = (a_user().id, fm_domain::accounts::StorageUse::default());
        Ok(Some(Drive { id, owner, nodes: 10, storage, seq: Seq::new(seq) }))
    });
    reads
}

/// Reads that find this as the oldest of the trash.
fn oldest(top: Option<TrashedItem>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_trash().return_once(move |_, _, filter, page| {
        assert_eq!((filter.before, page.limit), (None, 1));
        Ok(top.into_iter().collect())
    });
    reads
}

/// The last unit, which enqueues the job again at this time, or not.
fn finishing(effects: &Effects, again: Option<Timestamp>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.jobs.expect_complete(), "complete", |_, _| Ok(true));
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |next| {
        assert_eq!((enqueued::<PurgeTrash>(next), Some(next.run_at)), (job(), again));
        noted.note("again");
        Ok(Enqueued::Added)
    });
    unit
}

async fn run(reads: [FakeReads; 3], unit: FakeUnitOfWork) -> Result<Done, JobError> {
    let mut doubles = TestPorts::default();
    doubles.db = reads.into_iter().fold(doubles.db, fm_domain::testing::FakeDatabase::reads).unit(unit);
    job().run(&JobContext::new(&doubles.ports(), &settings()), &claimed(&job(), 1)).await
}

#[test]
fn it_follows_from_what_puts_something_into_the_trash() {
    let item = Item::File(a_file());
    let (owner, operation) = (a_user().id, OperationId::new(CountingIds::nth(7)));
    for change in [Change::ItemTrashed { item: &item }, Change::OperationBegun { operation, owner }] {
        assert_eq!(PurgeTrash::after(&Event { at: now(), change }), Some(job()));
    }
    let change = Change::ItemRestored { item: &item };
    assert_eq!(PurgeTrash::after(&Event { at: now(), change }), None);
}

#[test]
fn it_looks_again_when_the_next_is_due_and_once_a_day() {
    let left = |due| TrashLeft { seq: Seq::new(1), due };
    let hour = now().plus(Duration::from_hours(1));
    assert_eq!(next_look(true, &left(Some(hour)), now()), Some(hour));
    assert_eq!(next_look(true, &left(Some(now().minus(DAY))), now()), Some(now()));
    assert_eq!(next_look(true, &left(Some(now().plus(30 * DAY))), now()), Some(now().plus(LONGEST_PAUSE)));
    assert_eq!(next_look(true, &left(None), now()), None);
    assert_eq!(next_look(false, &left(None), now()), Some(now()), "the time was too short");
}

#[tokio::test]
async fn a_trash_that_is_not_empty_is_looked_at_again() {
    let effects = Effects::default();
    let reads = [nothing_due(), at_seq(6), oldest(Some(trashed_at(now().minus(29 * DAY))))];
    let unit = finishing(&effects, Some(now().plus(DAY)));
    assert_eq!(run(reads, unit).await.unwrap(), Done::Completed);
    assert_eq!(effects.seen(), ["complete", "again", "commit"]);
}

#[tokio::test]
async fn an_empty_trash_ends_it_unless_something_changed_meanwhile() {
    for (seq, again) in [(6, None), (5, Some(now().plus(SHORT_PAUSE)))] {
        let effects = Effects::default();
        let mut unit = finishing(&effects, again);
        once!(effects, unit.drives.expect_enter(), "enter", |drive, _, _| {
            assert_eq!(drive, job().drive);
            Ok(Entered { seq: Seq::new(7), ..entered() })
        });
        assert_eq!(run([nothing_due(), at_seq(seq), oldest(None)], unit).await.unwrap(), Done::Completed);
        let seen: &[&str] = if again.is_some() {
            &["enter", "complete", "again", "commit"]
        } else {
            &["enter", "complete", "commit"]
        };
        assert_eq!(effects.seen(), seen);
    }
}

#[tokio::test]
async fn a_drive_that_is_gone_needs_none() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.drives.expect_enter().return_once(|_, _, _| Err(EnterDrive::NoDrive));
    assert_eq!(run([nothing_due(), at_seq(6), oldest(None)], unit).await.unwrap(), Done::Moot);
    assert_eq!(effects.seen(), ["rollback"]);
}
