//! A blob, asked for without being read.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::blobs::{BlobHead, BlobKey, BlobStore};
use fm_domain::error::PortResult;

/// Asks for blobs.
pub struct HeadBlob {
    blobs: Arc<dyn BlobStore>,
}

impl HeadBlob {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { blobs: ports.blobs.clone() }
    }

    /// What the store knows of it.
    pub async fn run(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.blobs.head(key).await
    }
}

#[cfg(test)]
mod tests;
