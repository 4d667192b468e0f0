#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{TrashLeft, purge_trash, trash_left};
use crate::fixture::once;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::context::Context;
use crate::tree::fixture::{a_trashed_file, before, drive, inside};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file, a_user};
use fm_domain::tree::{Drive, EnterDrive, Marked, Measure, Removed, Seq, TrashedItem};

const FILE: Measure = Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::ZERO };

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// A file that has been in the trash for 40 days.
fn due() -> TrashedItem {
    let trashed_at = before().minus(std::time::Duration::from_hours(40 * 24));
    TrashedItem { trashed_at, ..a_trashed_file() }
}

fn finding(tops: Vec<TrashedItem>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.tree.expect_trash().return_once(|_, _, _, _| Ok(tops));
    reads
}

fn context(doubles: TestPorts) -> Context {
    Context::new(&doubles.ports(), &settings())
}

#[tokio::test]
async fn what_is_due_goes_until_nothing_is_left() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(Some(due())));
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    once!(effects, unit.nodes.expect_remove(), "remove", |top, _| {
        assert_eq!(top, a_file().id.into());
        Ok(Removed { measure: FILE, blobs: Vec::new() })
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(finding(vec![due()])).reads(finding(Vec::new())).unit(unit);
    let until = FixedClock::NEW_YEAR.now().plus(std::time::Duration::from_secs(1));
    assert!(purge_trash(&context(doubles), drive(), until).await.unwrap());
    assert_eq!(effects.seen(), ["enter", "remove", "commit"]);
}

#[tokio::test]
async fn after_its_time_nothing_is_begun() {
    let until = FixedClock::NEW_YEAR.now();
    assert!(!purge_trash(&context(TestPorts::default()), drive(), until).await.unwrap());
}

#[tokio::test]
async fn a_drive_that_went_away_is_not_there() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    unit.drives.expect_enter().return_once(|_, _, _| Err(EnterDrive::NoDrive));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(finding(vec![due()])).unit(unit);
    let until = FixedClock::NEW_YEAR.now().plus(std::time::Duration::from_secs(1));
    let outcome = purge_trash(&context(doubles), drive(), until).await;
    assert!(matches!(outcome, Err(TreeError::NotFound)), "{outcome:?}");
}

#[tokio::test]
async fn what_is_left_is_due_by_the_oldest() {
    for (tops, due_at) in [(Vec::new(), None), (vec![due()], Some(due().trashed_at.plus(30 * DAY)))] {
        let mut reads = FakeReads::default();
        reads.tree.expect_drive().return_once(|_, id| {
            let (owner, storage) = (a_user().id, fm_domain::accounts::StorageUse::default());
            Ok(Some(Drive { id, owner, nodes: 10, storage, seq: Seq::new(3) }))
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads).reads(finding(tops));
        let left = trash_left(&context(doubles), drive()).await.unwrap();
        assert_eq!(left, Some(TrashLeft { seq: Seq::new(3), due: due_at }));
    }
    let mut gone = FakeReads::default();
    gone.tree.expect_drive().return_once(|_, _| Ok(None));
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(gone);
    assert_eq!(trash_left(&context(doubles), drive()).await.unwrap(), None);
}
