#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{DeleteCommand, DeleteItem};
use crate::fixture::{actor, by_ada, lost_race, noted, once, unavailable};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{a_folder, a_trashed_file, accepted, accepting, drive, inside, with_job};
use crate::tree::work::Work;
use crate::tree::{Outcome, TreeError};
use fm_domain::access::Scopes;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use fm_domain::files::{IfMatch, Revision};
use fm_domain::ids::NodeId;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_file};
use fm_domain::tree::{EnterDrive, Item, ItemKind, Marked, Measure, OperationKind, Removed, UNIT_ENTRIES};

const FILE: Measure = Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::ZERO };

fn command(item: NodeId) -> DeleteCommand {
    DeleteCommand { item, kind: None, if_match: None, recursive: false }
}

async fn delete(unit: FakeUnitOfWork, command: DeleteCommand) -> Result<Outcome<()>, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    DeleteItem::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

/// The unit, which removes so many items that refer to one blob.
fn removing(effects: &Effects, mut unit: FakeUnitOfWork, nodes: u64) -> FakeUnitOfWork {
    once!(effects, unit.nodes.expect_remove(), "remove", |_, _| {
        Ok(Removed { measure: Measure { nodes, ..FILE }, blobs: vec![a_file().blob] })
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let noted = effects.clone();
    unit.blobs.expect_drop_references().returning(move |blobs, _| {
        noted.note("drop");
        assert_eq!(blobs, [a_file().blob]);
        Ok(vec![BlobKey::file(a_file().blob)])
    });
    unit
}

/// The unit, which finds a file as a top of the trash, with nothing left below that is not there too.
fn from_the_trash(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = inside(effects, &[]);
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(Some(a_trashed_file())));
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    unit
}

fn from_its_folder(effects: &Effects, item: Item) -> FakeUnitOfWork {
    let marks = usize::from(item.kind() == ItemKind::Folder);
    let mut unit = inside(effects, &[item]);
    once!(effects, unit.nodes.expect_trash(), "trash", |_, _, _| Ok(Some(FILE)));
    unit.nodes.expect_mark_below().times(marks).returning(|_, _| Ok(Marked::default()));
    unit
}

#[tokio::test]
async fn a_living_file_goes_at_once_and_its_bytes_by_a_job() {
    let effects = Effects::default();
    let unit = removing(&effects, from_its_folder(&effects, a_file().into()), 1);
    let trail = unit.audit.clone();
    assert!(delete(unit, command(a_file().id.into())).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "trash", "remove", "drop", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_REMOVED, Some(a_file().id.uuid()))]);
}

#[tokio::test]
async fn a_folder_with_entries_goes_only_where_that_is_said() {
    let effects = Effects::default();
    let folder = a_folder(1, "Work");
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_count_entries().return_once(|_, limit| Ok(limit));
    let refused = delete(unit, command(folder.id)).await;
    assert!(matches!(refused, Err(TreeError::NotEmpty)), "{refused:?}");
    let mut unit = removing(&effects, from_its_folder(&effects, folder.clone().into()), 3);
    unit.nodes.expect_count_entries().returning(|_, limit| Ok(limit));
    let trail = unit.audit.clone();
    assert!(delete(unit, DeleteCommand { recursive: true, ..command(folder.id) }).await.is_ok());
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_REMOVED, Some(folder.id.uuid()))]);
}

#[tokio::test]
async fn a_top_of_the_trash_is_removed_from_there() {
    let effects = Effects::default();
    let unit = removing(&effects, from_the_trash(&effects), 1);
    assert!(delete(unit, command(a_file().id.into())).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "remove", "drop", "commit"]);
}

#[tokio::test]
async fn more_than_a_unit_removes_goes_by_an_operation() {
    let effects = Effects::default();
    let nodes = u64::from(UNIT_ENTRIES) + 2;
    let top = a_file().id.into();
    let unit = removing(&effects, from_the_trash(&effects), nodes);
    let left = Work::Delete { top, is_marked: true, is_cancelled: false };
    let unit = with_job(accepting(&effects, unit, OperationKind::Delete, left), &effects);
    let view = accepted(delete(unit, command(top)).await.unwrap());
    assert_eq!((view.operation.done, view.operation.result), (nodes, None));
    assert_eq!(effects.seen(), ["enter", "remove", "drop", "accept", "job", "commit"]);
}

