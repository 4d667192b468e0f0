#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Placed, place_upload};
use crate::fixture::{by_ada, entered, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{a_folder, drive, finding, name, node};
use crate::tree::last_numbers::PlacedName;
use crate::tree::{TreeContext, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{File, IfMatch, Revision, Sha256, VersionNumber};
use fm_domain::ids::{BlobId, FileId, NodeId};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{
    Delta, Entered, Folder, Item, ItemKind, MAX_FOLDER_ENTRIES, OnConflict, PlaceItem, Placing, Precondition,
    TreePath,
};

/// A unit that has entered the drive already, and finds these living items.
fn inside(effects: &Effects, items: &[Item]) -> FakeUnitOfWork {
    finding(FakeUnitOfWork::noting(effects), items)
}

/// A new file of seven bytes.
fn new_file() -> File {
    File {
        id: FileId::new(CountingIds::nth(90)),
        blob: BlobId::new(CountingIds::nth(91)),
        size: ByteSize::new(7),
        sha256: Some(Sha256::new([1; 32])),
        ..a_file()
    }
}

async fn place(unit: &mut FakeUnitOfWork, placing: &Placing) -> Result<Placed, TreeError> {
    let context = TreeContext::new(&TestPorts::default().ports(), &settings());
    place_upload(&context, unit, entered(), &new_file(), placing).await
}

fn taken(kind: ItemKind) -> PlaceItem {
    PlaceItem::NameTaken { existing: a_file().id.into(), kind }
}

#[tokio::test]
async fn without_a_place_a_file_goes_to_the_root_and_nothing_is_asked() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.nodes.expect_insert(), "insert", |item| {
        assert_eq!(item.parent(), Some(NodeId::root(drive())));
        Ok(())
    });
    let placed = place(&mut unit, &Placing::default()).await.unwrap();
    assert_eq!((placed.file.parent, placed.replaced), (NodeId::root(drive()), false));
    assert_eq!((&placed.requested_name, placed.moved_from), (&None, None));
    assert_eq!(placed.path().as_deref(), Some("/hello.txt"));
    let [entry] = &noted(&unit.audit)[..] else { unreachable!("one entry") };
    assert_eq!(entry.action, by_ada(AuditAction::FILE_UPLOADED, None).action);
}

#[tokio::test]
async fn folders_of_its_path_are_made_and_charged() {
    let effects = Effects::default();
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_entry().returning(|_, _| Ok(None));
    let noted = effects.clone();
    unit.nodes.expect_insert().times(3).returning(move |item| {
        noted.note(item.name().unwrap().to_string());
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta::new_folders(2));
        Ok(())
    });
    let placing = Placing { path: TreePath::parse("photos/2026/").unwrap(), ..Placing::default() };
    let placed = place(&mut unit, &placing).await.unwrap();
    assert_eq!(effects.seen(), ["photos", "2026", "charge", "hello.txt"]);
    assert_eq!(placed.path().as_deref(), Some("/photos/2026/hello.txt"));
}

#[tokio::test]
async fn the_path_of_a_file_is_told_where_the_unit_has_met_the_folders_above_it() {
    let effects = Effects::default();
    let outer = a_folder(40, "Work");
    let inner = Folder { parent: Some(outer.id), ..a_folder(41, "2026") };
    for (parent, path, expected) in [
        (outer.id, "", Some("/Work/hello.txt")),
        // What is above it is not asked for.
        (inner.id, "", None),
        // How deep it lies has to be known here, and so its way is.
        (inner.id, "A", Some("/inner/a/hello.txt")),
    ] {
        let mut unit = inside(&effects, &[outer.clone().into(), inner.clone().into()]);
        unit.nodes.expect_entry().returning(|_, _| Ok(Some(Item::Folder(a_folder(42, "a")))));
        unit.nodes.expect_insert().times(1).returning(|_| Ok(()));
        let path = TreePath::parse(path).unwrap();
        let placing = Placing { parent: Some(parent), path, ..Placing::default() };
        assert_eq!(place(&mut unit, &placing).await.unwrap().path().as_deref(), expected);
    }
}

