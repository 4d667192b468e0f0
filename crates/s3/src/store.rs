//! The store.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::{PortError, PortResult};
use fm_streaming::{BufferBudget, BufferPool};
use futures_util::stream::BoxStream;
use tokio_util::task::TaskTracker;

use crate::client::Clients;
use crate::endpoint::{Endpoint, InvalidEndpoint};
use crate::failure::{Failure, Oddity};
use crate::parts::{LARGEST, PART};
use crate::settings::{S3Settings, S3Timeouts};
use crate::stream_policy::{LONGEST_STREAM, StreamPolicy};

/// What an operator should look at where the server knows nothing at the address.
const WHOLE_PATH: &str = "is the path of S3_ENDPOINT whole? That of Supabase ends with /storage/v1/s3";
const BUCKET_AND_PATH: &str =
    "is the bucket there, and the path of S3_ENDPOINT whole? That of Supabase ends with /storage/v1/s3";

/// Keeps blobs in two buckets of an S3 server.
///
/// The key of an object is the id of its blob. What a failed write has left is removed at once where that
/// is possible, in the background where its future was dropped; [`BlobStore::delete`] does the same later.
#[derive(Clone)]
pub struct S3BlobStore {
    pub(crate) shared: Shared,
}

/// What the store and its background tasks share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<State>);

pub(crate) struct State {
    pub(crate) clients: Clients,
    pub(crate) budget: BufferBudget,
    pub(crate) pool: BufferPool,
    pub(crate) timeouts: S3Timeouts,
    pub(crate) cleanups: TaskTracker,
    pub(crate) streams: StreamPolicy,
    region: String,
    files_bucket: String,
    thumbnails_bucket: String,
}

/// Shows no client: the SDK's own `Debug` shows the id of the access key.
impl fmt::Debug for S3BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3BlobStore")
            .field("files_bucket", &self.shared.files_bucket)
            .field("thumbnails_bucket", &self.shared.thumbnails_bucket)
            .finish_non_exhaustive()
    }
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl State {
    pub(crate) fn bucket(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Files => &self.files_bucket,
            Bucket::Thumbnails => &self.thumbnails_bucket,
        }
    }
}

