//! Uploads that take many requests: resumable and direct ones. What they have in common with every other upload is
//! the blob's intent; what they add is a row that remembers how far they are.

mod checksum;
mod hash;
mod model;
mod port;
mod store;

pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumHasher, InvalidChecksum};
pub use hash::{HashState, InvalidHashState};
pub use model::{Epoch, Transport, UnknownTransport, Upload, UploadStatus};
pub use port::{UpdateUpload, UploadQueries, UploadRepo};
pub use store::{AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState};

#[cfg(any(test, feature = "mock"))]
pub use {port::MockUploadQueries, port::MockUploadRepo, store::MockResumableStore};
