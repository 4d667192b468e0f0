//! Links by which clients send parts to ourselves: what they allow travels inside them, under a MAC.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use fm_domain::blobs::{BlobKey, Bucket, PartLink, PartWrite, SignParts, SignedPart, SignedUrl, WriteId};
use fm_domain::body::ByteSize;
use fm_domain::claims::{self, Binding, Claims};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UploadId, UserId};
use fm_domain::mac::{MacSigner, Purpose};

/// Signs links to `<base>/v1/direct-uploads/<upload>/parts/<number>?token=…` for stores that can't sign by themselves.
pub struct SelfSignedParts {
    base: String,
    macs: Arc<dyn MacSigner>,
}

/// What a token says, under short names because it travels in a URL.
#[derive(Serialize, Deserialize)]
struct PartClaims<'a> {
    #[serde(rename = "o")]
    owner: UserId,
    #[serde(rename = "b")]
    blob: BlobId,
    #[serde(rename = "t", skip_serializing_if = "is_false", default)]
    thumbnail: bool,
    #[serde(rename = "w")]
    write: Cow<'a, str>,
    #[serde(rename = "s")]
    size: ByteSize,
    #[serde(rename = "f")]
    issued_at: i64,
    #[serde(rename = "e")]
    expires_at: i64,
}

impl Claims for PartClaims<'_> {
    const PURPOSE: Purpose = Purpose::Part;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl SelfSignedParts {
    /// Links under `base`, the URL that clients reach us by, with or without a slash at its end.
    #[must_use]
    pub fn new(base: &str, macs: Arc<dyn MacSigner>) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), macs }
    }

    /// What a genuine token allows to send to this upload as the part of this number; whether its time is past, and
    /// how many bytes come, is the caller's to see. Times are to the second.
    #[must_use]
    pub fn open(upload: UploadId, number: u32, token: &str, macs: &dyn MacSigner) -> Option<PartLink> {
        let claims: PartClaims<'_> = claims::open(token, Binding::Prefix(&place(upload, number)), macs)?;
        let bucket = if claims.thumbnail { Bucket::Thumbnails } else { Bucket::Files };
        Some(PartLink {
            owner: claims.owner,
            upload,
            write: PartWrite {
                key: BlobKey { bucket, id: claims.blob },
                id: WriteId::new(claims.write.into_owned()),
            },
            number,
            size: claims.size,
            issued_at: Timestamp::from_unix_seconds(claims.issued_at),
            expires_at: Timestamp::from_unix_seconds(claims.expires_at),
        })
    }
}

/// What is in the path of a link, each with a length of its own.
fn place(upload: UploadId, number: u32) -> [u8; 20] {
    let mut place = [0; 20];
    place[..16].copy_from_slice(upload.uuid().as_bytes());
    place[16..].copy_from_slice(&number.to_be_bytes());
    place
}

#[async_trait]
impl SignParts for SelfSignedParts {
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart> {
        let PartLink { owner, upload, write, number, size, issued_at, expires_at } = link;
        let claims = PartClaims {
            owner: *owner,
            blob: write.key.id,
            thumbnail: write.key.bucket == Bucket::Thumbnails,
            write: write.id.as_str().into(),
            size: *size,
            issued_at: issued_at.unix_seconds(),
            expires_at: expires_at.unix_seconds(),
        };
        let token = claims::seal(&claims, Binding::Prefix(&place(*upload, *number)), self.macs.as_ref())?;
        let url = format!("{}/v1/direct-uploads/{upload}/parts/{number}?token={token}", self.base);
        Ok(SignedPart { method: "PUT", url: SignedUrl::new(&url), headers: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
