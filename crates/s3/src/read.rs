//! Reading a blob.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream as SdkStream;
use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobReader, Bucket, ByteRange, GetBlob, ResolvedRange};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::failure::{Failure, Oddity};
use crate::store::Shared;

const STEP: &str = "GetObject";

/// The largest number that every server reads exactly: some keep numbers as IEEE 754 doubles.
const LARGEST_EXACT: u64 = (1 << 53) - 1;

impl Shared {
    pub(crate) async fn read(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        match range {
            None => self.read_all(key).await,
            Some(ByteRange::Between { first, last }) if first <= last && first <= LARGEST_EXACT => {
                self.read_range(key, ByteRange::Between { first, last }).await
            }
            Some(ByteRange::From { first }) if first <= LARGEST_EXACT => {
                self.read_range(key, ByteRange::From { first }).await
            }
            // Servers differ over suffixes that are longer than the object, and over numbers beyond their own.
            Some(range @ (ByteRange::Between { .. } | ByteRange::From { .. } | ByteRange::Last { .. })) => {
                let (_, range) = self.resolve(key, range).await?;
                self.read_range(key, ByteRange::Between { first: range.first, last: range.last }).await
            }
        }
    }

    /// What the range means in the blob, by the blob's size.
    async fn resolve(&self, key: &BlobKey, range: ByteRange) -> Result<(ByteSize, ResolvedRange), GetBlob> {
        let size = ByteSize::new(self.size(key).await?.ok_or(GetBlob::NotFound)?);
        Ok((size, range.resolve(size)?))
    }

    async fn read_all(&self, key: &BlobKey) -> Result<BlobReader, GetBlob> {
        let output = self.request(key, None).await.map_err(refused)?;
        let size = match length(&output)? {
            Some(size) => size,
            None => self.size(key).await?.ok_or(GetBlob::NotFound)?,
        };
        let bytes = whole(output.body, size, self.timeouts.stall);
        Ok(BlobReader { size: ByteSize::new(size), range: None, bytes })
    }

    async fn read_range(&self, key: &BlobKey, range: ByteRange) -> Result<BlobReader, GetBlob> {
        let output = match self.request(key, Some(header(range))).await {
            Ok(output) => output,
            Err(failure) if failure.status() == Some(416) => {
                self.resolve(key, range).await?;
                return Err(Oddity::store(STEP, "the store refused a range that lies inside the blob").into());
            }
            Err(failure) => return Err(refused(failure)),
        };
        let size = match output.content_range.as_deref().map(total) {
            Some(Some(size)) => ByteSize::new(size),
            Some(None) => return Err(Oddity::store(STEP, "the Content-Range can't be read").into()),
            // A server may answer with the whole instead; of an empty blob, some do.
            None => {
                self.resolve(key, range).await?;
                return Err(Oddity::store(STEP, "the store ignored the range").into());
            }
        };
        let resolved = range.resolve(size)?;
        let expected = ResolvedRange::length(resolved);
        if length(&output)?.is_some_and(|length| length != expected) {
            return Err(Oddity::store(STEP, "the store answered with another range").into());
        }
        let bytes = whole(output.body, expected, self.timeouts.stall);
        Ok(BlobReader { size, range: Some(resolved), bytes })
    }

    async fn request(&self, key: &BlobKey, range: Option<String>) -> Result<GetObjectOutput, Failure> {
        self.get_object(key.bucket, &key.to_string(), range).await
    }

    /// All bytes of an object, which has exactly so many.
    pub(crate) async fn read_object(&self, bucket: Bucket, name: &str, size: u64) -> Result<Bytes, Failure> {
        let output = self.get_object(bucket, name, None).await?;
        let mut stream = whole(output.body, size, self.timeouts.stall);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Failure::cut_off(STEP, error.to_string()))?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }

    async fn get_object(
        &self,
        bucket: Bucket,
        name: &str,
        range: Option<String>,
    ) -> Result<GetObjectOutput, Failure> {
        self.clients
            .control
            .get_object()
            .bucket(self.bucket(bucket))
            .key(name)
            .set_range(range)
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error))
    }
}

fn refused(failure: Failure) -> GetBlob {
    if failure.is_missing() { GetBlob::NotFound } else { GetBlob::Store(failure.into_store()) }
}

fn length(output: &GetObjectOutput) -> Result<Option<u64>, GetBlob> {
    match output.content_length.map(u64::try_from) {
        None => Ok(None),
        Some(Ok(length)) => Ok(Some(length)),
        Some(Err(_negative)) => Err(Oddity::store(STEP, "the length is negative").into()),
    }
}

fn header(range: ByteRange) -> String {
    match range {
        ByteRange::Between { first, last } => format!("bytes={first}-{}", last.min(LARGEST_EXACT)),
        ByteRange::From { first } => format!("bytes={first}-"),
        ByteRange::Last { length } => format!("bytes=-{length}"),
    }
}

/// The size of the whole, out of `bytes first-last/size`.
fn total(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.trim().parse().ok()
}

/// Passes on exactly `expected` bytes. Fewer, more, or none for too long are an error, never an end.
fn whole(body: SdkStream, expected: u64, stall: Duration) -> ByteStream {
    stream::unfold(Some((body, expected)), move |state| async move {
        let (mut body, left) = state?;
        let failed = |why: &str| Some((Err(BodyError::Source(Arc::from(why))), None));
        match tokio::time::timeout(stall, next(&mut body)).await {
            Err(_elapsed) => failed("S3 GetObject: the store sent nothing for too long"),
            Ok(Some(Err(_broken))) => failed("S3 GetObject: the connection broke before the end"),
            Ok(None) if left > 0 => failed("S3 GetObject: the bytes ended before the end"),
            Ok(None) => None,
            Ok(Some(Ok(bytes))) => match left.checked_sub(bytes.len() as u64) {
                Some(left) => Some((Ok(bytes), Some((body, left)))),
                None => failed("S3 GetObject: the store sent more bytes than it declared"),
            },
        }
    })
    .boxed()
}

/// The next bytes that are any.
async fn next(body: &mut SdkStream) -> Option<Result<Bytes, aws_sdk_s3::primitives::ByteStreamError>> {
    loop {
        match body.next().await {
            Some(Ok(bytes)) if bytes.is_empty() => {}
            other => return other,
        }
    }
}
