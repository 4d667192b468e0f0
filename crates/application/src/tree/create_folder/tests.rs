#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{CreateFolder, CreateFolderCommand, CreatedFolder};
use crate::fixture::{actor, by_ada, entered, lost_race, noted, once, unavailable};
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{a_folder, drive, entering, finding, name};
use fm_domain::audit::AuditAction;
use fm_domain::ids::NodeId;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_file};
use fm_domain::tree::{
    Delta, EnterDrive, Entered, Item, ItemKind, MAX_FOLDER_ENTRIES, OnFolderConflict, PlaceItem, TreePath,
};

fn command(on_conflict: OnFolderConflict) -> CreateFolderCommand {
    let directory = TreePath::default();
    CreateFolderCommand { name: name("Invoices"), parent: None, directory, on_conflict }
}

fn making(effects: &Effects) -> FakeUnitOfWork {
    finding(entering(effects, Delta::new_folders(1)), &[Item::File(a_file())])
}

fn taken(kind: ItemKind) -> PlaceItem {
    PlaceItem::NameTaken { existing: a_folder(5, "invoices").id, kind }
}

async fn create(
    units: impl IntoIterator<Item = FakeUnitOfWork>,
    reads: Option<FakeReads>,
    command: CreateFolderCommand,
) -> Result<CreatedFolder, TreeError> {
    let mut doubles = TestPorts::default();
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    if let Some(reads) = reads {
        doubles.db = doubles.db.reads(reads);
    }
    CreateFolder::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn a_folder_is_made_in_the_root_in_one_unit() {
    let effects = Effects::default();
    let mut unit = making(&effects);
    once!(effects, unit.nodes.expect_insert(), "insert", |item| {
        assert_eq!((item.parent(), item.name()), (Some(NodeId::root(drive())), Some(&name("Invoices"))));
        Ok(())
    });
    let trail = unit.audit.clone();
    let made = create([unit], None, command(OnFolderConflict::Fail)).await.unwrap();
    assert_eq!((made.fresh, &made.requested_name), (true, &None));
    assert_eq!(effects.seen(), ["enter", "insert", "commit"]);
    let target = Some(made.view.folder.id.uuid());
    assert_eq!(noted(&trail), [by_ada(AuditAction::FOLDER_CREATED, target)]);
}

#[tokio::test]
async fn a_taken_name_is_refused_numbered_or_answered_with_the_folder_that_has_it() {
    let effects = Effects::default();
    let mut unit = making(&effects);
    unit.nodes.expect_insert().return_once(|_| Err(taken(ItemKind::Folder)));
    let refused = create([unit], None, command(OnFolderConflict::Fail)).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { kind: ItemKind::Folder, .. })), "{refused:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"]);

    let mut unit = making(&effects);
    unit.nodes.expect_insert().times(1).return_once(|_| Err(taken(ItemKind::Folder)));
    unit.nodes.expect_taken().returning(|_, keys| Ok(keys[..1].to_vec()));
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    let numbered = create([unit], None, command(OnFolderConflict::Rename)).await.unwrap();
    assert_eq!(numbered.view.folder.name, Some(name("Invoices (3)")));
    assert_eq!(numbered.requested_name, Some(name("Invoices")));

    for (found, fresh) in [(Item::Folder(a_folder(5, "invoices")), Some(false)), (Item::File(a_file()), None)]
    {
        let mut unit = making(&effects);
        unit.nodes.expect_insert().return_once(|_| Err(taken(ItemKind::Folder)));
        let mut reads = FakeReads::default();
        reads.tree.expect_item().return_once(move |_, id| {
            assert_eq!(id, a_folder(5, "invoices").id);
            Ok(Some(found))
        });
        let made = create([unit], Some(reads), command(OnFolderConflict::Reuse)).await;
        assert_eq!(made.ok().map(|made| made.fresh), fresh);
    }
}

/// A unit in a drive so large that a folder may be full, and the root is; nothing is inserted.
fn full(effects: &Effects, found: Option<Item>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| {
        Ok(Entered { nodes: 2 * MAX_FOLDER_ENTRIES, ..entered() })
    });
    unit.nodes.expect_count_entries().returning(|_, limit| Ok(limit));
    unit.nodes.expect_entry().returning(move |folder, key| {
        assert_eq!((folder, key), (NodeId::root(drive()), "invoices"));
        Ok(found.clone())
    });
    finding(unit, &[])
}

