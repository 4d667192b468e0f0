//! Links to blobs that we serve ourselves: what they lead to travels inside them, under a MAC.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use fm_domain::blobs::{BlobKey, Bucket, Disposition, DownloadLink, LinkTarget, SignDownload, SignedUrl};
use fm_domain::claims::{self, Binding, Claims};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{FileName, Sha256};
use fm_domain::ids::BlobId;
use fm_domain::mac::{MacSigner, Purpose};
use quick_cache::sync::Cache;

/// Signs links to `<base>/v1/blobs/<id>?token=…` for stores that can't sign by themselves.
pub struct SelfSignedLinks {
    base: String,
    macs: Arc<dyn MacSigner>,
    remembered: Cache<DownloadLink, SignedUrl>,
}

/// Signed URLs that are remembered: a few megabytes of them.
const REMEMBERED: usize = 4096;

/// What a token says, under short names because it travels in a URL.
#[derive(Serialize, Deserialize)]
struct DownloadClaims<'a> {
    #[serde(rename = "b", skip_serializing_if = "is_false", default)]
    thumbnail: bool,
    #[serde(rename = "e")]
    expires_at: i64,
    #[serde(rename = "i", skip_serializing_if = "is_false", default)]
    inline: bool,
    #[serde(rename = "t")]
    content_type: std::borrow::Cow<'a, str>,
    #[serde(rename = "n")]
    filename: std::borrow::Cow<'a, str>,
    #[serde(rename = "h", skip_serializing_if = "Option::is_none", default)]
    sha256: Option<Sha256>,
}

impl Claims for DownloadClaims<'_> {
    const PURPOSE: Purpose = Purpose::Link;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl SelfSignedLinks {
    /// Links under `base`, the URL that clients reach us by, with or without a slash at its end.
    #[must_use]
    pub fn new(base: &str, macs: Arc<dyn MacSigner>) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, macs, remembered: Cache::new(REMEMBERED) }
    }

    /// What a genuine token leads to, and until when; whether that is past is the caller's to see.
    pub(crate) fn open(blob: BlobId, token: &str, macs: &dyn MacSigner) -> Option<(LinkTarget, Timestamp)> {
        let claims: DownloadClaims<'_> = claims::open(token, Binding::Prefix(blob.uuid().as_bytes()), macs)?;
        let bucket = if claims.thumbnail { Bucket::Thumbnails } else { Bucket::Files };
        let target = LinkTarget {
            key: BlobKey { bucket, id: blob },
            content_type: claims.content_type.parse().ok()?,
            disposition: if claims.inline { Disposition::Inline } else { Disposition::Attachment },
            filename: FileName::from_stored(&claims.filename).ok()?,
            sha256: claims.sha256,
        };
        Some((target, Timestamp::from_unix_seconds(claims.expires_at)))
    }

    fn url(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        let target = &link.target;
        let claims = DownloadClaims {
            thumbnail: target.key.bucket == Bucket::Thumbnails,
            expires_at: link.expires_at.unix_seconds(),
            inline: target.disposition == Disposition::Inline,
            content_type: target.content_type.to_string().into(),
            filename: target.filename.as_str().into(),
            sha256: target.sha256,
        };
        let blob = target.key.id;
        let token = claims::seal(&claims, Binding::Prefix(blob.uuid().as_bytes()), self.macs.as_ref())?;
        Ok(SignedUrl::new(&format!("{}/v1/blobs/{blob}?token={token}", self.base)))
    }
}

#[async_trait]
impl SignDownload for SelfSignedLinks {
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        if let Some(url) = self.remembered.get(link) {
            return Ok(url);
        }
        let url = self.url(link)?;
        self.remembered.insert(link.clone(), url.clone());
        Ok(url)
    }
}

#[cfg(test)]
mod tests;
