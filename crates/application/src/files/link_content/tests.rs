#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::files::{FileError, LinkContent};
use crate::fixture::{actor, found, opened};
use crate::testing::settings;
use fm_domain::blobs::Disposition;
use fm_domain::testing::a_file;

#[tokio::test]
async fn the_bytes_of_a_file_that_is_not_there_are_not_linked() {
    let linked =
        LinkContent::new(&found(None), &settings()).run(&actor(), a_file().id, Disposition::Inline).await;
    assert!(matches!(linked, Err(FileError::NotFound)));
}

#[tokio::test]
async fn the_bytes_are_linked_as_they_were_asked_for() {
    for disposition in [Disposition::Inline, Disposition::Attachment] {
        let ports = found(Some(a_file()));
        let url =
            LinkContent::new(&ports, &settings()).run(&actor(), a_file().id, disposition).await.unwrap();
        let target = opened(&url).target;
        assert_eq!((target.disposition, target.sha256), (disposition, a_file().sha256));
    }
}