#[tokio::test]
async fn a_large_folder_goes_into_the_trash_first_with_its_path() {
    let effects = Effects::default();
    let folder = a_folder(1, "Work");
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_count_entries().returning(|_, limit| Ok(limit));
    once!(effects, unit.nodes.expect_trash(), "trash", |_, _, path| {
        assert_eq!(path, "/Work");
        Ok(Some(FILE))
    });
    let marked = Marked { items: UNIT_ENTRIES + 1, measure: FILE };
    unit.nodes.expect_mark_below().return_once(move |_, _| Ok(marked));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    let left = Work::Delete { top: folder.id, is_marked: false, is_cancelled: false };
    let unit = accepting(&effects, unit, OperationKind::Delete, left);
    let view = delete(unit, DeleteCommand { recursive: true, ..command(folder.id) }).await.unwrap();
    assert_eq!(accepted(view).operation.done, 0, "nothing is removed so far");
    assert_eq!(effects.seen(), ["enter", "trash", "accept", "commit"]);
}

#[tokio::test]
async fn what_is_not_there_or_has_changed_or_is_a_root_stays_as_it_is() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(None));
    assert!(matches!(delete(unit, command(a_file().id.into())).await, Err(TreeError::NotFound)));
    let if_match = Some(IfMatch::Revisions(vec![Revision::new(9)]));
    let stale = DeleteCommand { if_match, ..command(a_file().id.into()) };
    let outcome = delete(inside(&effects, &[a_file().into()]), stale).await;
    assert!(matches!(outcome, Err(TreeError::PreconditionFailed)), "{outcome:?}");
    let root = delete(inside(&effects, &[]), command(NodeId::root(drive()))).await;
    assert!(matches!(root, Err(TreeError::RootIsFixed)), "{root:?}");
    let folder = DeleteCommand { kind: Some(ItemKind::Folder), ..command(a_file().id.into()) };
    let outcome = delete(inside(&effects, &[a_file().into()]), folder).await;
    assert!(matches!(outcome, Err(TreeError::NotFound)), "{outcome:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"].repeat(4));
}

#[tokio::test]
async fn a_deletion_that_loses_every_race_has_failed() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    for _ in 0..5 {
        let mut losing = FakeUnitOfWork::noting(&effects);
        losing.drives.expect_enter().return_once(|_, _, _| Err(EnterDrive::Store(lost_race())));
        doubles.db = doubles.db.unit(losing);
    }
    let delete = DeleteItem::new(&doubles.ports(), &settings());
    let outcome = delete.run(&actor(), command(a_file().id.into())).await;
    assert!(matches!(outcome, Err(TreeError::Store(PortError::Contended(_)))), "{outcome:?}");
}

#[tokio::test]
async fn without_the_right_nothing_is_asked() {
    let doubles = TestPorts::default();
    let delete = DeleteItem::new(&doubles.ports(), &settings());
    let outcome = delete.run(&actor().limited_to(Scopes::NONE), command(a_file().id.into())).await;
    assert!(matches!(outcome, Err(TreeError::Denied(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_read_back() {
    for is_gone in [true, false] {
        let effects = Effects::default();
        let unit = removing(&effects, from_its_folder(&effects, a_file().into()), 1);
        let mut reads = FakeReads::default();
        reads.tree.expect_item().returning(move |_, _| Ok((!is_gone).then(|| a_file().into())));
        reads.tree.expect_trashed().returning(|_, _| Ok(None));
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit.committing_with(unavailable())).reads(reads);
        let delete = DeleteItem::new(&doubles.ports(), &settings());
        assert_eq!(delete.run(&actor(), command(a_file().id.into())).await.is_ok(), is_gone);
    }
}
