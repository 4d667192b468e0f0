#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::files::{FileError, ShowFile};
use crate::fixture::{actor, found, opened};
use crate::testing::settings;
use fm_domain::testing::a_file;

#[tokio::test]
async fn a_file_that_is_not_there_is_not_shown() {
    let shown = ShowFile::new(&found(None), &settings()).run(&actor(), a_file().id).await;
    assert!(matches!(shown, Err(FileError::NotFound)));
}

#[tokio::test]
async fn a_file_that_is_there_is_shown_with_its_links() {
    let shown = ShowFile::new(&found(Some(a_file())), &settings()).run(&actor(), a_file().id).await.unwrap();
    assert_eq!(shown.file, a_file());
    assert_eq!(opened(&shown.download).target.sha256, a_file().sha256);
}
