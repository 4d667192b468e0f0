//! Links by which clients send parts to ourselves: what they allow travels inside them, under a MAC.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use fm_domain::blobs::{BlobKey, Bucket, PartLink, PartWrite, SignParts, SignedPart, SignedUrl, WriteId};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, UploadId, UserId};
use fm_domain::mac::{Mac, MacSigner, Purpose};

/// Signs links to `<base>/v1/direct-uploads/<upload>/parts/<number>?token=…` for stores that can't sign by themselves.
pub struct SelfSignedParts {
    base: String,
    macs: Arc<dyn MacSigner>,
}

/// What a token says, under short names because it travels in a URL.
#[derive(Serialize, Deserialize)]
struct Claims<'a> {
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
        let (claims, mac) = token.split_once('.')?;
        let mac = Mac::parse(mac)?;
        if !macs.verify(Purpose::Part, &message(upload, number, claims), &mac) {
            return None;
        }
        let json = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Claims<'_> = serde_json::from_slice(&json).ok()?;
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

/// What is in the path goes before what is in the token, each with a length of its own.
fn message(upload: UploadId, number: u32, claims: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(20 + claims.len());
    message.extend_from_slice(upload.uuid().as_bytes());
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(claims.as_bytes());
    message
}

#[async_trait]
impl SignParts for SelfSignedParts {
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart> {
        let PartLink { owner, upload, write, number, size, issued_at, expires_at } = link;
        let claims = Claims {
            owner: *owner,
            blob: write.key.id,
            thumbnail: write.key.bucket == Bucket::Thumbnails,
            write: write.id.as_str().into(),
            size: *size,
            issued_at: issued_at.unix_seconds(),
            expires_at: expires_at.unix_seconds(),
        };
        let json = serde_json::to_vec(&claims).map_err(|error| PortError::Unexpected(error.into()))?;
        let claims = URL_SAFE_NO_PAD.encode(json);
        let mac = self.macs.sign(Purpose::Part, &message(*upload, *number, &claims)).to_text();
        let url = format!("{}/v1/direct-uploads/{upload}/parts/{number}?token={claims}.{mac}", self.base);
        Ok(SignedPart { method: "PUT", url: SignedUrl::new(url), headers: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