impl Shared {
    /// The size of the object, if there is one.
    pub(crate) async fn size(&self, key: &BlobKey) -> PortResult<Option<u64>> {
        const STEP: &str = "HeadObject";
        let head = self
            .clients
            .control
            .head_object()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error));
        match head {
            // Some servers leave the length of an empty object out.
            Ok(head) => match u64::try_from(head.content_length.unwrap_or(0)) {
                Ok(size) => Ok(Some(size)),
                Err(_negative) => Err(Oddity::store(STEP, "the size is negative")),
            },
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure.into_store()),
        }
    }

    /// Removes the blob's object. What is not there is no error.
    pub(crate) async fn delete_blob_object(&self, key: &BlobKey) -> PortResult<()> {
        self.delete_object(key.bucket, &key.to_string()).await
    }

    /// The same for any object.
    pub(crate) async fn delete_object(&self, bucket: Bucket, name: &str) -> PortResult<()> {
        let deleted = self
            .clients
            .control
            .delete_object()
            .bucket(self.bucket(bucket))
            .key(name)
            .send()
            .await
            .map_err(|error| Failure::new("DeleteObject", &error));
        match deleted {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_missing() => Ok(()),
            Err(failure) => Err(failure.into_store()),
        }
    }

    /// Uploads first: one that is completed in between is an object by then, and a writer whose upload is gone removes
    /// the incomplete part that it has just stored. Each step finds by the key alone what is left, so that a
    /// deletion that was cut off can be repeated.
    pub(crate) async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let aborted = self.abort_all(key).await;
        let removed = self.remove_all_incomplete(key).await;
        // An upload that the server will not give up must not keep an object alive.
        self.delete_blob_object(key).await?;
        aborted?;
        removed
    }

    async fn head_bucket(&self, bucket: Bucket) -> Result<(), Failure> {
        let head = self.clients.control.head_bucket().bucket(self.bucket(bucket)).send().await;
        head.map(|_| ()).map_err(|error| Failure::new("HeadBucket", &error))
    }

    async fn create_bucket(&self, bucket: Bucket) -> PortResult<()> {
        // AWS wants to be told the region, but not its oldest one.
        let place = match self.region.as_str() {
            "us-east-1" | "auto" => None,
            region => Some(
                CreateBucketConfiguration::builder()
                    .location_constraint(BucketLocationConstraint::from(region))
                    .build(),
            ),
        };
        let created = self
            .clients
            .control
            .create_bucket()
            .bucket(self.bucket(bucket))
            .set_create_bucket_configuration(place)
            .send()
            .await
            .map_err(|error| Failure::new("CreateBucket", &error));
        match created {
            Ok(_) => Ok(()),
            // Another node was faster.
            Err(failure) if failure.status() == Some(409) => Ok(()),
            // No store that can be asked for buckets answers so.
            Err(failure) if matches!(failure.status(), Some(404 | 405)) => {
                Err(self.named(bucket, failure.hinting(WHOLE_PATH).into_store()))
            }
            Err(failure) => Err(self.named(bucket, failure.into_store())),
        }
    }

    /// Says which bucket a failure was about.
    pub(crate) fn named(&self, bucket: Bucket, error: PortError) -> PortError {
        let name = self.bucket(bucket).to_owned();
        match error {
            PortError::Unavailable(cause) => PortError::Unavailable(Box::new(AboutBucket { name, cause })),
            PortError::Unexpected(cause) => PortError::Unexpected(Box::new(AboutBucket { name, cause })),
            other @ (PortError::Contended(_) | PortError::Corrupt { .. } | PortError::Poisoned) => other,
        }
    }

    async fn ping(&self) -> PortResult<()> {
        for bucket in Bucket::ALL {
            let answer = self.head_bucket(bucket).await;
            answer.map_err(|failure| {
                let failure =
                    if failure.status() == Some(404) { failure.hinting(BUCKET_AND_PATH) } else { failure };
                self.named(bucket, failure.into_store())
            })?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("bucket {name}: {cause}")]
pub(crate) struct AboutBucket {
    name: String,
    pub(crate) cause: fm_domain::error::Cause,
}

#[derive(Debug, thiserror::Error)]
#[error("S3 ping: no answer within {0:?}")]
struct PingTimedOut(Duration);

impl S3BlobStore {
    /// The parts of an upload, but for the last. One that others wait beside holds one of them at most.
    pub const PART_SIZE: usize = PART;

    /// The longest body that is sent as one request while it comes: 50 MiB. A longer one goes in parts.
    pub const LONGEST_STREAM: u64 = LONGEST_STREAM;

    /// A store on the server of these settings. Nothing is sent yet.
    pub fn new(settings: &S3Settings) -> Result<Self, InvalidEndpoint> {
        let endpoint = Endpoint::parse("S3_ENDPOINT", &settings.endpoint)?;
        let state = State {
            clients: Clients::new(settings, &endpoint),
            budget: settings.budget.clone(),
            pool: BufferPool::default(),
            timeouts: settings.timeouts,
            cleanups: TaskTracker::new(),
            streams: StreamPolicy::default(),
            region: settings.region.clone(),
            files_bucket: settings.files_bucket.clone(),
            thumbnails_bucket: settings.thumbnails_bucket.clone(),
        };
        Ok(Self { shared: Shared(Arc::new(state)) })
    }

    /// Makes sure that both buckets are there, and creates those that are not. To be called once, at start. An error
    /// names the bucket and what was tried with it.
    pub async fn ensure_buckets(&self) -> PortResult<()> {
        for bucket in Bucket::ALL {
            match self.shared.head_bucket(bucket).await {
                Ok(()) => {}
                Err(failure) if failure.status() == Some(404) => self.shared.create_bucket(bucket).await?,
                Err(failure) => return Err(self.shared.named(bucket, failure.into_store())),
            }
        }
        Ok(())
    }

    /// Waits until what dropped and failed writes left is cleaned up, as far as it can be. To be called when no more
    /// writes come.
    pub async fn wait_idle(&self) {
        self.shared.cleanups.close();
        self.shared.cleanups.wait().await;
        self.shared.cleanups.reopen();
    }
}

#[async_trait]
impl BlobStore for S3BlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.shared.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.shared.read(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        Ok(self.shared.size(key).await?.map(|size| BlobHead { size: ByteSize::new(size) }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.shared.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(LARGEST) }
    }

    async fn ping(&self) -> PortResult<()> {
        let limit = self.shared.timeouts.ping;
        match tokio::time::timeout(limit, self.shared.ping()).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(PortError::Unavailable(Box::new(PingTimedOut(limit)))),
        }
    }
}

#[async_trait]
impl ListBlobs for S3BlobStore {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        self.shared.list(bucket).await
    }
}
