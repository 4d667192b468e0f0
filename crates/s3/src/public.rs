//! What is signed for clients: requests to the public endpoint of the store.

use std::fmt;

use fm_domain::blobs::{BlobKey, Bucket, SignedUrl};
use fm_domain::clock::Timestamp;

use crate::endpoint::{BucketAddress, Endpoint, InvalidEndpoint};
use crate::settings::S3Settings;
use crate::signature::{Presigned, Signer};

/// The buckets as clients reach them, and the key that requests to them are signed with.
pub(crate) struct PublicBuckets {
    signer: Signer,
    files: BucketAddress,
    thumbnails: BucketAddress,
}

/// What a client may do with a blob, and when.
pub(crate) struct Permitted<'a> {
    pub(crate) method: &'static str,
    pub(crate) key: &'a BlobKey,
    /// When, and for how many seconds: see [`life`](crate::signature::life).
    pub(crate) life: (Timestamp, u64),
    pub(crate) content_length: Option<u64>,
    pub(crate) query: &'a [(&'a str, &'a str)],
}

impl fmt::Debug for PublicBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicBuckets").field("files", &self.files).finish_non_exhaustive()
    }
}

impl PublicBuckets {
    pub(crate) fn new(settings: &S3Settings) -> Result<Self, InvalidEndpoint> {
        let endpoint = Endpoint::parse("S3_PUBLIC_ENDPOINT", &settings.public_endpoint)?;
        let address = |bucket| endpoint.bucket(settings.bucket(bucket), settings.force_path_style);
        Ok(Self {
            signer: Signer::new(
                settings.region.clone(),
                settings.access_key_id.clone(),
                settings.secret_access_key.clone(),
            ),
            files: address(Bucket::Files),
            thumbnails: address(Bucket::Thumbnails),
        })
    }

    pub(crate) fn origins(&self) -> Vec<String> {
        let mut origins = vec![self.files.origin.clone()];
        if self.thumbnails.origin != self.files.origin {
            origins.push(self.thumbnails.origin.clone());
        }
        origins
    }

    pub(crate) fn presign(&self, permitted: &Permitted<'_>) -> SignedUrl {
        let (signed_at, expires_in) = permitted.life;
        SignedUrl::new(&self.signer.presign(&Presigned {
            method: permitted.method,
            address: match permitted.key.bucket {
                Bucket::Files => &self.files,
                Bucket::Thumbnails => &self.thumbnails,
            },
            key: &permitted.key.to_string(),
            signed_at,
            expires_in,
            content_length: permitted.content_length,
            query: permitted.query,
        }))
    }
}
