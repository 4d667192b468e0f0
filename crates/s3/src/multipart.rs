//! Blobs in parts.

use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use fm_domain::blobs::{BlobKey, CompleteParts, PutBlob};
use fm_domain::body::PartBytes;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use tokio::time::sleep;

use crate::body::repeatable;
use crate::client::transfer_timeouts;
use crate::failure::{Failure, Oddity};
use crate::put::{CACHE_CONTROL, DISPOSITION, refused, stored_type};
use crate::store::Shared;

/// Unfinished uploads that are asked for at once. A key has one; more only where requests were repeated.
const PAGE: usize = 1000;
const MOST_PAGES: usize = 10;

const COMPLETE: &str = "CompleteMultipartUpload";

/// The pauses before the object is looked for again where the upload is not there. A completion that was cut off may still run in
/// the server, and some servers end the upload before they show the object.
const OBJECT_PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(750)];

/// A part, named to put it together with others.
pub(crate) fn named(number: u32, tag: String) -> CompletedPart {
    CompletedPart::builder().part_number(i32::try_from(number).unwrap_or(i32::MAX)).e_tag(tag).build()
}

impl Shared {
    pub(crate) async fn create_upload(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<String> {
        const STEP: &str = "CreateMultipartUpload";
        let created = self
            .clients
            .control
            .create_multipart_upload()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .content_type(stored_type(content_type))
            .content_disposition(DISPOSITION)
            .cache_control(CACHE_CONTROL)
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error).into_store())?;
        created.upload_id.ok_or_else(|| Oddity::store(STEP, "the answer holds no upload id"))
    }

    /// Sends a part; its tag.
    pub(crate) async fn upload_part(
        &self,
        key: &BlobKey,
        upload: &str,
        number: u32,
        bytes: PartBytes,
    ) -> Result<String, Failure> {
        const STEP: &str = "UploadPart";
        let length = bytes.len();
        let mut request = self
            .clients
            .transfer
            .upload_part()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .part_number(i32::try_from(number).unwrap_or(i32::MAX))
            .content_length(i64::try_from(length).unwrap_or(i64::MAX))
            .body(repeatable(bytes.into_pieces()))
            .customize()
            .disable_payload_signing();
        if let Some(timeouts) = transfer_timeouts(&self.timeouts, length) {
            request = request.config_override(timeouts);
        }
        let uploaded = request.send().await.map_err(|error| Failure::new(STEP, &error))?;
        // Some servers quote it and some don't: it goes back as it came.
        uploaded.e_tag.ok_or_else(|| Failure::odd(STEP, "the answer holds no ETag"))
    }

    /// Puts the parts together, and then asks for the size: a server that verifies nothing may have lost a part, and
    /// an answer that was lost may yet have been a success. Under a fresh key there is nothing else to be found.
    pub(crate) async fn complete_upload(
        &self,
        key: &BlobKey,
        upload: &str,
        parts: Vec<CompletedPart>,
        sent: u64,
    ) -> Result<(), PutBlob> {
        let failure = self.put_together(key, upload, parts).await.err();
        match (self.size_after(key, failure.as_ref()).await, failure) {
            (Ok(Some(size)), _) if size == sent => Ok(()),
            (_, Some(failure)) => Err(refused(failure)),
            (Ok(Some(size)), None) => {
                Err(Oddity::store(COMPLETE, format!("the store kept {size} of {sent} bytes")).into())
            }
            (Ok(None), None) => Err(Oddity::store(COMPLETE, "the completed object is not there").into()),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// Asks the server to put the parts together, in the order of their numbers.
    pub(crate) async fn put_together(
        &self,
        key: &BlobKey,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<(), Failure> {
        self.clients
            .complete
            .complete_multipart_upload()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| Failure::new(COMPLETE, &error))
    }

    /// The size of the object after an attempt to put parts together, which failed or did not.
    async fn size_after(&self, key: &BlobKey, failure: Option<&Failure>) -> PortResult<Option<u64>> {
        let mut size = self.size(key).await?;
        if failure.is_some_and(Failure::is_missing) {
            for pause in OBJECT_PAUSES {
                if size.is_some() {
                    break;
                }
                sleep(pause).await;
                size = self.size(key).await?;
            }
        }
        Ok(size)
    }

    /// Tells by the size of the object what became of an attempt to put parts together, which failed or did not. Where
    /// the upload is not there, an earlier attempt may have completed it.
    pub(crate) async fn outcome(
        &self,
        key: &BlobKey,
        size: u64,
        failure: Option<Failure>,
    ) -> Result<(), CompleteParts> {
        match (self.size_after(key, failure.as_ref()).await, failure) {
            (Ok(Some(kept)), _) if kept == size => Ok(()),
            (Ok(Some(_another)), None) => {
                // It was this very attempt that made it, of parts that are not what they were said to be.
                self.delete_blob_object(key).await?;
                Err(CompleteParts::Mismatch)
            }
            (Ok(Some(_another)), Some(failure)) if failure.is_missing() => Err(CompleteParts::Mismatch),
            (Ok(None), Some(failure)) if failure.is_missing() => Err(CompleteParts::Gone),
            (_, Some(failure)) if failure.is_too_large() => {
                failure.tell_limit();
                Err(CompleteParts::TooLarge)
            }
            (_, Some(failure)) if failure.is_mismatch() => Err(CompleteParts::Mismatch),
            (_, Some(failure)) => Err(failure.into_store().into()),
            (Ok(None), None) => Err(Oddity::store(COMPLETE, "the completed object is not there").into()),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// Whether the upload is neither completed nor aborted. A server that can't tell is taken to say that it is not.
    pub(crate) async fn is_unfinished(&self, key: &BlobKey, upload: &str) -> PortResult<bool> {
        let listed = self
            .clients
            .control
            .list_parts()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .max_parts(1)
            .send()
            .await;
        match listed.map_err(|error| Failure::new("ListParts", &error)) {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_missing() => Ok(false),
            Err(failure) if failure.is_unsupported() => Ok(true),
            Err(failure) => Err(failure.into_store()),
        }
    }

    /// Gives up an upload and its parts. One that is gone already is no error.
    pub(crate) async fn abort(&self, key: &BlobKey, upload: &str) -> PortResult<()> {
        let aborted = self
            .clients
            .control
            .abort_multipart_upload()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .send()
            .await;
        match aborted.map_err(|error| Failure::new("AbortMultipartUpload", &error)) {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_missing() => Ok(()),
            Err(failure) => Err(failure.into_store()),
        }
    }

    /// Gives up every unfinished upload of the key, where the server can list them; how many there were.
    pub(crate) async fn abort_all(&self, key: &BlobKey) -> PortResult<usize> {
        let name = key.to_string();
        let mut aborted = 0;
        for _ in 0..MOST_PAGES {
            let uploads = match self.unfinished(key, &name).await {
                Ok(uploads) => uploads,
                Err(failure) if failure.is_unsupported() || failure.is_missing() => return Ok(aborted),
                Err(failure) => return Err(failure.into_store()),
            };
            for upload in &uploads {
                self.abort(key, upload).await?;
            }
            aborted += uploads.len();
            // What was aborted is no longer listed, so the next page is again the first.
            if uploads.len() < PAGE {
                return Ok(aborted);
            }
        }
        Err(Oddity::store("ListMultipartUploads", "the server keeps listing uploads that were aborted"))
    }

    async fn unfinished(&self, key: &BlobKey, name: &str) -> Result<Vec<String>, Failure> {
        let listed = self
            .clients
            .control
            .list_multipart_uploads()
            .bucket(self.bucket(key.bucket))
            .prefix(name)
            .max_uploads(i32::try_from(PAGE).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| Failure::new("ListMultipartUploads", &error))?;
        let uploads = listed.uploads.unwrap_or_default().into_iter();
        Ok(uploads
            .filter(|upload| upload.key.as_deref() == Some(name))
            .filter_map(|upload| upload.upload_id)
            .collect())
    }
}
