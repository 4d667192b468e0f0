#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::files::{LinkThumbnail, ThumbnailError};
use crate::fixture::{actor, found, opened};
use crate::testing::settings;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, a_file};

#[tokio::test]
async fn the_thumbnail_of_a_file_that_is_not_there_is_not_linked() {
    let linked = LinkThumbnail::new(&found(None), &settings()).run(&actor(), a_file().id).await;
    assert!(matches!(linked, Err(ThumbnailError::NotFound)));
}

#[tokio::test]
async fn a_thumbnail_is_linked_once_it_is_there() {
    let link = async |thumbnail| {
        let ports = found(Some(File { thumbnail, ..a_file() }));
        LinkThumbnail::new(&ports, &settings()).run(&actor(), a_file().id).await
    };
    let ready = ThumbnailState::Ready {
        blob: BlobId::new(CountingIds::nth(3)),
        width: 64,
        height: 1,
        placeholder: None,
    };
    let target = opened(&link(ready).await.unwrap()).target;
    assert_eq!((target.content_type.as_str(), target.filename.as_str()), ("image/png", "hello.png"));
    assert!(matches!(link(ThumbnailState::Pending).await, Err(ThumbnailError::NotReady { .. })));
    assert!(matches!(link(ThumbnailState::None).await, Err(ThumbnailError::NoThumbnail)));
    assert!(matches!(link(ThumbnailState::Failed { times: 1 }).await, Err(ThumbnailError::NoThumbnail)));
}
