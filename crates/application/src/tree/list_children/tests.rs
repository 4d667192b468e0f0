#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ItemList, ListChildren, ListChildrenCommand};
use crate::fixture::actor;
use crate::testing::{TestPorts, settings};
use crate::tree::fixture::a_folder;
use crate::tree::{ItemView, TreeError};
use fm_domain::accounts::StorageUse;
use fm_domain::files::SortOrder;
use fm_domain::testing::{FakeReads, a_file, a_user};
use fm_domain::tree::{ChildFilter, ChildKey, ChildSort, Drive, Item, Seq};

fn command(cursor: Option<String>) -> ListChildrenCommand {
    ListChildrenCommand {
        folder: a_folder(3, "Work").id,
        filter: ChildFilter::default(),
        sort: ChildSort::Name,
        order: SortOrder::Ascending,
        mixed: false,
        limit: 2,
        cursor,
    }
}

/// Lists a folder that is `found`, whose database has `entries` after `after`.
async fn list(
    command: ListChildrenCommand,
    found: Item,
    entries: Vec<Item>,
    after: Option<ChildKey>,
) -> Result<ItemList, TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_drive().returning(|_, id| {
        let (owner, storage) = (a_user().id, StorageUse::default());
        Ok(Some(Drive { id, owner, nodes: 10, storage, seq: Seq::new(4) }))
    });
    reads.tree.expect_item().return_once(move |_, _| Ok(Some(found)));
    reads.tree.expect_children().returning(move |_, _, _, page| {
        assert_eq!((page.limit, &page.after), (3, &after));
        Ok(entries.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ListChildren::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

fn entries(count: u64) -> Vec<Item> {
    (1..=count).map(|n| Item::Folder(a_folder(n, &format!("entry {n}")))).collect()
}

#[tokio::test]
async fn the_one_entry_too_many_tells_that_there_is_a_next_page() {
    let folder = || Item::Folder(a_folder(3, "Work"));
    let page = list(command(None), folder(), entries(3), None).await.unwrap();
    assert_eq!((page.items.len(), page.seq), (2, Seq::new(4)));
    let after = ChildKey::of(&entries(2)[1], ChildSort::Name);
    let next = list(command(page.next_cursor.clone()), folder(), entries(1), Some(after)).await.unwrap();
    assert_eq!((next.items.len(), next.next_cursor), (1, None));
    let elsewhere = ListChildrenCommand { mixed: true, ..command(page.next_cursor) };
    let refused = list(elsewhere, folder(), entries(1), None).await;
    assert!(matches!(refused, Err(TreeError::InvalidCursor(_))), "{refused:?}");
}

#[tokio::test]
async fn files_come_with_their_urls() {
    let folder = Item::Folder(a_folder(3, "Work"));
    let page = list(command(None), folder, vec![Item::File(a_file())], None).await.unwrap();
    assert!(matches!(&page.items[..], [ItemView::File(file)] if file.file == a_file()));
}

#[tokio::test]
async fn a_file_has_no_entries() {
    let refused = list(command(None), Item::File(a_file()), vec![], None).await;
    assert!(matches!(refused, Err(TreeError::NotFound)), "{refused:?}");
}
