#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::PurgeWork;
use crate::fixture::{access, once};
use crate::testing::{TestPorts, settings};
use crate::tree::context::Context;
use crate::tree::fixture::{a_folder, a_trashed_file, before, drive, node};
use crate::tree::work::{Advanced, Left, Work};
use fm_domain::access::Right;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeDatabase, FakeReads, FakeUnitOfWork, a_file};
use fm_domain::tree::{Marked, Measure, Removed, TrashSort, TrashedItem, UNIT_ENTRIES};

const FILE: Measure = Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::ZERO };

fn later() -> Timestamp {
    before().plus(std::time::Duration::from_micros(1))
}

fn of(tops: &[NodeId]) -> PurgeWork {
    PurgeWork { tops: tops.to_vec(), ..PurgeWork::new(later()) }
}

/// A unit in which everything is a top of the trash, with nothing living below.
fn purging() -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_find_trashed().returning(|_, id| {
        let file = fm_domain::files::File { id: id.as_file(), ..a_file() };
        Ok(Some(TrashedItem { item: file.into(), top: id, ..a_trashed_file() }))
    });
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    unit
}

async fn advance(work: PurgeWork, unit: &mut FakeUnitOfWork) -> (u64, Left) {
    let context = Context::new(&TestPorts::default().ports(), &settings());
    let Advanced { items, left, .. } = work.advance(&context, unit, &access(Right::Delete)).await.unwrap();
    (items, left)
}

#[tokio::test]
async fn the_oldest_tops_are_looked_up() {
    let mut reads = FakeReads::default();
    reads.tree.expect_trash().return_once(|_, of, filter, page| {
        assert_eq!((of, filter.before), (drive(), Some(later())));
        assert_eq!((page.sort, page.order), (TrashSort::TrashedAt, SortOrder::Ascending));
        Ok(vec![a_trashed_file()])
    });
    let db = FakeDatabase::default().reads(reads);
    let known = PurgeWork::new(later()).looked_up(&db, &access(Right::Delete)).await.unwrap();
    assert_eq!(known, of(&[a_file().id.into()]));
    // Those that are known are not looked up again: the database would have no answer.
    assert_eq!(known.clone().looked_up(&db, &access(Right::Delete)).await.unwrap(), known);
}

#[tokio::test]
async fn small_tops_share_a_unit_and_their_references_are_dropped_in_order() {
    let effects = Effects::default();
    let mut unit = purging();
    unit.nodes.expect_remove().times(2).returning(move |_, limit| {
        assert!(limit > 1);
        Ok(Removed { measure: FILE, blobs: vec![a_file().blob] })
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, FILE.plus(FILE).out_of_drive());
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop", |dropped, _| {
        assert_eq!(dropped, [a_file().blob; 2]);
        Ok(Vec::new())
    });
    let (items, left) = advance(of(&[node(1), node(2)]), &mut unit).await;
    assert_eq!(items, 2);
    assert!(matches!(left, Left::Work(Work::Purge(left)) if left == of(&[])), "others may be due");
    assert_eq!(effects.seen(), ["charge", "drop"]);
    assert_eq!(unit.audit.entries().len(), 2, "each is told");
}

#[tokio::test]
async fn a_large_top_goes_over_several_units_and_is_told_once() {
    let mut unit = purging();
    let nodes = u64::from(UNIT_ENTRIES);
    unit.nodes.expect_remove().return_once(move |_, limit| {
        assert_eq!(limit, UNIT_ENTRIES);
        Ok(Removed { measure: Measure { nodes, ..FILE }, blobs: Vec::new() })
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let (_, left) = advance(of(&[node(1), node(2)]), &mut unit).await;
    let Left::Work(Work::Purge(left)) = left else { unreachable!("{left:?}") };
    assert_eq!(left, PurgeWork { begun: Some(node(1)), ..of(&[node(1), node(2)]) });
    let mut unit = purging();
    unit.nodes.expect_remove().returning(|_, _| Ok(Removed { measure: FILE, blobs: Vec::new() }));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let (items, left) = advance(left, &mut unit).await;
    assert_eq!(items, 2);
    assert!(matches!(left, Left::Work(Work::Purge(left)) if left == of(&[])));
    assert_eq!(unit.audit.entries().len(), 1, "the first was told by the unit before");
}

#[tokio::test]
async fn what_came_back_or_was_put_there_later_stays() {
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_find_trashed().times(3).returning(|_, id| {
        let top = |top, trashed_at| Some(TrashedItem { top, trashed_at, ..a_trashed_file() });
        Ok(match id {
            id if id == node(1) => None,
            id if id == node(2) => top(node(9), before()),
            _ => top(a_file().id.into(), later()),
        })
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let (items, left) = advance(of(&[node(1), node(2), node(3)]), &mut unit).await;
    assert_eq!(items, 0);
    assert!(matches!(left, Left::Work(Work::Purge(left)) if left == of(&[])));
}

#[tokio::test]
async fn what_an_operation_has_not_taken_along_yet_goes_too() {
    let effects = Effects::default();
    let folder = a_folder(1, "Work");
    let mut unit = FakeUnitOfWork::default();
    unit.nodes
        .expect_find_trashed()
        .return_once(|_, _| Ok(Some(TrashedItem { item: folder.into(), top: node(1), ..a_trashed_file() })));
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked { items: 4, measure: FILE }));
    unit.nodes.expect_remove().return_once(|_, limit| {
        assert_eq!(limit, UNIT_ENTRIES - 4);
        Ok(Removed { measure: FILE, blobs: Vec::new() })
    });
    let charged = effects.clone();
    unit.drives.expect_charge().times(2).returning(move |_, delta, _| {
        charged.note(if *delta == FILE.into_trash() { "into the trash" } else { "out of the drive" });
        Ok(())
    });
    advance(of(&[node(1)]), &mut unit).await;
    assert_eq!(effects.seen(), ["into the trash", "out of the drive"]);
}
