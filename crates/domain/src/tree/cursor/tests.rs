#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    decode_child_cursor, decode_trash_cursor, decode_version_cursor, encode_child_cursor,
    encode_trash_cursor, encode_version_cursor,
};
use crate::body::ByteSize;
use crate::clock::Clock as _;
use crate::files::{InvalidCursor, SortOrder, VersionNumber};
use crate::ids::{DriveId, FileId, NodeId, UserId};
use crate::testing::{CountingIds, FixedClock, PlainMacs, a_file, a_user};
use crate::tree::{
    ChildFilter, ChildKey, ChildPage, ChildSort, Folder, Item, ItemKind, TrashFilter, TrashKey, TrashPage,
    TrashSort, TrashedItem,
};

fn items() -> [Item; 2] {
    let drive = DriveId::of_user(a_user().id);
    let now = FixedClock::NEW_YEAR.now();
    let id = NodeId::new(CountingIds::nth(3));
    let folder = Folder::new(id, drive, NodeId::root(drive), "Work".parse().unwrap(), now);
    [Item::Folder(folder), Item::File(a_file())]
}

fn children(sort: ChildSort) -> ChildPage {
    ChildPage { sort, order: SortOrder::Ascending, mixed: false, after: None, limit: 10 }
}

fn trash(sort: TrashSort) -> TrashPage {
    TrashPage { sort, order: SortOrder::Descending, after: None, limit: 10 }
}

const SORTS: [ChildSort; 5] =
    [ChildSort::Name, ChildSort::ModifiedAt, ChildSort::CreatedAt, ChildSort::Size, ChildSort::Type];

#[test]
fn a_place_among_children_is_read_back() {
    let reader = a_user().id;
    let folder = NodeId::root(DriveId::of_user(reader));
    let filter = ChildFilter::default();
    for (item, sort) in items().iter().flat_map(|item| SORTS.map(|sort| (item, sort))) {
        let key = ChildKey::of(item, sort);
        let page = children(sort);
        let text = encode_child_cursor(&key, reader, folder, &filter, &page, &PlainMacs).unwrap();
        let read = decode_child_cursor(&text, reader, folder, &filter, &page, &PlainMacs);
        assert_eq!(read, Ok(key), "{sort:?}");
    }
}

#[test]
fn a_cursor_belongs_to_one_list_of_children() {
    let reader = a_user().id;
    let folder = NodeId::root(DriveId::of_user(reader));
    let (filter, page) = (ChildFilter::default(), children(ChildSort::Name));
    let [item, _] = items();
    let key = ChildKey::of(&item, ChildSort::Name);
    let text = encode_child_cursor(&key, reader, folder, &filter, &page, &PlainMacs).unwrap();
    let other = CountingIds::nth(77);
    let elsewhere = [
        (UserId::new(other), folder, filter, page.clone()),
        (reader, NodeId::new(other), filter, page.clone()),
        (reader, folder, ChildFilter { kind: Some(ItemKind::File) }, page.clone()),
        (reader, folder, filter, ChildPage { order: SortOrder::Descending, ..page.clone() }),
        (reader, folder, filter, ChildPage { mixed: true, ..page.clone() }),
        (reader, folder, filter, children(ChildSort::Size)),
    ];
    for (number, (reader, folder, filter, page)) in elsewhere.iter().enumerate() {
        let read = decode_child_cursor(&text, *reader, *folder, filter, page, &PlainMacs);
        assert_eq!(read, Err(InvalidCursor), "list {number}");
    }
    let next = ChildPage { limit: 3, after: Some(key.clone()), ..page };
    assert_eq!(decode_child_cursor(&text, reader, folder, &filter, &next, &PlainMacs), Ok(key));
}

#[test]
fn a_place_in_the_trash_is_read_back_and_belongs_to_one_list() {
    let reader = a_user().id;
    let drive = DriveId::of_user(reader);
    let [folder, _] = items();
    let trashed = TrashedItem {
        top: folder.id(),
        item: folder,
        trashed_at: FixedClock::NEW_YEAR.now(),
        has_parent: true,
        original_path: "/Work".to_owned(),
        size: ByteSize::new(7),
    };
    let filter = TrashFilter::default();
    for sort in [TrashSort::TrashedAt, TrashSort::Name, TrashSort::Size] {
        let (key, page) = (TrashKey::of(&trashed, sort), trash(sort));
        let text = encode_trash_cursor(&key, reader, drive, &filter, &page, &PlainMacs).unwrap();
        let read = |filter: &TrashFilter, page: &TrashPage| {
            decode_trash_cursor(&text, reader, drive, filter, page, &PlainMacs)
        };
        assert_eq!(read(&filter, &page), Ok(key));
        let from = TrashFilter { from: Some(NodeId::root(drive)), ..filter.clone() };
        let before = TrashFilter { before: Some(trashed.trashed_at), ..filter.clone() };
        let named = TrashFilter { name_contains: Some("work".to_owned()), ..filter.clone() };
        for other in [from, before, named] {
            assert_eq!(read(&other, &page), Err(InvalidCursor), "{other:?}");
        }
        let upwards = TrashPage { order: SortOrder::Ascending, ..page.clone() };
        assert_eq!(read(&filter, &upwards), Err(InvalidCursor));
        let children = ChildPage { order: SortOrder::Descending, ..children(ChildSort::Name) };
        let root = NodeId::root(drive);
        let read = decode_child_cursor(&text, reader, root, &ChildFilter::default(), &children, &PlainMacs);
        assert_eq!(read, Err(InvalidCursor), "of another kind of list");
    }
}

#[test]
fn a_place_among_versions_is_read_back_and_belongs_to_one_file() {
    let (reader, file) = (a_user().id, a_file().id);
    let last = VersionNumber::new(7);
    let text = encode_version_cursor(last, reader, file, &PlainMacs).unwrap();
    assert_eq!(decode_version_cursor(&text, reader, file, &PlainMacs), Ok(last));
    let other = CountingIds::nth(77);
    for (reader, file) in [(UserId::new(other), file), (reader, FileId::new(other))] {
        assert_eq!(decode_version_cursor(&text, reader, file, &PlainMacs), Err(InvalidCursor));
    }
    for text in ["7", "", "."] {
        assert_eq!(decode_version_cursor(text, reader, file, &PlainMacs), Err(InvalidCursor), "{text:?}");
    }
}