#[tokio::test]
async fn where_its_folder_is_gone_a_file_goes_to_the_root_unless_that_is_forbidden() {
    let effects = Effects::default();
    let placing = Placing { parent: Some(node(40)), on_conflict: OnConflict::Replace, ..Placing::default() };
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_insert().times(1).return_once(|_| Err(taken(ItemKind::File)));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    let placed = place(&mut unit, &placing).await.unwrap();
    assert_eq!(placed.moved_from, Some(node(40)));
    assert_eq!(placed.path().as_deref(), Some("/hello (2).txt"));
    assert_eq!(placed.file.name, name("hello (2).txt"), "it replaces nothing there");
    assert_eq!(placed.requested_name, Some(name("hello.txt")));
    let strict = Placing { strict_parent: true, ..placing.clone() };
    let refused = place(&mut inside(&effects, &[]), &strict).await;
    assert!(matches!(refused, Err(TreeError::ParentTrashed)), "{refused:?}");
    let file = Placing { parent: Some(a_file().id.into()), ..placing };
    let refused = place(&mut inside(&effects, &[a_file().into()]), &file).await;
    assert!(matches!(refused, Err(TreeError::NotAFolder)), "{refused:?}");
}

#[tokio::test]
async fn a_taken_name_is_refused_where_that_is_asked_for_and_a_folder_always() {
    for (on_conflict, kind) in [(OnConflict::Fail, ItemKind::File), (OnConflict::Replace, ItemKind::Folder)] {
        let mut unit = FakeUnitOfWork::default();
        unit.nodes.expect_insert().return_once(move |_| Err(taken(kind)));
        let placing = Placing { on_conflict, ..Placing::default() };
        let refused = place(&mut unit, &placing).await;
        assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn the_next_file_of_one_name_is_looked_for_behind_the_number_of_the_last_one() {
    let context = TreeContext::new(&TestPorts::default().ports(), &settings());
    let key = |number| name("hello.txt").numbered(number, ItemKind::File.numbering()).search_key();
    for last in [5_000, 5_001] {
        let mut unit = FakeUnitOfWork::default();
        let is_first = last == 5_000;
        // Another process has given the number meanwhile.
        unit.nodes.expect_insert_behind().times(usize::from(!is_first)).returning(|_, _| Ok(false));
        unit.nodes.expect_insert().times(1).return_once(|_| Err(taken(ItemKind::File)));
        unit.nodes.expect_taken().times(if is_first { 3 } else { 1 }).returning(move |_, keys| {
            let taken: Vec<String> = (2..=last).map(key).collect();
            Ok(keys.iter().filter(|key| taken.contains(*key)).cloned().collect())
        });
        unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
        let placing = Placing::default();
        let placed = place_upload(&context, &mut unit, entered(), &new_file(), &placing).await.unwrap();
        assert_eq!(placed.file.name, name(&format!("hello ({}).txt", last + 1)));
    }
}

#[tokio::test]
async fn further_files_of_one_name_get_the_next_number_by_one_call() {
    let context = TreeContext::new(&TestPorts::default().ports(), &settings());
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_insert().times(1).return_once(|_| Err(taken(ItemKind::File)));
    unit.nodes.expect_taken().times(1).returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    let placing = Placing::default();
    let placed = place_upload(&context, &mut unit, entered(), &new_file(), &placing).await.unwrap();
    assert_eq!(placed.file.name, name("hello (2).txt"));
    for (last, next) in [("hello (2).txt", "hello (3).txt"), ("hello (3).txt", "hello (4).txt")] {
        let mut unit = FakeUnitOfWork::default();
        unit.nodes.expect_insert_behind().times(1).return_once(move |item, taken| {
            assert_eq!((item.parent(), item.name()), (Some(NodeId::root(drive())), Some(&name(next))));
            assert_eq!(taken, ["hello.txt", last]);
            Ok(true)
        });
        let placed = place_upload(&context, &mut unit, entered(), &new_file(), &placing).await.unwrap();
        assert_eq!(placed.file.name, name(next));
        assert_eq!(placed.requested_name, Some(name("hello.txt")));
        assert_eq!(noted(&unit.audit).len(), 1, "it is told once");
    }
}

#[tokio::test]
async fn what_is_not_to_be_renamed_gets_no_next_number() {
    let context = TreeContext::new(&TestPorts::default().ports(), &settings());
    let file = new_file();
    context.last_numbers.remember(PlacedName::new(NodeId::root(drive()), &file.name), 2);
    let mut unit = FakeUnitOfWork::default();
    unit.nodes.expect_insert().return_once(|_| Err(taken(ItemKind::File)));
    let placing = Placing { on_conflict: OnConflict::Fail, ..Placing::default() };
    let refused = place_upload(&context, &mut unit, entered(), &file, &placing).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "{refused:?}");
}

fn replacing(effects: &Effects, before: File) -> FakeUnitOfWork {
    let mut unit = inside(effects, &[Item::File(before.clone())]);
    unit.nodes.expect_insert().return_once(|_| Err(taken(ItemKind::File)));
    unit.files.expect_find_for_update().return_once(move |_, _| Ok(Some(before)));
    unit
}

fn replace() -> Placing {
    Placing { on_conflict: OnConflict::Replace, ..Placing::default() }
}

#[tokio::test]
async fn a_replaced_file_keeps_its_id_and_its_old_content_as_a_version() {
    let effects = Effects::default();
    let mut unit = replacing(&effects, a_file());
    once!(effects, unit.files.expect_update(), "update", |file, _| {
        assert_eq!((file.id, file.blob, file.version), (a_file().id, new_file().blob, VersionNumber::new(2)));
        Ok(())
    });
    once!(effects, unit.versions.expect_insert(), "version", |version| {
        assert_eq!((version.blob, version.size), (a_file().blob, a_file().size));
        Ok(())
    });
    unit.versions.expect_all().returning(|_| Ok(Vec::new()));
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        // Seven bytes were charged on entry, for a file more.
        assert_eq!(*delta, Delta { versions: 5, files: -1, nodes: -1, ..Delta::default() });
        Ok(())
    });
    let placed = place(&mut unit, &replace()).await.unwrap();
    assert!(placed.replaced);
    assert_eq!(effects.seen(), ["update", "version", "charge"]);
}

