//! What a check of the installation asks a server.

use fm_domain::blobs::{Bucket, PartWrite};
use fm_domain::error::{PortError, PortResult};

use crate::failure::Failure;
use crate::store::{AboutBucket, S3BlobStore};

impl S3BlobStore {
    /// Asks for one name in a bucket. A failure comes with the server's code, which the answer to HeadBucket has no room for:
    /// see [`error_code`].
    pub async fn look_into(&self, bucket: Bucket) -> PortResult<()> {
        let listed = self
            .shared
            .clients
            .control
            .list_objects_v2()
            .bucket(self.shared.bucket(bucket))
            .max_keys(1)
            .send()
            .await;
        match listed.map_err(|error| Failure::new("ListObjectsV2", &error)) {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.shared.named(bucket, failure.into_store())),
        }
    }

    /// Whether the server knows the write, and it is neither completed nor aborted (ListParts).
    pub async fn is_under_way(&self, write: &PartWrite) -> PortResult<bool> {
        self.shared.is_unfinished(&write.key, write.id.as_str()).await
    }
}

/// The code with which an S3 server refused, such as `SignatureDoesNotMatch`, where an error of this store has one.
#[must_use]
pub fn error_code(error: &PortError) -> Option<&str> {
    let (PortError::Unavailable(cause) | PortError::Unexpected(cause)) = error else { return None };
    let cause = cause.downcast_ref::<AboutBucket>().map_or(cause, |about| &about.cause);
    cause.downcast_ref::<Failure>()?.code()
}
