//! The store as one of whole blobs.

use fm_domain::blobs::BlobKey;

use super::Fault;
use super::store::FakeStore;
use crate::mutants::in_memory::whole_blobs;

whole_blobs!(FakeStore);

impl FakeStore {
    fn delete_writes(&self, key: &BlobKey) {
        if !self.is(Fault::DeletesWholeBlobsAlone) {
            let mut objects = self.objects();
            let both = self.is(Fault::DeletesWritesInBothBuckets);
            objects.open.retain(|_, (of, _)| of != key && !(both && of.id == key.id));
            if !self.is(Fault::DeletesNoSmallChunks) {
                objects.pending.retain(|(of, _), _| of != key);
            }
        }
    }
}