#[tokio::test]
async fn the_same_bytes_again_change_nothing_but_the_time() {
    let effects = Effects::default();
    let before = File { sha256: new_file().sha256, ..a_file() };
    let mut unit = replacing(&effects, before.clone());
    once!(effects, unit.files.expect_update(), "update", |file, _| {
        assert_eq!((file.blob, file.revision), (a_file().blob, Revision::FIRST));
        Ok(())
    });
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, Delta::new_file(ByteSize::new(7)).reversed());
        Ok(())
    });
    once!(effects, unit.blobs.expect_drop_references(), "drop", |blobs, _| {
        assert_eq!(blobs, [new_file().blob]);
        Ok(Vec::new())
    });
    let placed = place(&mut unit, &replace()).await.unwrap();
    assert_eq!(placed.file, before);
    assert_eq!(effects.seen(), ["update", "charge", "drop"]);
}

#[tokio::test]
async fn another_time_of_the_same_bytes_is_another_revision() {
    let effects = Effects::default();
    let before = File { sha256: new_file().sha256, ..a_file() };
    let mut unit = replacing(&effects, before.clone());
    unit.files.expect_update().times(1).return_once(|_, seen| {
        assert_eq!(seen, Revision::FIRST);
        Ok(())
    });
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    unit.blobs.expect_drop_references().returning(|_, _| Ok(Vec::new()));
    let modified_at = Timestamp::from_unix_seconds(7);
    let placing = Placing { modified_at: Some(modified_at), ..replace() };
    let placed = place(&mut unit, &placing).await.unwrap();
    assert_eq!(placed.file, File { modified_at, revision: Revision::new(2), ..before });
}

