#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::testing::{Effects, a_file};

use super::{HeadBlob, ReadBlob};
use crate::fixture::FakeBlobs;
use crate::testing::TestPorts;

#[tokio::test]
async fn blobs_are_asked_of_the_store() {
    let ports = FakeBlobs::holding(&Effects::default(), b"hello").among(TestPorts::default());
    let key = BlobKey::file(a_file().blob);
    assert_eq!(HeadBlob::new(&ports).run(&key).await.unwrap().unwrap().size, ByteSize::new(5));
    assert_eq!(ReadBlob::new(&ports).run(&key, None).await.unwrap().size, ByteSize::new(5));
}
