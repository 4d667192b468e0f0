#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{RestoreCommand, RestoreItem};
use crate::fixture::{actor, by_ada, noted, once};
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::{
    a_folder, a_trashed_file, accepted, accepting, done, drive, entering, finding, inside, name, node,
};
use crate::tree::work::{Back, Work};
use crate::tree::{ItemView, Outcome, PlacedView, TreeError};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::files::File;
use fm_domain::ids::NodeId;
use fm_domain::testing::{Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::{
    Delta, Item, ItemKind, MAX_DEPTH, MAX_PATH_BYTES, Marked, Measure, OnConflict, OperationKind, PlaceItem,
    TrashedItem, UNIT_ENTRIES,
};

const FILE: Measure = Measure { nodes: 1, files: 1, bytes: ByteSize::new(5), version_bytes: ByteSize::ZERO };

fn command() -> RestoreCommand {
    RestoreCommand {
        item: a_file().id.into(),
        parent: None,
        recreate_parents: false,
        on_conflict: OnConflict::Rename,
    }
}

async fn restore(unit: FakeUnitOfWork, command: RestoreCommand) -> Result<Outcome<PlacedView>, TreeError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    RestoreItem::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

fn finding_trashed(effects: &Effects, living: &[Item], trashed: TrashedItem) -> FakeUnitOfWork {
    let mut unit = inside(effects, living);
    unit.nodes.expect_find_trashed().return_once(|_, _| Ok(Some(trashed)));
    unit
}

fn bringing_back(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.nodes.expect_unmark_below(), "unmark", |_, _| Ok(Marked::default()));
    once!(effects, unit.drives.expect_charge(), "charge", |_, delta, _| {
        assert_eq!(*delta, FILE.into_trash().reversed());
        Ok(())
    });
    unit
}

#[tokio::test]
async fn an_item_comes_back_to_its_folder() {
    let effects = Effects::default();
    let mut unit = bringing_back(&effects, finding_trashed(&effects, &[], a_trashed_file()));
    once!(effects, unit.nodes.expect_restore(), "restore", |item| {
        assert_eq!((item.parent(), item.name()), (Some(NodeId::root(drive())), Some(&name("hello.txt"))));
        assert_eq!(item.revision(), a_file().revision.next());
        Ok(FILE)
    });
    let trail = unit.audit.clone();
    assert!(restore(unit, command()).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "restore", "unmark", "charge", "commit"]);
    assert_eq!(noted(&trail), [by_ada(AuditAction::ITEM_RESTORED, Some(a_file().id.uuid()))]);
}

#[tokio::test]
async fn a_taken_name_is_numbered_or_refused() {
    let effects = Effects::default();
    let taken = || PlaceItem::NameTaken { existing: node(8), kind: ItemKind::File };
    let mut unit = bringing_back(&effects, finding_trashed(&effects, &[], a_trashed_file()));
    unit.nodes.expect_restore().times(1).return_once(move |_| Err(taken()));
    unit.nodes.expect_taken().returning(|_, _| Ok(Vec::new()));
    unit.nodes.expect_restore().times(1).return_once(|_| Ok(FILE));
    let restored = done(restore(unit, command()).await.unwrap());
    assert_eq!(restored.requested_name, Some(name("hello.txt")));
    let ItemView::File(view) = restored.view else { unreachable!("a file") };
    assert_eq!(view.file.name.as_str(), "hello (2).txt");
    let mut unit = finding_trashed(&effects, &[], a_trashed_file());
    unit.nodes.expect_restore().times(1).return_once(move |_| Err(taken()));
    let refused = restore(unit, RestoreCommand { on_conflict: OnConflict::Fail, ..command() }).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "{refused:?}");
}

