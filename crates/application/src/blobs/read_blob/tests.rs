use fm_domain::blobs::{BlobKey, ByteRange, GetBlob};
use fm_domain::testing::a_file;

use super::ReadBlob;
use crate::testing::TestPorts;

#[tokio::test]
async fn a_range_is_asked_of_the_store_as_it_is_and_its_refusal_is_the_answer() {
    let key = BlobKey::file(a_file().blob);
    for range in [None, Some(ByteRange::Between { first: 1, last: 3 })] {
        let mut doubles = TestPorts::default();
        doubles.blobs.expect_get().times(1).returning(move |asked, seen| {
            assert_eq!((*asked, seen), (key, range));
            Err(GetBlob::NotFound)
        });
        let read = ReadBlob::new(&doubles.ports()).run(&key, range).await;
        assert!(matches!(read, Err(GetBlob::NotFound)));
    }
}
