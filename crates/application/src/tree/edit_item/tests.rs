#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{EditCommand, EditItem};
use crate::fixture::{actor, by_ada, enqueued, noted, once};
use crate::jobs::VerifyBlob;
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{a_folder, before, drive, inside, name, node};
use crate::tree::{ItemView, PlacedView, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::files::{File, IfMatch, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, FileId, NodeId};
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_file};
use fm_domain::tree::{Delta, Item, ItemKind, OnConflict, PlaceItem, UpdateItem, Version};

fn command(item: NodeId) -> EditCommand {
    EditCommand {
        item,
        kind: None,
        if_match: None,
        name: None,
        parent: None,
        on_conflict: OnConflict::Fail,
        modified_at: None,
    }
}

async fn edit(unit: FakeUnitOfWork, command: EditCommand) -> Result<ItemView, TreeError> {
    Ok(edited(unit, command).await?.view)
}

async fn edited(unit: FakeUnitOfWork, command: EditCommand) -> Result<PlacedView, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    EditItem::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

fn taken(existing: NodeId, kind: ItemKind) -> UpdateItem {
    UpdateItem::Place(PlaceItem::NameTaken { existing, kind })
}

#[tokio::test]
async fn a_rename_and_a_move_are_one_update() {
    let effects = Effects::default();
    let (folder, target) = (a_folder(1, "Work"), a_folder(2, "Archive"));
    let mut unit = inside(&effects, &[folder.clone().into(), target.clone().into()]);
    unit.nodes.expect_height().returning(|_| Ok(0));
    once!(effects, unit.nodes.expect_update(), "update", |item, seen| {
        assert_eq!((item.parent(), item.name()), (Some(node(2)), Some(&name("Old"))));
        assert_eq!((seen, item.revision()), (Revision::FIRST, Revision::new(2)));
        assert_eq!(item.updated_at(), FixedClock::NEW_YEAR.now());
        Ok(())
    });
    let trail = unit.audit.clone();
    let command = EditCommand { name: Some(name("Old")), parent: Some(target.id), ..command(folder.id) };
    let ItemView::Folder(view) = edit(unit, command).await.unwrap() else { unreachable!("a folder") };
    assert_eq!((view.folder.parent, view.folder.modified_at), (Some(target.id), before()));
    assert_eq!(effects.seen(), ["enter", "update", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_MOVED, Some(folder.id.uuid()))]);
}

#[tokio::test]
async fn a_renamed_file_is_told_as_before() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[a_file().into()]);
    unit.nodes.expect_update().return_once(|_, _| Ok(()));
    let trail = unit.audit.clone();
    let command = EditCommand { name: Some(name("bye.txt")), ..command(a_file().id.into()) };
    assert!(edit(unit, command).await.is_ok());
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_RENAMED, Some(a_file().id.uuid()))]);
}