#[tokio::test]
async fn where_its_folder_is_gone_another_is_named_or_it_is_made_again() {
    let effects = Effects::default();
    let gone = File { parent: node(40), ..a_file() };
    let trashed = move || TrashedItem {
        item: gone.clone().into(),
        original_path: "/Work/hello.txt".to_owned(),
        ..a_trashed_file()
    };
    let refused = restore(finding_trashed(&effects, &[], trashed()), command()).await;
    assert!(matches!(refused, Err(TreeError::ParentTrashed)), "{refused:?}");

    let target = a_folder(41, "Rescue");
    let mut unit = bringing_back(&effects, finding_trashed(&effects, &[target.clone().into()], trashed()));
    unit.nodes.expect_restore().return_once(|item| {
        assert_eq!(item.parent(), Some(node(41)));
        Ok(FILE)
    });
    assert!(restore(unit, RestoreCommand { parent: Some(target.id), ..command() }).await.is_ok());

    let mut unit = finding(entering(&effects, Delta::default()), &[]);
    unit.nodes.expect_find_trashed().return_once(move |_, _| Ok(Some(trashed())));
    unit.nodes.expect_entry().return_once(|_, key| {
        assert_eq!(key, "work");
        Ok(None)
    });
    unit.nodes.expect_insert().times(1).return_once(|_| Ok(()));
    unit.nodes.expect_restore().return_once(|_| Ok(FILE));
    unit.nodes.expect_unmark_below().return_once(|_, _| Ok(Marked::default()));
    unit.drives.expect_charge().times(2).returning(|_, _, _| Ok(()));
    assert!(restore(unit, RestoreCommand { recreate_parents: true, ..command() }).await.is_ok());
}

#[tokio::test]
async fn no_folders_are_made_by_a_path_that_is_too_long() {
    let effects = Effects::default();
    let original_path = format!("/{}/hello.txt", "a/".repeat(MAX_PATH_BYTES));
    let gone = File { parent: node(40), ..a_file() };
    let trashed = TrashedItem { item: gone.into(), original_path, ..a_trashed_file() };
    let unit = finding_trashed(&effects, &[], trashed);
    let refused = restore(unit, RestoreCommand { recreate_parents: true, ..command() }).await;
    assert!(matches!(refused, Err(TreeError::ParentTrashed)), "{refused:?}");
}

#[tokio::test]
async fn something_inside_a_trashed_folder_comes_back_alone_to_a_folder_that_is_named() {
    let effects = Effects::default();
    let inner = || TrashedItem { top: node(30), ..a_trashed_file() };
    let refused = restore(finding_trashed(&effects, &[], inner()), command()).await;
    assert!(matches!(refused, Err(TreeError::ParentTrashed)), "{refused:?}");
    let mut unit = bringing_back(&effects, finding_trashed(&effects, &[], inner()));
    once!(effects, unit.nodes.expect_trash(), "its own top", |_, _, _| Ok(Some(Measure::default())));
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    once!(effects, unit.nodes.expect_restore(), "restore", |_| Ok(FILE));
    let command = RestoreCommand { parent: Some(NodeId::root(drive())), ..command() };
    assert!(restore(unit, command).await.is_ok());
    assert_eq!(effects.seen()[2..], ["enter", "its own top", "restore", "unmark", "charge", "commit"]);
}

#[tokio::test]
async fn something_inside_a_trashed_folder_comes_back_alone_to_its_former_path() {
    let effects = Effects::default();
    let path = "/Work/2026/hello.txt".to_owned();
    let inner = TrashedItem { top: node(30), original_path: path.clone(), ..a_trashed_file() };
    let mut unit = finding_trashed(&effects, &[], inner);
    unit.nodes.expect_entry().times(1).returning(|_, _| Ok(None));
    unit.nodes.expect_insert().times(2).returning(|_| Ok(()));
    once!(effects, unit.nodes.expect_trash(), "its own top", |_, _, of| {
        assert_eq!(of, path);
        Ok(Some(Measure::default()))
    });
    unit.nodes.expect_mark_below().return_once(|_, _| Ok(Marked::default()));
    unit.nodes.expect_restore().return_once(|item| {
        assert!(item.parent().is_some_and(|parent| parent != NodeId::root(drive())));
        Ok(FILE)
    });
    unit.nodes.expect_unmark_below().return_once(|_, _| Ok(Marked::default()));
    unit.drives.expect_charge().times(2).returning(|_, _, _| Ok(()));
    assert!(restore(unit, RestoreCommand { recreate_parents: true, ..command() }).await.is_ok());
    assert_eq!(effects.seen(), ["enter", "its own top", "commit"]);
}

