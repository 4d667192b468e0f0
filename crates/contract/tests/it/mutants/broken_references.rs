//! Databases that miscount what refers to a blob.

use std::collections::BTreeSet;

use fm_domain::blobs::BlobKey;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;

use crate::mutants::broken_database::BrokenUnit;
use crate::mutants::broken_tree::TreeFault;

/// The same blobs, each once.
fn distinct(ids: &[BlobId]) -> Vec<BlobId> {
    ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

impl BrokenUnit {
    pub(crate) async fn refer_to(&mut self, ids: &[BlobId]) -> PortResult<bool> {
        let once = self.has(TreeFault::AddsEachReferenceOnce);
        let ids = if once { distinct(ids) } else { ids.to_vec() };
        let referred = self.honest().blobs().add_references(&ids).await?;
        Ok(referred || self.has(TreeFault::RefersToAnything))
    }

    pub(crate) async fn drop_references_to(
        &mut self,
        ids: &[BlobId],
        at: Timestamp,
    ) -> PortResult<Vec<BlobKey>> {
        let once = self.has(TreeFault::DropsEachReferenceOnce);
        let ids = &if once { distinct(ids) } else { ids.to_vec() };
        let mut gone = self.honest().blobs().drop_references(ids, at).await?;
        if self.has(TreeFault::DropsSharedBlobs) {
            for id in ids {
                if self.honest().blobs().mark_deleted(*id, at).await? {
                    gone.push(BlobKey::file(*id));
                }
            }
        }
        Ok(self.told_of_previews(ids, gone))
    }
}