#[tokio::test]
async fn what_is_there_already_changes_nothing() {
    let effects = Effects::default();
    let file = a_file();
    let command = EditCommand {
        name: Some(file.name.clone()),
        parent: Some(file.parent),
        modified_at: Some(file.modified_at),
        ..command(file.id.into())
    };
    let view = edit(inside(&effects, &[file.clone().into()]), command).await.unwrap();
    assert!(matches!(view, ItemView::File(view) if view.file == file));
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn what_can_not_be_is_refused_before_anything_is_written() {
    let effects = Effects::default();
    let (folder, file) = (a_folder(1, "Work"), a_file());
    let items = [Item::from(folder.clone()), file.clone().into()];
    let other = IfMatch::Revisions(vec![Revision::new(9)]);
    let cases = [
        (command(node(77)), "there is no such item"),
        (EditCommand { kind: Some(ItemKind::File), ..command(folder.id) }, "there is no such item"),
        (command(NodeId::root(drive())), "a root folder can't be changed"),
        (EditCommand { if_match: Some(other), ..command(folder.id) }, "the item has changed meanwhile"),
        (EditCommand { parent: Some(file.id.into()), ..command(folder.id) }, "a file has no entries"),
        (EditCommand { parent: Some(node(77)), ..command(folder.id) }, "there is no such folder"),
        (
            EditCommand { parent: Some(folder.id), ..command(folder.id) },
            "the folder lies in what is moved or copied",
        ),
    ];
    for (command, expected) in cases {
        let refused = edit(inside(&effects, &items), command).await.unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    assert_eq!(effects.seen(), ["enter", "rollback"].repeat(7));
}

#[tokio::test]
async fn a_taken_name_is_refused_or_numbered() {
    let effects = Effects::default();
    let folder = a_folder(1, "Work");
    let renaming = |on_conflict| EditCommand { name: Some(name("Old")), on_conflict, ..command(folder.id) };
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_update().return_once(|_, _| Err(taken(node(5), ItemKind::Folder)));
    let refused = edit(unit, renaming(OnConflict::Fail)).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "{refused:?}");
    let mut unit = inside(&effects, &[folder.clone().into()]);
    unit.nodes.expect_update().times(1).return_once(|_, _| Err(taken(node(5), ItemKind::Folder)));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_update().times(1).return_once(|item, _| {
        assert_eq!(item.name(), Some(&name("Old (2)")));
        Ok(())
    });
    let numbered = edited(unit, renaming(OnConflict::Rename)).await.unwrap();
    assert_eq!(numbered.requested_name, Some(name("Old")));
}

#[tokio::test]
async fn an_item_whose_number_is_the_smallest_free_one_keeps_its_name() {
    let effects = Effects::default();
    let file = File { name: name("a (2).txt"), ..a_file() };
    let numbered = || {
        let mut unit = inside(&effects, &[file.clone().into()]);
        unit.nodes.expect_update().times(1).return_once(|_, _| Err(taken(node(5), ItemKind::File)));
        unit.nodes.expect_taken().times(1).returning(|_, _| Ok(vec!["a (2).txt".to_owned()]));
        unit
    };
    let renaming = |text: &str| EditCommand {
        name: Some(name(text)),
        on_conflict: OnConflict::Rename,
        ..command(file.id.into())
    };
    let kept = edited(numbered(), renaming("a.txt")).await.unwrap();
    assert_eq!(kept.requested_name, Some(name("a.txt")));
    assert!(matches!(kept.view, ItemView::File(view) if view.file == file));
    assert_eq!(effects.seen(), ["enter", "rollback"], "nothing changes");
    let mut unit = numbered();
    once!(effects, unit.nodes.expect_update(), "update", |item, _| {
        assert_eq!(item.name(), Some(&name("A (2).txt")));
        Ok(())
    });
    assert!(edit(unit, renaming("A.txt")).await.is_ok());
    let mut unit = numbered();
    once!(effects, unit.nodes.expect_update(), "update", |item, _| {
        let Item::File(dated) = item else { unreachable!("a file") };
        assert_eq!((dated.name.as_str(), dated.modified_at), ("a (2).txt", before()));
        Ok(())
    });
    let trail = unit.audit.clone();
    let dated = EditCommand { modified_at: Some(before()), ..renaming("a.txt") };
    assert!(edit(unit, dated).await.is_ok());
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_MOVED, Some(file.id.uuid()))], "it is not renamed");
    assert_eq!(effects.seen()[2..], ["enter", "update", "commit"].repeat(2));
}

