//! What `s3s-fs` lacks: knowing which uploads are unfinished.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
    DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, MultipartUpload, PutObjectInput, PutObjectOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

/// The file system, and the unfinished uploads to it.
pub(crate) struct Uploads {
    files: FileSystem,
    folder: PathBuf,
    unfinished: Mutex<Vec<Unfinished>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Unfinished {
    bucket: String,
    key: String,
    id: String,
}

impl Uploads {
    /// `folder` is that of the files.
    pub(crate) fn new(files: FileSystem, folder: &Path) -> Self {
        Self { files, folder: folder.to_owned(), unfinished: Mutex::default() }
    }

    fn unfinished(&self) -> MutexGuard<'_, Vec<Unfinished>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, bucket: &str, key: &str, id: &str) -> S3Result<Unfinished> {
        let upload = Unfinished { bucket: bucket.to_owned(), key: key.to_owned(), id: id.to_owned() };
        if self.unfinished().contains(&upload) { Ok(upload) } else { Err(s3_error!(NoSuchUpload)) }
    }

    fn finish(&self, upload: &Unfinished) {
        self.unfinished().retain(|other| other != upload);
    }

    /// Removes what belongs to an upload that is not there any more.
    fn remove_parts(&self, id: &str) -> io::Result<()> {
        let prefix = format!(".upload_id-{id}");
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                match std::fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

macro_rules! as_the_files_do {
    ($(async fn $operation:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait]
        impl S3 for Uploads {
            $(async fn $operation(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.files.$operation(request).await
            })*

            async fn create_multipart_upload(
                &self,
                request: S3Request<CreateMultipartUploadInput>,
            ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
                let response = self.files.create_multipart_upload(request).await?;
                let created = &response.output;
                if let (Some(bucket), Some(key), Some(id)) = (&created.bucket, &created.key, &created.upload_id) {
                    let upload = Unfinished { bucket: bucket.clone(), key: key.clone(), id: id.clone() };
                    self.unfinished().push(upload);
                }
                Ok(response)
            }

            async fn upload_part(
                &self,
                request: S3Request<UploadPartInput>,
            ) -> S3Result<S3Response<UploadPartOutput>> {
                let input = &request.input;
                let upload = self.check(&input.bucket, &input.key, &input.upload_id)?;
                let response = self.files.upload_part(request).await?;
                // Given up meanwhile: the part came too late to be removed with the others.
                if let Err(gone) = self.check(&upload.bucket, &upload.key, &upload.id) {
                    self.remove_parts(&upload.id).map_err(s3s::S3Error::internal_error)?;
                    return Err(gone);
                }
                Ok(response)
            }

            async fn complete_multipart_upload(
                &self,
                request: S3Request<CompleteMultipartUploadInput>,
            ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
                let input = &request.input;
                let upload = self.check(&input.bucket, &input.key, &input.upload_id)?;
                let response = self.files.complete_multipart_upload(request).await?;
                self.finish(&upload);
                Ok(response)
            }

            async fn abort_multipart_upload(
                &self,
                request: S3Request<AbortMultipartUploadInput>,
            ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
                let input = &request.input;
                let upload = self.check(&input.bucket, &input.key, &input.upload_id)?;
                // Before its parts go, so that a part that comes meanwhile is not taken for one of it.
                self.finish(&upload);
                self.files.abort_multipart_upload(request).await
            }

            async fn list_multipart_uploads(
                &self,
                request: S3Request<ListMultipartUploadsInput>,
            ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
                let ListMultipartUploadsInput { bucket, prefix, .. } = request.input;
                let prefix = prefix.unwrap_or_default();
                let uploads = self
                    .unfinished()
                    .iter()
                    .filter(|upload| upload.bucket == bucket && upload.key.starts_with(&prefix))
                    .map(|upload| MultipartUpload {
                        key: Some(upload.key.clone()),
                        upload_id: Some(upload.id.clone()),
                        ..MultipartUpload::default()
                    })
                    .collect();
                Ok(S3Response::new(ListMultipartUploadsOutput {
                    bucket: Some(bucket),
                    is_truncated: Some(false),
                    uploads: Some(uploads),
                    ..ListMultipartUploadsOutput::default()
                }))
            }
        }
    };
}

as_the_files_do! {
    async fn create_bucket(CreateBucketInput) -> CreateBucketOutput;
    async fn delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
    async fn head_bucket(HeadBucketInput) -> HeadBucketOutput;
    async fn put_object(PutObjectInput) -> PutObjectOutput;
    async fn get_object(GetObjectInput) -> GetObjectOutput;
    async fn head_object(HeadObjectInput) -> HeadObjectOutput;
    async fn delete_object(DeleteObjectInput) -> DeleteObjectOutput;
    async fn list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    async fn list_parts(ListPartsInput) -> ListPartsOutput;
}
