#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::blobs::{BlobHead, BlobKey};
use fm_domain::body::ByteSize;
use fm_domain::testing::a_file;

use super::HeadBlob;
use crate::testing::TestPorts;

#[tokio::test]
async fn the_store_says_how_large_a_blob_is_and_whether_it_is_there() {
    let key = BlobKey::file(a_file().blob);
    for head in [None, Some(BlobHead { size: ByteSize::new(5) })] {
        let mut doubles = TestPorts::default();
        doubles.blobs.expect_head().times(1).returning(move |asked| {
            assert_eq!(*asked, key);
            Ok(head)
        });
        assert_eq!(HeadBlob::new(&doubles.ports()).run(&key).await.unwrap(), head);
    }
}
