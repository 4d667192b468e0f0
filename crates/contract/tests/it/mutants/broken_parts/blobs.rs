//! The store as one of whole blobs.

use fm_domain::blobs::BlobKey;

use super::Fault;
use super::store::FakeStore;
use crate::mutants::in_memory::whole_blobs;

whole_blobs!(FakeStore);

impl FakeStore {
    fn delete_writes(&self, key: &BlobKey) {
        if !self.is(Fault::DeletesWholeBlobsAlone) {
            let mut writes = self.writes();
            writes.open.retain(|open, _| open.0 != *key);
            writes.left.retain(|left| left != key);
        }
    }
}
