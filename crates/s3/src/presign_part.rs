//! Requests by which clients send parts, signed for the store that takes them.

use async_trait::async_trait;
use fm_domain::blobs::{PartLink, SignParts, SignedPart};
use fm_domain::error::PortResult;

use crate::endpoint::InvalidEndpoint;
use crate::public::{Permitted, PublicBuckets};
use crate::settings::S3Settings;
use crate::signature::life;

/// Signs URLs by which clients send parts to the public endpoint of the store, with `PUT` alone and exactly as many
/// bytes as were signed.
///
/// Only the length is signed beside the host: every client sends it by itself, and a browser lets no script set it.
#[derive(Debug)]
pub struct S3SignParts(PublicBuckets);

impl S3SignParts {
    /// Signs for the server of these settings.
    pub fn new(settings: &S3Settings) -> Result<Self, InvalidEndpoint> {
        PublicBuckets::new(settings).map(Self)
    }
}

#[async_trait]
impl SignParts for S3SignParts {
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart> {
        let url = self.0.presign(&Permitted {
            method: "PUT",
            key: &link.write.key,
            life: life(link.issued_at, link.expires_at),
            content_length: Some(link.size.bytes()),
            query: &[("partNumber", &link.number.to_string()), ("uploadId", link.write.id.as_str())],
        });
        Ok(SignedPart { method: "PUT", url, headers: Vec::new() })
    }
}
