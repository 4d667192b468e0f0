#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{TrashCommand, TrashItem};
use crate::fixture::{actor, by_ada, noted, once, unavailable};
use crate::ports::{Retention, Settings};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{
    a_folder, a_trashed_file, accepted, accepting, before, done, drive, inside, stored_item, with_job,
};
use crate::tree::work::Work;
use crate::tree::{Outcome, TrashedView, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::files::{IfMatch, Revision};
use fm_domain::ids::NodeId;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_file};
use fm_domain::tree::{Folder, Marked, Measure, OperationKind, UNIT_ENTRIES};

const FILE: Measure =
    Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::new(3) };

fn command(item: NodeId) -> TrashCommand {
    TrashCommand { item, if_match: None }
}

async fn trash(unit: FakeUnitOfWork, command: TrashCommand) -> Result<Outcome<TrashedView>, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    TrashItem::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

/// A folder in the place of the file, with its id and its name.
fn folder() -> Folder {
    Folder { id: a_file().id.into(), ..a_folder(1, "hello.txt") }
}

fn trashing(effects: &Effects, marked: Marked) -> FakeUnitOfWork {
    let mut unit = inside(effects, &[folder().into()]);
    once!(effects, unit.nodes.expect_trash(), "trash", |_, _, path| {
        assert_eq!(path, "/hello.txt");
        Ok(Some(FILE))
    });
    once!(effects, unit.nodes.expect_mark_below(), "mark", |_, limit| {
        assert_eq!(limit, UNIT_ENTRIES + 1);
        Ok(marked)
    });
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(Some(a_trashed_file())));
    unit
}

#[tokio::test]
async fn an_item_goes_with_all_below_and_is_counted_as_trash() {
    let effects = Effects::default();
    let marked = Marked { items: 2, measure: FILE };
    let mut unit = trashing(&effects, marked);
    once!(effects, unit.drives.expect_charge(), "charge", |of, delta, _| {
        assert_eq!((of, *delta), (drive(), FILE.plus(FILE).into_trash()));
        Ok(())
    });
    let trail = unit.audit.clone();
    let view = done(trash(unit, command(a_file().id.into())).await.unwrap());
    assert_eq!(view.purge_at, before().plus(Duration::from_hours(30 * 24)));
    assert_eq!(effects.seen(), ["enter", "trash", "mark", "charge", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_TRASHED, Some(a_file().id.uuid()))]);
}

#[tokio::test]
async fn below_a_file_nothing_is_looked_for() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[a_file().into()]);
    once!(effects, unit.nodes.expect_trash(), "trash", |_, _, _| Ok(Some(FILE)));
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, FILE.into_trash());
        Ok(())
    });
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(Some(a_trashed_file())));
    done(trash(unit, command(a_file().id.into())).await.unwrap());
    assert_eq!(effects.seen(), ["enter", "trash", "charge", "commit"]);
}

#[tokio::test]
async fn what_is_more_than_a_unit_changes_follows_by_an_operation() {
    let effects = Effects::default();
    let marked = Marked { items: UNIT_ENTRIES + 1, measure: FILE };
    let top = a_file().id.into();
    let mut unit = trashing(&effects, marked);
    unit.drives.expect_charge().times(1).returning(|_, _, _| Ok(()));
    let unit = accepting(&effects, unit, OperationKind::Trash, Work::Trash { top });
    let view = accepted(trash(with_job(unit, &effects), command(top)).await.unwrap());
    assert_eq!((view.operation.done, view.result), (u64::from(UNIT_ENTRIES) + 2, None));
    assert_eq!(stored_item(&view.operation), Some(top));
    assert_eq!(effects.seen(), ["enter", "trash", "mark", "accept", "job", "commit"]);
}

#[tokio::test]
async fn what_is_in_the_trash_stays_as_it_is() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(Some(a_trashed_file())));
    let view = done(trash(unit, command(a_file().id.into())).await.unwrap());
    assert_eq!(view.trashed, a_trashed_file());
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(None));
    assert!(matches!(trash(unit, command(a_file().id.into())).await, Err(TreeError::NotFound)));
    assert_eq!(effects.seen(), ["enter", "rollback"].repeat(2));
}

#[tokio::test]
async fn roots_and_other_revisions_stay_where_they_are() {
    let effects = Effects::default();
    let root = trash(inside(&effects, &[]), command(NodeId::root(drive()))).await;
    assert!(matches!(root, Err(TreeError::RootIsFixed)), "{root:?}");
    let folder = a_folder(1, "Work");
    let if_match = Some(IfMatch::Revisions(vec![Revision::new(9)]));
    let unit = inside(&effects, &[folder.clone().into()]);
    let stale = trash(unit, TrashCommand { item: folder.id, if_match }).await;
    assert!(matches!(stale, Err(TreeError::PreconditionFailed)), "{stale:?}");
}

#[tokio::test]
async fn without_a_trash_nothing_is_put_there() {
    let retention = Retention { trash: Duration::ZERO, ..Retention::default() };
    let settings = Settings { retention, ..settings() };
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(inside(&effects, &[]));
    let refused =
        TrashItem::new(&doubles.ports(), &settings).run(&actor(), command(a_file().id.into())).await;
    assert!(matches!(refused, Err(TreeError::NoTrash)), "{refused:?}");
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_read_back() {
    for is_there in [true, false] {
        let effects = Effects::default();
        let mut unit = trashing(&effects, Marked::default()).committing_with(unavailable());
        unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
        let mut reads = FakeReads::default();
        reads.tree.expect_trashed().return_once(move |_, _| Ok(is_there.then(a_trashed_file)));
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit).reads(reads);
        let trash = TrashItem::new(&doubles.ports(), &settings());
        assert_eq!(trash.run(&actor(), command(a_file().id.into())).await.is_ok(), is_there);
    }
}
