#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{ListTrash, ListTrashCommand, ListTrashedChildren, ShowTrashed, TrashList};
use crate::fixture::actor;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use crate::tree::fixture::{a_folder, a_trashed_file, before, drive, node};
use fm_domain::files::SortOrder;
use fm_domain::testing::FakeReads;
use fm_domain::tree::{TrashFilter, TrashKey, TrashSort, TrashedItem};

fn command(cursor: Option<String>) -> ListTrashCommand {
    ListTrashCommand {
        filter: TrashFilter::default(),
        sort: TrashSort::TrashedAt,
        order: SortOrder::Descending,
        limit: 2,
        cursor,
    }
}

fn trashed(count: u64) -> Vec<TrashedItem> {
    let one = |n| TrashedItem {
        item: a_folder(n, &format!("folder {n}")).into(),
        top: node(n),
        ..a_trashed_file()
    };
    (1..=count).map(one).collect()
}

async fn list(
    command: ListTrashCommand,
    found: Vec<TrashedItem>,
    after: Option<TrashKey>,
) -> Result<TrashList, TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_trash().times(1).return_once(move |_, of, _, page| {
        assert_eq!((of, page.limit, &page.after), (drive(), 3, &after));
        Ok(found)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ListTrash::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn the_one_item_too_many_tells_that_there_is_a_next_page() {
    let page = list(command(None), trashed(3), None).await.unwrap();
    assert_eq!(page.items.len(), 2);
    assert_eq!(page.items[0].purge_at, before().plus(Duration::from_hours(30 * 24)));
    let after = TrashKey::of(&trashed(2)[1], TrashSort::TrashedAt);
    let next = list(command(page.next_cursor), trashed(1), Some(after)).await.unwrap();
    assert_eq!((next.items.len(), next.next_cursor), (1, None));
}

#[tokio::test(start_paused = true)]
async fn of_one_user_two_lists_of_the_trash_are_made_at_a_time() {
    let trash = ListTrash::new(&TestPorts::default().ports(), &settings());
    let user = actor().user();
    let _held = [trash.lists.enter(user).await.unwrap(), trash.lists.enter(user).await.unwrap()];
    let refused = trash.run(&actor(), command(None)).await;
    assert!(matches!(refused, Err(TreeError::TooManyLists { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let cursor = list(command(None), trashed(3), None).await.unwrap().next_cursor;
    let doubles = TestPorts::default();
    let other = ListTrashCommand { order: SortOrder::Ascending, ..command(cursor) };
    let refused = ListTrash::new(&doubles.ports(), &settings()).run(&actor(), other).await;
    assert!(matches!(refused, Err(TreeError::InvalidCursor(_))), "{refused:?}");
}

#[tokio::test]
async fn an_item_of_the_trash_is_shown_and_one_that_is_not_there_is_not() {
    for found in [Some(a_trashed_file()), None] {
        let mut reads = FakeReads::default();
        let is_there = found.is_some();
        reads.tree.expect_trashed().return_once(move |_, _| Ok(found));
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads);
        let shown = ShowTrashed::new(&doubles.ports(), &settings()).run(&actor(), node(1)).await;
        assert_eq!(shown.is_ok(), is_there);
    }
}

#[tokio::test]
async fn a_folder_of_the_trash_shows_what_is_in_it() {
    for found in [Some(trashed(3)), None] {
        let mut reads = FakeReads::default();
        let is_there = found.is_some();
        reads.tree.expect_trashed_children().return_once(move |_, folder, page| {
            assert_eq!((folder, page.limit), (node(9), 3));
            Ok(found)
        });
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.reads(reads);
        let list = ListTrashedChildren::new(&doubles.ports(), &settings());
        match list.run(&actor(), node(9), 2, None).await {
            Ok(page) => assert!(is_there && page.items.len() == 2 && page.next_cursor.is_some()),
            Err(refusal) => assert!(!is_there && matches!(refusal, TreeError::NotFound), "{refusal:?}"),
        }
    }
}
