#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{FileList, ListCommand, ListError, ListFiles};
use crate::fixture::{access, actor};
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::files::{File, FileFilter, FileSort, PageKey, SortOrder};
use fm_domain::ids::FileId;
use fm_domain::testing::{CountingIds, FakeReads, a_file};

fn files(count: u64) -> Vec<File> {
    (1..=count).map(|n| File { id: FileId::new(CountingIds::nth(n)), ..a_file() }).collect()
}

fn command(cursor: Option<String>) -> ListCommand {
    ListCommand {
        filter: FileFilter::default(),
        sort: FileSort::Name,
        order: SortOrder::Ascending,
        limit: 2,
        cursor,
    }
}

/// A list whose database has `found` after `after`.
async fn list(command: ListCommand, found: Vec<File>, after: Option<PageKey>) -> Result<FileList, ListError> {
    let mut reads = FakeReads::default();
    reads.files.expect_list().times(1).returning(move |asked, _, page| {
        assert_eq!(*asked, access(Right::Read));
        assert_eq!((page.limit, &page.after), (3, &after));
        Ok(found.clone())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ListFiles::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn the_one_file_too_many_tells_that_there_is_a_next_page() {
    let page = list(command(None), files(3), None).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|item| item.file.id).collect();
    assert_eq!(ids, [1, 2].map(|n| FileId::new(CountingIds::nth(n))));
    let after = PageKey::of(&files(2)[1], FileSort::Name);
    let next = list(command(page.next_cursor), files(1), Some(after)).await.unwrap();
    assert_eq!((next.items.len(), next.next_cursor), (1, None));
}

#[tokio::test]
async fn a_full_last_page_has_no_next() {
    let page = list(command(None), files(2), None).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor), (2, None));
    let page = list(command(None), files(0), None).await.unwrap();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}

#[tokio::test]
async fn a_cursor_of_another_list_asks_the_database_nothing() {
    let cursor = list(command(None), files(3), None).await.unwrap().next_cursor;
    let use_case = ListFiles::new(&TestPorts::default().ports(), &settings());
    let other = ListCommand { order: SortOrder::Descending, ..command(cursor) };
    assert!(matches!(use_case.run(&actor(), other).await, Err(ListError::InvalidCursor(_))));
    let garbage = command(Some("garbage".to_owned()));
    assert!(matches!(use_case.run(&actor(), garbage).await, Err(ListError::InvalidCursor(_))));
}

/// A list that never ends takes the places of its user, and no other's.
#[tokio::test(start_paused = true)]
async fn only_searches_wait_for_those_of_their_user() {
    let mut doubles = TestPorts::default();
    for _ in 0..3 {
        let mut reads = FakeReads::default();
        reads.files.expect_list().times(1).returning(|_, _, _| Ok(Vec::new()));
        doubles.db = doubles.db.reads(reads);
    }
    let use_case = ListFiles::new(&doubles.ports(), &settings());
    let search = || {
        let filter = FileFilter { name_contains: Some("a".to_owned()), ..FileFilter::default() };
        ListCommand { filter, ..command(None) }
    };
    let first = use_case.searches.enter(actor().user()).await.unwrap();
    let second = use_case.searches.enter(actor().user()).await.unwrap();
    let refused = use_case.run(&actor(), search()).await;
    assert!(matches!(refused, Err(ListError::TooManyLists { retry_after }) if !retry_after.is_zero()));
    // Pages without a search do not wait.
    use_case.run(&actor(), command(None)).await.unwrap();
    drop(first);
    for _ in 0..2 {
        use_case.run(&actor(), search()).await.unwrap();
    }
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn lists_of_a_user_wait_for_one_another_and_are_refused_in_the_end() {
    let mut doubles = TestPorts::default();
    for _ in 0..2 {
        let mut reads = FakeReads::default();
        reads.files.expect_list().times(1).returning(|_, _, _| Ok(Vec::new()));
        doubles.db = doubles.db.reads(reads);
    }
    let use_case = ListFiles::new(&doubles.ports(), &settings());
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(use_case.lists.enter(actor().user()).await.unwrap());
    }
    let refused = use_case.run(&actor(), command(None)).await;
    assert!(matches!(refused, Err(ListError::TooManyLists { retry_after }) if !retry_after.is_zero()));
    held.pop();
    for _ in 0..2 {
        use_case.run(&actor(), command(None)).await.unwrap();
    }
}
