//! The bytes of a blob.

use std::sync::Arc;

use crate::ports::Ports;
use fm_domain::blobs::{BlobKey, BlobReader, BlobStore, ByteRange, GetBlob};

/// Reads blobs.
pub struct ReadBlob {
    blobs: Arc<dyn BlobStore>,
}

impl ReadBlob {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { blobs: ports.blobs.clone() }
    }

    /// All of it, or a range.
    pub async fn run(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.blobs.get(key, range).await
    }
}

#[cfg(test)]
mod tests;
