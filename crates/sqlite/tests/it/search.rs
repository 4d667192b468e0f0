//! Searches of many files: every page is right, and others have their turns meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection as _;
use fm_domain::access::{Access, Right};
use fm_domain::database::Database as _;
use fm_domain::files::{File, FileFilter, FilePage, FileSort, PageKey, SortOrder, TypeFilter};
use fm_domain::ids::UserId;
use tokio::task::JoinSet;

use crate::fill::user;
use crate::fixture::Fixture;

type Counter = Arc<AtomicUsize>;

/// A user with so many files, of four types and many sizes: each tenth has `needle` in its name.
async fn user_with_files(fixture: &Fixture, count: usize) -> UserId {
    let someone = user();
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.commit().await.unwrap();
    let owner = someone.id.uuid().simple();
    let fill = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}), \
             named (n, name) AS (SELECT n, hex(n * 7919 % 100003) || CASE WHEN n % 10 = 0 THEN ' needle' ELSE '' END FROM n) \
         INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, content_type, family, size, blob, thumbnail, \
                            content_at, modified_at, revision, created_at, updated_at) \
         SELECT randomblob(16), x'{owner}', x'{owner}', 'file', name, lower(name), lower(name), \
                CASE n % 4 WHEN 0 THEN 'image/png' ELSE 'text/plain' END, CASE n % 4 WHEN 0 THEN 'image' ELSE 'text' END, \
                n * 31 % 501, randomblob(16), 'none', 0, 0, 1, 1790000000000000 + n / 7, 0 FROM named"
    );
    fixture.connect().batch_execute(&fill).unwrap();
    someone.id
}

fn needle() -> FileFilter {
    FileFilter { name_contains: Some("needle".to_owned()), ..FileFilter::default() }
}

async fn list(fixture: &Fixture, owner: UserId, filter: &FileFilter, page: &FilePage) -> Vec<File> {
    let access = Access::on_behalf_of(owner, Right::Read);
    fixture.database.read().await.unwrap().files().list(&access, filter, page).await.unwrap()
}

#[tokio::test]
async fn pages_of_a_search_are_those_of_the_whole_list() {
    let fixture = Fixture::new();
    // More than a search looks at in one turn, and no multiple of it.
    let owner = user_with_files(&fixture, 7_003).await;
    user_with_files(&fixture, 50).await;
    // Few enough to be sorted, and too many.
    let images = TypeFilter::Family("image".to_owned());
    let texts = TypeFilter::Exactly("text/plain".parse().unwrap());
    for sort in [FileSort::CreatedAt, FileSort::Name, FileSort::Size] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for content_type in [None, Some(images.clone()), Some(texts.clone())] {
                let every = FileFilter { content_type: content_type.clone(), ..FileFilter::default() };
                let all = FilePage { sort, order, after: None, limit: 10_000 };
                let mut expected = list(&fixture, owner, &every, &all).await;
                expected.retain(|file| file.name.as_str().contains("needle"));
                assert!(expected.len() > 300, "{}", expected.len());
                let filter = FileFilter { content_type, ..needle() };
                for limit in [1_000, 97] {
                    let (mut found, mut after) = (Vec::new(), None);
                    loop {
                        let page = FilePage { sort, order, after, limit };
                        let files = list(&fixture, owner, &filter, &page).await;
                        after = files.last().map(|file| PageKey::of(file, sort));
                        let is_last = files.len() < limit as usize;
                        found.extend(files);
                        if is_last {
                            break;
                        }
                    }
                    assert!(found == expected, "{sort:?} {order:?} by {limit}: {} files", found.len());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_searches_of_one_user_leave_others_their_turns() {
    let fixture = Fixture::new();
    let (busy, other) = (user_with_files(&fixture, 60_000).await, user_with_files(&fixture, 20).await);
    let page = FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after: None, limit: 50 };
    let nothing = FileFilter { name_contains: Some("not there".to_owned()), ..FileFilter::default() };
    let (mut searches, begun, ended) = (JoinSet::new(), Counter::default(), Counter::default());
    for _ in 0..24 {
        let (database, page, nothing) = (fixture.database.clone(), page.clone(), nothing.clone());
        let (begun, ended) = (begun.clone(), ended.clone());
        searches.spawn(async move {
            let access = Access::on_behalf_of(busy, Right::Read);
            let mut reads = database.read().await.unwrap();
            begun.fetch_add(1, Ordering::SeqCst);
            let found = reads.files().list(&access, &nothing, &page).await.unwrap().len();
            ended.fetch_add(1, Ordering::SeqCst);
            found
        });
    }
    while begun.load(Ordering::SeqCst) < 24 {
        tokio::task::yield_now().await;
    }
    assert_eq!(list(&fixture, other, &FileFilter::default(), &page).await.len(), 20);
    // It waited for a turn of each search at most, of which each takes thirty, and not for their ends.
    let ended = ended.load(Ordering::SeqCst);
    assert!(ended < 12, "{ended} searches ended before the list");
    assert_eq!(searches.join_all().await, [0; 24]);
}
