//! Blobs that we serve ourselves, because their store can't.

mod head_blob;
mod read_blob;

pub use head_blob::HeadBlob;
pub use read_blob::ReadBlob;

use crate::ports::Ports;

/// The use cases of blobs.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Blobs {
    pub read: ReadBlob,
    pub head: HeadBlob,
}

impl Blobs {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { read: ReadBlob::new(ports), head: HeadBlob::new(ports) }
    }
}
