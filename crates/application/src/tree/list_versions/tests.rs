#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{ListVersions, VersionList};
use crate::fixture::actor;
use crate::testing::{TestPorts, settings};
use crate::tree::TreeError;
use fm_domain::files::{File, VersionNumber};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::testing::{CountingIds, FakeReads, PlainLinks, a_file};
use fm_domain::tree::Version;

/// The file at its third content.
fn file() -> File {
    File { version: VersionNumber::new(3), ..a_file() }
}

fn version(number: u32) -> Version {
    let blob = BlobId::new(CountingIds::nth(70 + u64::from(number)));
    let held = File { version: VersionNumber::new(number), blob, ..a_file() };
    Version::of(&held, a_file().content_at)
}

/// Lists at most `limit` versions of a file that has those below its third one, from this cursor on.
async fn list(cursor: Option<String>, limit: u32) -> Result<VersionList, TreeError> {
    let mut reads = FakeReads::default();
    reads.files.expect_find().returning(|_, _| Ok(Some(file())));
    reads.tree.expect_versions().returning(|_, _, before, limit| {
        let below = before.unwrap().number().min(3);
        Ok((1..below).rev().map(version).take(limit as usize).collect())
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ListVersions::new(&doubles.ports(), &settings()).run(&actor(), file().id, cursor, limit).await
}

fn numbers(page: &VersionList) -> Vec<u32> {
    page.versions.iter().map(|view| view.version.number.number()).collect()
}

#[tokio::test]
async fn versions_come_newest_first_and_the_present_content_before_them() {
    let page = list(None, 10).await.unwrap();
    assert_eq!((numbers(&page), page.next_cursor.as_ref()), (vec![2, 1], None));
    let (present, first) = (page.present.unwrap(), &page.versions[0]);
    assert_eq!(present.file, file());
    assert_eq!(PlainLinks::open(first.download.expose()).unwrap().target.key.id, version(2).blob);
    assert_eq!((&first.version, first.url_expires_at), (&version(2), present.expires_at));
}

#[tokio::test]
async fn a_page_has_as_many_as_were_asked_for_and_the_next_one_follows() {
    let first = list(None, 1).await.unwrap();
    assert!(first.present.is_some() && first.versions.is_empty(), "{first:?}");
    let second = list(first.next_cursor, 1).await.unwrap();
    assert!(second.present.is_none(), "it came on the first page");
    assert_eq!(numbers(&second), [2]);
    let last = list(second.next_cursor, 1).await.unwrap();
    assert_eq!((numbers(&last), last.next_cursor), (vec![1], None));
}

#[tokio::test]
async fn a_cursor_belongs_to_one_file() {
    let cursor = list(None, 1).await.unwrap().next_cursor;
    let lists = ListVersions::new(&TestPorts::default().ports(), &settings());
    let other = FileId::new(CountingIds::nth(77));
    let refused = lists.run(&actor(), other, cursor, 1).await;
    assert!(matches!(refused, Err(TreeError::InvalidCursor(_))), "{refused:?}");
    let made_up = list(Some("2".to_owned()), 1).await;
    assert!(matches!(made_up, Err(TreeError::InvalidCursor(_))), "{made_up:?}");
}
