//! Blobs in any S3, Supabase Storage first.
//!
//! Servers that speak S3 differ in what they understand and in what they check. This adapter asks for little: path
//! style, no checksums, no `aws-chunked`, no conditional writes, and none of the subresources that some servers take
//! for the object itself. What a server may not check, it checks itself.

mod body;
mod cleanup;
mod client;
mod direct;
mod endpoint;
mod facts;
mod failure;
mod incomplete;
mod list;
mod multipart;
mod parts;
mod presign;
mod presign_part;
mod public;
mod put;
mod put_parts;
mod read;
mod resumable;
mod settings;
mod signature;
mod store;
mod stream;
mod stream_policy;
mod write_state;

pub use endpoint::InvalidEndpoint;
pub use facts::error_code;
pub use presign::S3SignDownload;
pub use presign_part::S3SignParts;
pub use settings::{S3Settings, S3Timeouts};
pub use store::S3BlobStore;
