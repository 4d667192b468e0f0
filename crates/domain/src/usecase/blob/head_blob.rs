//! A blob, asked for without being read.

use std::sync::Arc;

use crate::blob::{BlobHead, BlobKey, BlobStore};
use crate::store::Stored;
use crate::usecase::Ports;

/// Asks for blobs.
pub struct HeadBlob {
    blobs: Arc<dyn BlobStore>,
}

impl HeadBlob {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { blobs: ports.blobs.clone() }
    }

    /// What the store knows of it.
    pub async fn run(&self, key: &BlobKey) -> Stored<Option<BlobHead>> {
        self.blobs.head(key).await
    }
}