#[tokio::test]
async fn what_is_living_or_not_there_is_not_restored() {
    let effects = Effects::default();
    for (living, expected) in [(true, "the item is not in the trash"), (false, "there is no such item")] {
        let items: &[Item] = if living { &[Item::File(a_file())] } else { &[] };
        let mut unit = inside(&effects, items);
        unit.nodes.expect_find_trashed().return_once(|_, _| Ok(None));
        assert_eq!(restore(unit, command()).await.unwrap_err().to_string(), expected);
    }
}

/// A folder in the trash that was in the root, and the unit that finds it there.
fn finding_folder(effects: &Effects, height: u32) -> FakeUnitOfWork {
    let item = a_folder(50, "Work").into();
    let trashed = TrashedItem { item, top: node(50), ..a_trashed_file() };
    let mut unit = finding_trashed(effects, &[], trashed);
    unit.nodes.expect_height().returning(move |_| Ok(height));
    unit.nodes.expect_mark_below().returning(|_, _| Ok(Marked::default()));
    unit
}

#[tokio::test]
async fn what_is_below_a_large_folder_follows_by_an_operation() {
    let effects = Effects::default();
    let mut unit = finding_folder(&effects, 0);
    once!(effects, unit.nodes.expect_restore(), "restore", |_| Ok(FILE));
    once!(effects, unit.nodes.expect_unmark_below(), "unmark", |_, limit| {
        Ok(Marked { items: limit, measure: Measure::default() })
    });
    unit.drives.expect_charge().return_once(|_, _, _| Ok(()));
    let left = Work::Restore { top: node(50) };
    let unit = accepting(&effects, unit, OperationKind::Restore, left);
    let view = restore(unit, RestoreCommand { item: node(50), ..command() }).await.unwrap();
    assert_eq!(accepted(view).operation.done, u64::from(UNIT_ENTRIES) + 2);
    assert_eq!(effects.seen(), ["enter", "restore", "unmark", "accept", "commit"]);
}

#[tokio::test]
async fn a_folder_that_would_lie_too_deep_stays_in_the_trash() {
    let effects = Effects::default();
    let refused =
        restore(finding_folder(&effects, MAX_DEPTH), RestoreCommand { item: node(50), ..command() }).await;
    assert!(matches!(refused, Err(TreeError::TooDeep)), "{refused:?}");
    assert_eq!(effects.seen(), ["enter", "rollback"]);
}

#[tokio::test]
async fn something_large_inside_a_trashed_folder_is_set_apart_before_it_comes_back() {
    let effects = Effects::default();
    let large = || {
        let item = a_folder(50, "Work").into();
        let mut unit =
            finding_trashed(&effects, &[], TrashedItem { item, top: node(30), ..a_trashed_file() });
        unit.nodes.expect_height().returning(|_| Ok(0));
        unit.nodes.expect_trash().return_once(|_, _, _| Ok(Some(Measure::default())));
        unit.nodes
            .expect_mark_below()
            .return_once(|_, items| Ok(Marked { items, measure: Measure::default() }));
        unit
    };
    let folder = NodeId::root(drive());
    let command = RestoreCommand { item: node(50), parent: Some(folder), ..command() };
    let left = Work::SetApart { top: node(50), to: Some(Back::to(folder, OnConflict::Rename)) };
    let unit = accepting(&effects, large(), OperationKind::Restore, left);
    let view = accepted(restore(unit, command.clone()).await.unwrap());
    assert_eq!(view.operation.done, 0, "it is in the trash still");
    assert_eq!(effects.seen(), ["enter", "accept", "commit"]);
    let mut unit = large();
    unit.nodes.expect_entry().return_once(|_, _| Ok(Some(a_folder(51, "Work").into())));
    let refused = restore(unit, RestoreCommand { on_conflict: OnConflict::Fail, ..command }).await;
    assert!(matches!(refused, Err(TreeError::NameTaken { .. })), "before anything is set apart: {refused:?}");
}
