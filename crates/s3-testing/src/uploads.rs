//! What `s3s-fs` lacks: knowing which uploads are unfinished, and what their parts are.
//!
//! It takes any tag, no gap between the numbers, and parts that come while an upload ends. Here a part that is sent
//! gets a file of its own, whatever its number, and counts from when it is whole; at the end those that are named are
//! checked, put in a row, and given to `s3s-fs`.

mod ledger;

use std::path::Path;

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    MultipartUpload, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use ledger::{Ledger, Upload};

/// The file system, and the unfinished uploads to it.
pub(crate) struct Uploads {
    files: FileSystem,
    ledger: Ledger,
}

impl Uploads {
    pub(crate) fn new(files: FileSystem, folder: &Path) -> Self {
        Self { files, ledger: Ledger::new(folder) }
    }

    async fn take_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = &mut request.input;
        let upload = Upload::new(&input.bucket, &input.key, &input.upload_id);
        let number = input.part_number;
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(InvalidArgument));
        }
        input.part_number = self.ledger.next_file(&upload)?;
        let file = input.part_number;
        let response = self.files.upload_part(request).await;
        match response {
            Ok(response) => {
                self.ledger.came(&upload, number, file, response.output.e_tag.as_ref())?;
                Ok(response)
            }
            // It may have ended meanwhile, and its parts gone with it.
            Err(error) => Err(if self.ledger.knows(&upload) { error } else { s3_error!(NoSuchUpload) }),
        }
    }

    async fn end(
        &self,
        mut request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = &mut request.input;
        let upload = Upload::new(&input.bucket, &input.key, &input.upload_id);
        let named = input.multipart_upload.as_mut().and_then(|named| named.parts.as_mut());
        let named: &mut Vec<CompletedPart> = named.ok_or_else(|| s3_error!(MalformedXML))?;
        self.ledger.end(&upload, named)?;
        for (part, number) in named.iter_mut().zip(1..) {
            part.part_number = Some(number);
        }
        self.files.complete_multipart_upload(request).await
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
                    self.ledger.begin(Upload::new(bucket, key, id));
                }
                Ok(response)
            }

            async fn upload_part(
                &self,
                request: S3Request<UploadPartInput>,
            ) -> S3Result<S3Response<UploadPartOutput>> {
                self.take_part(request).await
            }

            async fn complete_multipart_upload(
                &self,
                request: S3Request<CompleteMultipartUploadInput>,
            ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
                self.end(request).await
            }

            async fn abort_multipart_upload(
                &self,
                request: S3Request<AbortMultipartUploadInput>,
            ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
                let input = &request.input;
                self.ledger.give_up(&Upload::new(&input.bucket, &input.key, &input.upload_id))?;
                self.files.abort_multipart_upload(request).await
            }

            async fn list_multipart_uploads(
                &self,
                request: S3Request<ListMultipartUploadsInput>,
            ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
                let ListMultipartUploadsInput { bucket, prefix, .. } = request.input;
                let listed = self.ledger.list(&bucket, &prefix.unwrap_or_default()).into_iter();
                let uploads = listed.map(|upload| MultipartUpload {
                    key: Some(upload.key),
                    upload_id: Some(upload.id),
                    ..MultipartUpload::default()
                });
                Ok(S3Response::new(ListMultipartUploadsOutput {
                    bucket: Some(bucket),
                    is_truncated: Some(false),
                    uploads: Some(uploads.collect()),
                    ..ListMultipartUploadsOutput::default()
                }))
            }

            /// Lists none, but knows whether there is such an upload.
            async fn list_parts(
                &self,
                request: S3Request<ListPartsInput>,
            ) -> S3Result<S3Response<ListPartsOutput>> {
                let ListPartsInput { bucket, key, upload_id, .. } = request.input;
                if !self.ledger.knows(&Upload::new(&bucket, &key, &upload_id)) {
                    return Err(s3_error!(NoSuchUpload));
                }
                Ok(S3Response::new(ListPartsOutput {
                    bucket: Some(bucket),
                    key: Some(key),
                    upload_id: Some(upload_id),
                    is_truncated: Some(false),
                    ..ListPartsOutput::default()
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
}
