//! Fixtures.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fm_contract::runtime::Limits;
use fm_domain::blobs::{BlobKey, BlobReader, PutHint};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::ids::BlobId;
use fm_domain::uploads::{Epoch, Position, WriteState};
use fm_s3::{S3BlobStore, S3Settings, S3Timeouts};
use fm_streaming::BufferBudget;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

pub(crate) const ACCESS: &str = "an-access-key-id";
pub(crate) const SECRET: &str = "a-secret-access-key";
pub(crate) const BUDGET: u64 = 64 * 1024 * 1024;

/// How long may take what has to happen.
pub(crate) const SOON: Duration = Limits::GENEROUS.wait;

/// Longer than a busy machine takes for any answer.
pub(crate) const TIMEOUTS: S3Timeouts = S3Timeouts { attempts: 2, ..S3Timeouts::STANDARD };

/// For servers that take a body and do not answer, or stop in the middle of one: for what else they answer, they have all the time.
pub(crate) const TRANSFERS_SHORT: S3Timeouts =
    S3Timeouts { transfer: Duration::from_secs(4), stall: Duration::from_millis(500), ..TIMEOUTS };

/// For servers that answer nothing.
pub(crate) const ALL_SHORT: S3Timeouts = S3Timeouts {
    connect: Duration::from_secs(1),
    control: Duration::from_millis(500),
    transfer: Duration::from_millis(1500),
    complete: Duration::from_secs(3),
    stall: Duration::from_millis(500),
    ping: Duration::from_secs(1),
    attempts: 2,
};

pub(crate) fn settings(endpoint: &str) -> S3Settings {
    S3Settings {
        endpoint: endpoint.to_owned(),
        public_endpoint: endpoint.to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: ACCESS.to_owned(),
        secret_access_key: SECRET.to_owned(),
        force_path_style: true,
        files_bucket: "files".to_owned(),
        thumbnails_bucket: "thumbnails".to_owned(),
        budget: BufferBudget::new(ByteSize::new(BUDGET)),
        timeouts: TIMEOUTS,
    }
}

pub(crate) fn store(endpoint: &str) -> S3BlobStore {
    store_with(TIMEOUTS, endpoint)
}

pub(crate) fn store_with(timeouts: S3Timeouts, endpoint: &str) -> S3BlobStore {
    S3BlobStore::new(&S3Settings { timeouts, ..settings(endpoint) }).unwrap()
}

pub(crate) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(uuid::Uuid::now_v7()))
}

/// So many bytes, in chunks of 64 KiB.
pub(crate) fn body(length: usize) -> ByteStream {
    let chunk = Bytes::from(vec![7; 64 * 1024]);
    let chunks =
        (0..length).step_by(chunk.len()).map(move |at| Ok(chunk.slice(..chunk.len().min(length - at))));
    stream::iter(chunks).boxed()
}

/// The same, and then an error.
pub(crate) fn failing(length: usize, error: BodyError) -> ByteStream {
    body(length).chain(stream::iter([Err(error)])).boxed()
}

pub(crate) fn hint(length: Option<usize>) -> PutHint {
    PutHint {
        owner: None,
        length: length.map(|length| ByteSize::new(length as u64)),
        content_type: "image/png".parse().unwrap(),
    }
}

pub(crate) async fn read(reader: BlobReader) -> Result<Vec<u8>, BodyError> {
    reader
        .bytes
        .try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
}

/// The error and its causes, as they would be logged.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Fails when the work takes longer than this.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = tokio::time::timeout(limit, work).await;
    assert!(result.is_ok(), "still not done after {:?}", started.elapsed());
    result.unwrap()
}

/// Where a blob of so many bytes goes on.
pub(crate) fn at(state: &WriteState, offset: usize) -> Position {
    Position { state: state.clone(), offset: ByteSize::new(offset as u64), fence: Epoch::new(1) }
}

/// The state, to be looked into.
pub(crate) fn json(state: &WriteState) -> serde_json::Value {
    serde_json::from_slice(state.as_bytes()).unwrap()
}

/// Polls `future` so often at most, and drops it then. `None`: it was dropped.
pub(crate) async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
