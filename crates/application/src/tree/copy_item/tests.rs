#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CopyCommand, CopyItem};
use crate::fixture::{actor, by_ada, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{a_folder, accepted, done, drive, inside, name, node, stored_item};
use crate::tree::{ItemView, Outcome, PlacedView, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::files::{File, Revision};
use fm_domain::ids::{FileId, NodeId};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{
    Delta, EnterDrive, Item, ItemKind, OnConflict, OperationKind, PlaceItem, UNIT_ENTRIES,
};

fn command(item: NodeId, on_conflict: OnConflict) -> CopyCommand {
    CopyCommand { item, parent: NodeId::root(drive()), name: None, on_conflict }
}

async fn copy(unit: FakeUnitOfWork, command: CopyCommand) -> Result<Outcome<PlacedView>, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    CopyItem::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn a_copy_of_a_folder_refers_to_the_same_bytes() {
    let effects = Effects::default();
    let folder = a_folder(201, "Work");
    let file = File { parent: folder.id, revision: Revision::new(5), ..a_file() };
    let inner = File { id: FileId::new(CountingIds::nth(202)), ..file.clone() };
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_height().returning(|_| Ok(0));
    let entries = vec![Item::from(file.clone()), inner.into()];
    unit.nodes.expect_entries().times(1).return_once(move |folders, _, _| {
        assert_eq!(folders, [node(201)]);
        Ok(entries)
    });
    let taken = PlaceItem::NameTaken { existing: folder.id, kind: ItemKind::Folder };
    unit.nodes.expect_insert().times(1).return_once(|_| Err(taken));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert().returning(|_| Ok(()));
    once!(effects, unit.nodes.expect_insert_many(), "rest", |items| {
        let [Item::File(one), Item::File(two)] = items else { unreachable!("{items:?}") };
        assert_eq!((one.parent, one.blob), (two.parent, a_file().blob));
        assert_ne!(one.parent, node(201));
        assert_eq!((one.revision, one.modified_at), (Revision::FIRST, a_file().modified_at));
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { used: 10, files: 2, nodes: 3, ..Delta::default() });
        Ok(())
    });
    once!(effects, unit.blobs.expect_add_references(), "refer", |blobs| {
        assert_eq!(blobs, [a_file().blob; 2]);
        Ok(true)
    });
    let trail = unit.audit.clone();
    let copied = done(copy(unit, command(folder.id, OnConflict::Rename)).await.unwrap());
    assert_eq!(copied.requested_name, Some(name("Work")));
    let ItemView::Folder(made) = copied.view else { unreachable!("a folder") };
    assert_eq!(made.folder.name, Some(name("Work (2)")));
    assert_eq!(effects.seen(), ["enter", "rest", "charge", "refer", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_COPIED, Some(made.folder.id.uuid()))]);
}

#[tokio::test]
async fn a_copy_beyond_the_quota_is_undone() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[a_file().into()]);
    unit.nodes.expect_insert().return_once(|_| Ok(()));
    once!(effects, unit.drives.expect_charge(), "charge", |_, _, _| {
        Err(EnterDrive::QuotaExceeded { trash: ByteSize::new(7), versions: ByteSize::ZERO })
    });
    let refused = copy(unit, command(a_file().id.into(), OnConflict::Rename)).await;
    assert!(matches!(refused, Err(TreeError::QuotaExceeded { trash, .. }) if trash == ByteSize::new(7)));
    assert_eq!(effects.seen(), ["enter", "charge", "rollback"]);
}

#[tokio::test]
async fn more_than_a_unit_copies_goes_on_as_an_operation() {
    let effects = Effects::default();
    let folder = a_folder(201, "Work");
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_height().returning(|_| Ok(0));
    let file = File { parent: folder.id, ..a_file() };
    unit.nodes.expect_entries().return_once(move |_, _, limit| {
        assert_eq!(limit, UNIT_ENTRIES + 1);
        Ok(vec![Item::File(file); limit as usize])
    });
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    unit.nodes.expect_insert_many().times(1).returning(|_| Ok(()));
    unit.drives.expect_charge().times(1).returning(|_, _, _| Ok(()));
    unit.blobs.expect_add_references().times(1).returning(|_| Ok(true));
    once!(effects, unit.operations.expect_insert(), "accept", |operation| {
        assert_eq!(operation.kind, OperationKind::Copy);
        assert!(operation.rest.to_string().contains(&a_file().id.to_string()), "the last one is remembered");
        Ok(())
    });
    let view = accepted(copy(unit, command(folder.id, OnConflict::Rename)).await.unwrap());
    assert_eq!(view.operation.done, u64::from(UNIT_ENTRIES) + 2);
    assert!(stored_item(&view.operation).is_some_and(|copy| copy != folder.id));
    assert_eq!(effects.seen(), ["enter", "accept", "commit"]);
}

#[tokio::test]
async fn what_is_not_there_or_holds_the_target_is_not_copied() {
    let effects = Effects::default();
    let gone = copy(inside(&effects, &[]), command(node(9), OnConflict::Rename)).await;
    assert!(matches!(gone, Err(TreeError::NotFound)), "{gone:?}");
    for name in [None, Some(name("all"))] {
        let command = CopyCommand { name, ..command(NodeId::root(drive()), OnConflict::Rename) };
        let root = copy(inside(&effects, &[]), command).await;
        assert!(matches!(root, Err(TreeError::IntoItself)), "{root:?}");
    }
    let mut unit = inside(&effects, &[a_file().into()]);
    let taken = PlaceItem::NameTaken { existing: node(9), kind: ItemKind::File };
    unit.nodes.expect_insert().return_once(|_| Err(taken));
    let refused = copy(unit, command(a_file().id.into(), OnConflict::Fail)).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "{refused:?}");
}
