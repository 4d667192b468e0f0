//! Blobs in parts.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use fm_domain::blob::{BlobKey, PutBlob};
use fm_domain::file::MediaType;
use fm_domain::store::Stored;

use crate::body::repeatable;
use crate::cleanup::Cleanup;
use crate::failure::{Failure, Oddity};
use crate::parts::{Part, Parts};
use crate::put::{CACHE_CONTROL, DISPOSITION};
use crate::store::Shared;

/// Unfinished uploads that are asked for at once. A key has one; more only where requests were repeated.
const PAGE: usize = 1000;
const MOST_PAGES: usize = 10;

impl Shared {
    /// Sends one part after the other, so that an upload never holds more than one, and never waits for memory while
    /// it holds some.
    pub(crate) async fn put_parts(
        &self,
        key: &BlobKey,
        first: Part,
        parts: &mut Parts,
        content_type: &MediaType,
        cleanup: &mut Cleanup,
    ) -> Result<(), PutBlob> {
        let upload = self.create_upload(key, content_type).await?;
        cleanup.of_upload(upload.clone());
        let mut completed = Vec::new();
        let mut part = first;
        loop {
            let last = part.last;
            completed.push(self.upload_part(key, &upload, completed.len(), part).await?);
            if last {
                break;
            }
            part = parts.next(&self.budget).await?;
        }
        self.complete_upload(key, &upload, completed, parts.taken()).await?;
        Ok(())
    }

    async fn create_upload(&self, key: &BlobKey, content_type: &MediaType) -> Stored<String> {
        const STEP: &str = "CreateMultipartUpload";
        let created = self
            .clients
            .control
            .create_multipart_upload()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .content_type(content_type.as_str())
            .content_disposition(DISPOSITION)
            .cache_control(CACHE_CONTROL)
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error).into_store())?;
        created.upload_id.ok_or_else(|| Oddity::store(STEP, "the answer holds no upload id"))
    }

    async fn upload_part(
        &self,
        key: &BlobKey,
        upload: &str,
        before: usize,
        part: Part,
    ) -> Stored<CompletedPart> {
        const STEP: &str = "UploadPart";
        let number = i32::try_from(before + 1).unwrap_or(i32::MAX);
        let length = i64::try_from(part.length).unwrap_or(i64::MAX);
        let uploaded = self
            .clients
            .transfer
            .upload_part()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .part_number(number)
            .content_length(length)
            .body(repeatable(part.pieces))
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error).into_store())?;
        // Some servers quote it and some don't: it goes back as it came.
        let e_tag = uploaded.e_tag.ok_or_else(|| Oddity::store(STEP, "the answer holds no ETag"))?;
        Ok(CompletedPart::builder().part_number(number).e_tag(e_tag).build())
    }

    /// Puts the parts together, and then asks for the size: a server that verifies nothing may have lost a part, and
    /// an answer that was lost may yet have been a success. Under a fresh key there is nothing else to be found.
    async fn complete_upload(
        &self,
        key: &BlobKey,
        upload: &str,
        parts: Vec<CompletedPart>,
        sent: u64,
    ) -> Stored<()> {
        const STEP: &str = "CompleteMultipartUpload";
        let completed = self
            .clients
            .complete
            .complete_multipart_upload()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .upload_id(upload)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await;
        let failure = completed.err().map(|error| Failure::new(STEP, &error).into_store());
        match (self.size(key).await, failure) {
            (Ok(Some(size)), _) if size == sent => Ok(()),
            (_, Some(failure)) => Err(failure),
            (Ok(Some(size)), None) => {
                Err(Oddity::store(STEP, format!("the store kept {size} of {sent} bytes")))
            }
            (Ok(None), None) => Err(Oddity::store(STEP, "the completed object is not there")),
            (Err(error), None) => Err(error),
        }
    }

    /// Gives up an upload and its parts. One that is gone already is no error.
    pub(crate) async fn abort(&self, key: &BlobKey, upload: &str) -> Stored<()> {
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

    /// Gives up every unfinished upload of the key, where the server can list them.
    pub(crate) async fn abort_all(&self, key: &BlobKey) -> Stored<()> {
        let name = key.to_string();
        for _ in 0..MOST_PAGES {
            let uploads = match self.unfinished(key, &name).await {
                Ok(uploads) => uploads,
                Err(failure) if failure.is_unsupported() || failure.is_missing() => return Ok(()),
                Err(failure) => return Err(failure.into_store()),
            };
            for upload in &uploads {
                self.abort(key, upload).await?;
            }
            // What was aborted is no longer listed, so the next page is again the first.
            if uploads.len() < PAGE {
                return Ok(());
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
