//! Blobs that we serve ourselves, because their store can't.

mod head_blob;
mod read_blob;
mod verify_link;

pub use head_blob::HeadBlob;
pub use read_blob::ReadBlob;
pub use verify_link::{Forbidden, VerifiedLink, VerifyLink};

#[cfg(test)]
mod tests;
