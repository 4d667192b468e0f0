//! Blobs: immutable runs of bytes, the intents recorded before they are written, and the stores that keep them.

mod disposition;
mod link;
mod model;
mod parts;
mod port;
mod queries;
mod range;
mod store;

pub use disposition::Disposition;
pub use link::{DownloadLink, LinkTarget, SignDownload, SignedUrl};
pub use model::{BlobIntent, BlobKey, Bucket, ExpiredIntent, Tombstone, UnknownBucket};
pub use parts::{
    CompleteParts, DirectStore, PartLimits, PartLink, PartReceiver, PartTag, PartWrite, SignParts,
    SignedPart, WriteId, WritePart, WrittenPart,
};
pub use port::{BlobRepo, MarkStored};
pub use queries::{BlobQueries, BlobRecord, BlobState, Sweepable};
pub use range::{ByteRange, ResolvedRange, Unsatisfiable};
pub use store::{
    BlobHead, BlobLimits, BlobReader, BlobStore, GetBlob, ListBlobs, ListedBlob, PutBlob, PutHint, StoredBlob,
};

#[cfg(any(test, feature = "mock"))]
pub use {
    link::MockSignDownload, parts::MockDirectStore, parts::MockPartReceiver, parts::MockSignParts,
    port::MockBlobRepo, queries::MockBlobQueries, store::MockBlobStore, store::MockListBlobs,
};
