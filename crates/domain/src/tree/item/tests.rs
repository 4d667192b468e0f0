#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Folder, Item, ItemKind};
use crate::clock::Clock as _;
use crate::files::FileName;
use crate::ids::NodeId;
use crate::testing::{CountingIds, FixedClock, a_file};

fn name(text: &str) -> FileName {
    text.parse().unwrap()
}

#[test]
fn the_root_of_a_drive_has_its_id_and_stays_where_it_is() {
    let drive = a_file().drive();
    let root = Folder::root(drive, FixedClock::NEW_YEAR.now());
    assert_eq!((root.id, root.parent, root.is_root()), (NodeId::root(drive), None, true));
    assert_eq!(root.id.uuid(), drive.uuid());
    let elsewhere = Item::Folder(root.clone()).placed(NodeId::new(CountingIds::nth(1)), name("other"));
    assert_eq!(elsewhere, Item::Folder(root));
}

#[test]
fn a_file_is_an_item_under_its_own_id() {
    let file = a_file();
    let item = Item::from(file.clone());
    assert_eq!(item.id().as_file(), file.id);
    assert_eq!((item.kind(), item.parent()), (ItemKind::File, Some(NodeId::root(file.drive()))));
    assert_eq!(item.name().map(FileName::as_str), Some("hello.txt"));
}

#[test]
fn an_edit_raises_the_revision_and_a_place_keeps_everything_else() {
    let file = a_file();
    let folder = NodeId::new(CountingIds::nth(7));
    let now = file.updated_at.plus(std::time::Duration::from_secs(1));
    let Item::File(moved) = Item::from(file.clone()).placed(folder, name("b.txt")).edited(now) else {
        unreachable!("a file stays one")
    };
    assert_eq!((moved.parent, moved.name.as_str()), (folder, "b.txt"));
    assert_eq!((moved.revision, moved.updated_at), (file.revision.next(), now));
    assert_eq!((moved.modified_at, moved.blob), (file.modified_at, file.blob));
}

#[test]
fn kinds_are_read_by_their_names() {
    for kind in [ItemKind::Folder, ItemKind::File] {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!("link".parse::<ItemKind>().is_err());
    assert!(ItemKind::Folder < ItemKind::File, "folders come first");
}
