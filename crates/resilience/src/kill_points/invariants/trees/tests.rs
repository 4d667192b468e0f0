//! Trees that are broken.

use uuid::Uuid;

use super::*;

const SEQ: Seq = Seq::new(5);

fn drive() -> DriveId {
    DriveId::of_user(UserId::new(Uuid::from_u128(1)))
}

fn id(number: u128) -> NodeId {
    NodeId::new(Uuid::from_u128(number))
}

fn root() -> NodeRecord {
    let (drive, key) = (drive(), String::new());
    let id = NodeId::root(drive);
    NodeRecord { id, drive, parent: None, kind: ItemKind::Folder, key, trash: None, changed: Seq::new(1) }
}

/// A folder of this name in the root.
fn folder(number: u128, key: &str) -> NodeRecord {
    let parent = Some(root().id);
    NodeRecord { id: id(number), parent, key: key.to_owned(), changed: SEQ, ..root() }
}

/// An item of this name in this folder.
fn item(number: u128, key: &str, parent: u128) -> NodeRecord {
    NodeRecord { parent: Some(id(parent)), kind: ItemKind::File, ..folder(number, key) }
}

/// A top of the trash.
fn top(number: u128, key: &str) -> NodeRecord {
    NodeRecord { parent: None, trash: Some(id(number)), ..folder(number, key) }
}

/// What is wrong with these items beside the root.
#[track_caller]
fn wrong(items: &[NodeRecord]) -> String {
    let mut nodes = items.to_vec();
    nodes.push(root());
    are_reached(&nodes, drive(), SEQ).unwrap_err()
}

#[test]
fn a_sound_tree_is_sound() {
    // A name in the trash is free.
    let nodes =
        [root(), folder(2, "work"), item(3, "a", 2), item(4, "b", 2), top(5, "work"), item(6, "a", 5)];
    assert_eq!(are_reached(&nodes, drive(), SEQ), Ok(()));
    assert_eq!(are_reached(&[root()], drive(), SEQ), Ok(()));
}

#[test]
fn an_item_that_no_folder_leads_to_is_caught() {
    assert!(wrong(&[item(3, "a", 2)]).contains("is gone"));
    let loose = NodeRecord { parent: None, ..folder(2, "work") };
    assert!(wrong(&[loose]).contains("hangs in no folder"));
    let below = NodeRecord { parent: None, trash: Some(id(9)), ..folder(2, "work") };
    assert!(wrong(&[below]).contains("hangs in no folder"));
}

#[test]
fn folders_in_a_cycle_are_caught() {
    let first = NodeRecord { parent: Some(id(3)), ..folder(2, "first") };
    let second = NodeRecord { parent: Some(id(2)), ..folder(3, "second") };
    assert!(wrong(&[first, second]).contains("no root is above"));
}

#[test]
fn what_lies_in_a_file_is_caught() {
    let file = NodeRecord { kind: ItemKind::File, ..folder(2, "a.txt") };
    assert!(wrong(&[file, item(3, "b.txt", 2)]).contains("lies in a file"));
}

#[test]
fn two_entries_of_one_name_are_caught() {
    assert!(wrong(&[folder(2, "work"), item(3, "a", 2), item(4, "a", 2)]).contains("two entries"));
}

#[test]
fn an_item_that_is_there_twice_is_caught() {
    assert!(wrong(&[folder(2, "work"), folder(2, "other")]).contains("there twice"));
}

#[test]
fn a_change_that_the_drive_has_not_counted_is_caught() {
    let late = NodeRecord { changed: SEQ.next(), ..folder(2, "work") };
    assert!(wrong(&[late]).contains("after the last change of the drive"));
}

#[test]
fn a_drive_without_a_root_is_caught() {
    assert!(are_reached(&[], drive(), SEQ).unwrap_err().contains("no root"));
}

#[test]
fn an_item_that_is_half_in_the_trash_is_caught() {
    let trashed = NodeRecord { trash: Some(id(2)), ..item(3, "a", 2) };
    assert_eq!(stand_as_their_folders(&[top(2, "work"), trashed.clone()]), Ok(()));
    let living = NodeRecord { trash: None, ..trashed.clone() };
    assert!(stand_as_their_folders(&[top(2, "work"), living]).unwrap_err().contains("stands otherwise"));
    assert!(stand_as_their_folders(&[folder(2, "work"), trashed]).unwrap_err().contains("stands otherwise"));
}
