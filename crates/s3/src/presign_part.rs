//! Requests by which clients send parts, signed for the store that takes them.

use std::fmt;

use async_trait::async_trait;
use fm_domain::blob::{Bucket, PartLink, SignParts, SignedPart, SignedUrl};
use fm_domain::store::Stored;

use crate::endpoint::{BucketAddress, Endpoint, InvalidEndpoint};
use crate::settings::S3Settings;
use crate::signature::{Presigned, Signer, life};

/// Signs URLs by which clients send parts to the public endpoint of the store, with `PUT` alone and exactly as many
/// bytes as were signed.
///
/// Only the length is signed beside the host: every client sends it by itself, and a browser lets nobody set it.
pub struct S3SignParts {
    signer: Signer,
    files: BucketAddress,
    thumbnails: BucketAddress,
}

impl fmt::Debug for S3SignParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3SignParts").field("files", &self.files).finish_non_exhaustive()
    }
}

impl S3SignParts {
    /// Signs for the server of these settings.
    pub fn new(settings: &S3Settings) -> Result<Self, InvalidEndpoint> {
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
}

#[async_trait]
impl SignParts for S3SignParts {
    async fn sign(&self, link: &PartLink) -> Stored<SignedPart> {
        let key = &link.write.key;
        let (signed_at, expires_in) = life(link.issued_at, link.expires_at);
        let url = self.signer.presign(&Presigned {
            method: "PUT",
            address: match key.bucket {
                Bucket::Files => &self.files,
                Bucket::Thumbnails => &self.thumbnails,
            },
            key: &key.to_string(),
            signed_at,
            expires_in,
            content_length: Some(link.size.bytes()),
            query: &[("partNumber", &link.number.to_string()), ("uploadId", link.write.id.as_str())],
        });
        Ok(SignedPart { method: "PUT", url: SignedUrl::new(url), headers: Vec::new() })
    }
}