/// It replaces a file in these revisions alone.
fn replace_if(revisions: IfMatch) -> Placing {
    Placing { precondition: Some(Precondition::Matches(revisions)), ..replace() }
}

#[tokio::test]
async fn a_name_that_has_to_be_free_and_is_taken_fails_the_precondition() {
    for kind in [ItemKind::File, ItemKind::Folder] {
        let mut unit = FakeUnitOfWork::default();
        unit.nodes.expect_insert().return_once(move |_| Err(taken(kind)));
        let precondition = Some(Precondition::Free);
        let placing = Placing { on_conflict: OnConflict::Fail, precondition, ..Placing::default() };
        let refused = place(&mut unit, &placing).await;
        assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
    }
}

#[tokio::test]
async fn another_revision_is_not_replaced() {
    let effects = Effects::default();
    let other = replace_if(IfMatch::Revisions(vec![Revision::new(9)]));
    let refused = place(&mut replacing(&effects, a_file()), &other).await;
    assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
}

#[tokio::test]
async fn what_may_only_replace_is_refused_where_no_file_is_there_any_more() {
    let effects = Effects::default();
    for if_match in [IfMatch::Any, IfMatch::Revisions(vec![Revision::FIRST])] {
        let mut unit = inside(&effects, &[]);
        unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
        let placing = replace_if(if_match);
        let refused = place(&mut unit, &placing).await;
        assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
        let elsewhere = Placing { parent: Some(node(40)), ..placing };
        let refused = place(&mut inside(&effects, &[]), &elsewhere).await;
        assert!(matches!(refused, Err(TreeError::PreconditionFailed)), "{refused:?}");
    }
    let mut unit = inside(&effects, &[]);
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    let renamed = Placing { on_conflict: OnConflict::Rename, ..replace_if(IfMatch::Any) };
    let placed = place(&mut unit, &renamed).await;
    assert!(placed.is_ok(), "it is of replacements alone: {placed:?}");
}

#[tokio::test]
async fn a_full_folder_takes_nothing_but_what_replaces_a_file() {
    let effects = Effects::default();
    let context = TreeContext::new(&TestPorts::default().ports(), &settings());
    let full = Entered { nodes: MAX_FOLDER_ENTRIES + 1, ..entered() };
    let mut unit = replacing(&effects, File { sha256: new_file().sha256, ..a_file() });
    unit.nodes.expect_count_entries().returning(|_, _| Ok(MAX_FOLDER_ENTRIES));
    unit.nodes.expect_entry().times(1).returning(|_, key| {
        assert_eq!(key, "hello.txt");
        Ok(Some(a_file().into()))
    });
    unit.files.expect_update().returning(|_, _| Ok(()));
    unit.drives.expect_charge().returning(|_, _, _| Ok(()));
    unit.blobs.expect_drop_references().returning(|_, _| Ok(Vec::new()));
    let placed = place_upload(&context, &mut unit, full, &new_file(), &replace()).await;
    assert!(placed.is_ok_and(|placed| placed.replaced), "it is no entry more");
    for (placing, there) in [(replace(), None), (Placing::default(), Some(Item::from(a_file())))] {
        let mut unit = inside(&effects, &[]);
        unit.nodes.expect_count_entries().returning(|_, _| Ok(MAX_FOLDER_ENTRIES));
        unit.nodes.expect_entry().returning(move |_, _| Ok(there.clone()));
        let refused = place_upload(&context, &mut unit, full, &new_file(), &placing).await;
        assert!(matches!(refused, Err(TreeError::FolderFull)), "{refused:?}");
    }
}
