use std::sync::Arc;

use crate::operations::ShowCapabilities;
use crate::ports::Ports;
use crate::testing::{TestPorts, settings};
use fm_domain::blobs::{BlobLimits, MockBlobStore};
use fm_domain::body::ByteSize;
use fm_domain::thumbnails::MockThumbnailer;

#[test]
fn the_largest_file_is_the_smaller_of_what_is_configured_and_what_the_store_takes() {
    for (store, expected) in [(10, 10), (u64::MAX, settings().max_upload.bytes())] {
        let mut blobs = MockBlobStore::new();
        blobs.expect_limits().return_const(BlobLimits { max_blob: ByteSize::new(store) });
        let mut thumbnailer = MockThumbnailer::new();
        thumbnailer.expect_formats().returning(|| "image/png".parse().into_iter().collect());
        let (blobs, thumbnailer) = (Arc::new(blobs), Arc::new(thumbnailer));
        let ports = Ports { blobs, thumbnailer, ..TestPorts::default().ports() };
        let show = ShowCapabilities::new(&ports, &settings());
        assert_eq!(show.run().max_upload, ByteSize::new(expected));
        assert_eq!(show.run().thumbnail_formats.len(), 1);
    }
}