#[tokio::test]
async fn a_folder_that_is_there_is_reused_in_one_that_is_full() {
    let (effects, there) = (Effects::default(), Item::Folder(a_folder(5, "invoices")));
    let mut reads = FakeReads::default();
    let found = there.clone();
    reads.tree.expect_item().return_once(move |_, _| Ok(Some(found)));
    let unit = full(&effects, Some(there.clone()));
    let found_again = create([unit], Some(reads), command(OnFolderConflict::Reuse)).await.unwrap();
    assert_eq!((found_again.fresh, found_again.view.folder.id), (false, there.id()));
    for (on_conflict, found) in [
        (OnFolderConflict::Reuse, None),
        (OnFolderConflict::Rename, Some(there.clone())),
        (OnFolderConflict::Fail, Some(there)),
    ] {
        let refused = create([full(&effects, found)], None, command(on_conflict)).await;
        assert!(matches!(refused, Err(TreeError::FolderFull)), "{refused:?}");
    }
}

#[tokio::test]
async fn folders_on_the_way_are_made_with_it_or_not_at_all() {
    for is_taken in [false, true] {
        let effects = Effects::default();
        let mut unit = making(&effects);
        unit.nodes
            .expect_entry()
            .returning(|_, key| Ok((key == "work").then(|| Item::Folder(a_folder(3, "Work")))));
        once!(effects, unit.nodes.expect_insert(), "on the way", |item| {
            assert_eq!((item.parent(), item.name()), (Some(a_folder(3, "Work").id), Some(&name("2026"))));
            Ok(())
        });
        once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
            assert_eq!(*delta, Delta::new_folders(1));
            Ok(())
        });
        once!(effects, unit.nodes.expect_insert(), "insert", |item| {
            assert_eq!(item.name(), Some(&name("Invoices")));
            if is_taken { Err(taken(ItemKind::Folder)) } else { Ok(()) }
        });
        let directory = TreePath::parse("Work/2026").unwrap();
        let command = CreateFolderCommand { directory, ..command(OnFolderConflict::Fail) };
        let made = create([unit], None, command).await;
        assert_eq!(matches!(made, Err(TreeError::NameTaken { .. })), is_taken, "{made:?}");
        let end = if is_taken { "rollback" } else { "commit" };
        assert_eq!(effects.seen(), ["enter", "on the way", "charge", "insert", end]);
    }
}

#[tokio::test]
async fn nothing_is_made_in_a_file_or_in_what_is_not_there() {
    let effects = Effects::default();
    for (parent, is_file) in [(a_file().id.into(), true), (a_folder(9, "gone").id, false)] {
        let command = CreateFolderCommand { parent: Some(parent), ..command(OnFolderConflict::Fail) };
        match create([making(&effects)], None, command).await {
            Err(TreeError::NotAFolder) => assert!(is_file),
            Err(TreeError::NoParent) => assert!(!is_file),
            other => unreachable!("{other:?}"),
        }
    }
    assert_eq!(effects.seen(), ["enter", "rollback", "enter", "rollback"]);
}

#[tokio::test]
async fn a_user_who_is_gone_has_no_drive() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Err(EnterDrive::NoDrive));
    let outcome = create([unit], None, command(OnFolderConflict::Fail)).await;
    assert!(matches!(outcome, Err(TreeError::NotFound)), "{outcome:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again() {
    let effects = Effects::default();
    let mut lost = making(&effects);
    once!(effects, lost.nodes.expect_insert(), "insert", |_| Err(PlaceItem::Store(lost_race())));
    let mut unit = making(&effects);
    once!(effects, unit.nodes.expect_insert(), "insert", |_| Ok(()));
    assert!(create([lost, unit], None, command(OnFolderConflict::Fail)).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "insert", "drop", "enter", "insert", "commit"]);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_read_back() {
    for is_there in [true, false] {
        let effects = Effects::default();
        let mut unit = making(&effects).committing_with(unavailable());
        let (sent, made) = std::sync::mpsc::channel();
        unit.nodes.expect_insert().return_once(move |item| {
            sent.send(item.clone()).unwrap();
            Ok(())
        });
        let mut reads = FakeReads::default();
        reads.tree.expect_item().return_once(move |_, _| Ok(made.recv().ok().filter(|_| is_there)));
        let outcome = create([unit], Some(reads), command(OnFolderConflict::Fail)).await;
        assert_eq!(outcome.is_ok(), is_there, "{outcome:?}");
    }
}