#[tokio::test]
async fn the_number_in_the_name_of_a_moved_item_may_be_taken_in_its_new_folder() {
    let effects = Effects::default();
    let (file, target) = (File { name: name("a (2).txt"), ..a_file() }, a_folder(2, "Archive"));
    let mut unit = inside(&effects, &[file.clone().into(), target.clone().into()]);
    unit.nodes.expect_update().times(1).return_once(|_, _| Err(taken(node(5), ItemKind::File)));
    unit.nodes.expect_taken().times(1).returning(|_, _| Ok(vec!["a (2).txt".to_owned()]));
    once!(effects, unit.nodes.expect_update(), "update", |item, _| {
        assert_eq!((item.parent(), item.name()), (Some(node(2)), Some(&name("a (3).txt"))));
        Ok(())
    });
    let command = EditCommand {
        name: Some(name("a.txt")),
        parent: Some(target.id),
        on_conflict: OnConflict::Rename,
        ..command(file.id.into())
    };
    assert!(edit(unit, command).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "update", "commit"]);
}

#[tokio::test]
async fn a_file_takes_the_place_of_a_file_whose_content_becomes_a_version() {
    let effects = Effects::default();
    let source = a_file();
    let blob = BlobId::new(CountingIds::nth(60));
    let thumbnail = ThumbnailState::Ready {
        blob: BlobId::new(CountingIds::nth(61)),
        width: 1,
        height: 1,
        placeholder: None,
    };
    let target = File {
        id: FileId::new(CountingIds::nth(62)),
        blob,
        thumbnail,
        size: ByteSize::new(100),
        sha256: Some(Sha256::new([1; 32])),
        name: name("b.txt"),
        ..a_file()
    };
    let mut unit = inside(&effects, &[source.clone().into(), target.clone().into()]);
    let existing = target.id.into();
    unit.nodes.expect_update().return_once(move |_, _| Err(taken(existing, ItemKind::File)));
    let found = target.clone();
    unit.files.expect_find_for_update().return_once(move |_, _| Ok(Some(found)));
    unit.keys.expect_free_file().times(1).returning(|_| Ok(()));
    unit.uploads.expect_remove_of_file().times(1).returning(|_| Ok(()));
    let kept = target.clone();
    let version = Version::of(&kept, FixedClock::NEW_YEAR.now());
    unit.versions.expect_all().returning(|_| Ok(Vec::new()));
    unit.versions.expect_remove().returning(|_, _| Ok(Vec::new()));
    once!(effects, unit.files.expect_remove(), "remove", |_, id| {
        assert_eq!(id, a_file().id);
        Ok(Some(a_file()))
    });
    once!(effects, unit.files.expect_update(), "update", |file, seen| {
        assert_eq!((file.blob, file.size, seen), (a_file().blob, ByteSize::new(5), Revision::FIRST));
        assert_eq!((file.version, file.name.as_str()), (VersionNumber::new(2), "b.txt"));
        assert_eq!(file.modified_at, before(), "the time that the edit gives it");
        Ok(())
    });
    once!(effects, unit.versions.expect_insert(), "version", |added| {
        assert_eq!(*added, version);
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { versions: 100, files: -1, nodes: -1, ..Delta::default() });
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop", |blobs, _| {
        assert_eq!(blobs, [BlobId::new(CountingIds::nth(61))], "its thumbnail alone");
        Ok(Vec::new())
    });
    let command = EditCommand {
        name: Some(name("b.txt")),
        on_conflict: OnConflict::Replace,
        modified_at: Some(before()),
        ..command(source.id.into())
    };
    let ItemView::File(view) = edit(unit, command).await.unwrap() else { unreachable!("a file") };
    assert_eq!((view.file.id, view.file.blob), (target.id, source.blob));
    assert_eq!(effects.seen(), ["enter", "remove", "update", "version", "charge", "drop", "commit"]);
}

#[tokio::test]
async fn the_same_bytes_take_the_place_of_a_file_and_make_no_version() {
    let effects = Effects::default();
    let picture = BlobId::new(CountingIds::nth(61));
    let thumbnail = ThumbnailState::Ready { blob: picture, width: 1, height: 1, placeholder: None };
    let source = File { thumbnail, modified_at: before(), ..a_file() };
    let (id, blob) = (FileId::new(CountingIds::nth(62)), BlobId::new(CountingIds::nth(60)));
    let target = File { id, blob, name: name("b.txt"), ..a_file() };
    let mut unit = inside(&effects, &[source.clone().into(), target.clone().into()]);
    unit.nodes.expect_update().return_once(move |_, _| Err(taken(id.into(), ItemKind::File)));
    let found = target.clone();
    unit.files.expect_find_for_update().return_once(move |_, _| Ok(Some(found)));
    unit.keys.expect_free_file().returning(|_| Ok(()));
    unit.uploads.expect_remove_of_file().returning(|_| Ok(()));
    unit.versions.expect_all().returning(|_| Ok(Vec::new()));
    unit.versions.expect_remove().returning(|_, _| Ok(Vec::new()));
    unit.files.expect_remove().return_once(|_, _| Ok(Some(a_file())));
    let after = File { modified_at: before(), revision: Revision::new(2), ..target };
    let expected = after.clone();
    once!(effects, unit.files.expect_update(), "update", |file, _| {
        assert_eq!(*file, expected);
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta { used: -5, files: -1, nodes: -1, ..Delta::default() });
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop", |blobs, _| {
        assert_eq!(blobs, [a_file().blob, picture]);
        Ok(Vec::new())
    });
    let trail = unit.audit.clone();
    let on_conflict = OnConflict::Replace;
    let command = EditCommand { name: Some(name("b.txt")), on_conflict, ..command(source.id.into()) };
    let ItemView::File(view) = edit(unit, command).await.unwrap() else { unreachable!("a file") };
    assert_eq!(view.file, after);
    assert_eq!(effects.seen(), ["enter", "update", "charge", "drop", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_REMOVED, Some(source.id.uuid()))]);
}

#[tokio::test]
async fn a_content_that_was_not_read_yet_is_read_for_the_file_that_took_it_over() {
    let effects = Effects::default();
    let source = File { sha256: None, ..a_file() };
    let target = File { id: FileId::new(CountingIds::nth(62)), name: name("b.txt"), ..a_file() };
    let mut unit = inside(&effects, &[source.clone().into(), target.clone().into()]);
    let existing = target.id.into();
    unit.nodes.expect_update().return_once(move |_, _| Err(taken(existing, ItemKind::File)));
    unit.files.expect_find_for_update().return_once(move |_, _| Ok(Some(target)));
    unit.keys.expect_free_file().returning(|_| Ok(()));
    unit.uploads.expect_remove_of_file().returning(|_| Ok(()));
    unit.versions.expect_all().returning(|_| Ok(Vec::new()));
    unit.versions.expect_remove().returning(|_, _| Ok(Vec::new()));
    unit.versions.expect_insert().returning(|_| Ok(()));
    unit.files.expect_remove().return_once(|_, _| Ok(Some(a_file())));
    unit.files.expect_update().return_once(|_, _| Ok(()));
    unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
    unit.jobs.checkpoint();
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        let verify = enqueued::<VerifyBlob>(job);
        assert_eq!((verify.file, verify.blob), (FileId::new(CountingIds::nth(62)), a_file().blob));
        assert!(verify.is_copy, "it has no part in the upload");
        Ok(Enqueued::Added)
    });
    let on_conflict = OnConflict::Replace;
    let command = EditCommand { name: Some(name("b.txt")), on_conflict, ..command(source.id.into()) };
    assert!(edit(unit, command).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "enqueue", "commit"]);
}

#[tokio::test]
async fn a_folder_is_never_replaced() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[a_file().into(), a_folder(5, "b").into()]);
    unit.nodes.expect_update().return_once(|_, _| Err(taken(node(5), ItemKind::Folder)));
    unit.files.expect_find_for_update().return_once(|_, _| Ok(None));
    let command = EditCommand {
        name: Some(name("b")),
        on_conflict: OnConflict::Replace,
        ..command(a_file().id.into())
    };
    let refused = edit(unit, command).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { kind: ItemKind::Folder, .. })), "{refused:?}");
}
