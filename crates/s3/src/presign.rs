//! Links to blobs, signed for the store that serves them.

use std::fmt;

use async_trait::async_trait;
use fm_domain::blob::{Bucket, DownloadLink, SignDownload, SignedUrl};
use fm_domain::store::Stored;
use quick_cache::sync::Cache;

use crate::endpoint::{BucketAddress, Endpoint, InvalidEndpoint};
use crate::settings::S3Settings;
use crate::signature::{Presigned, Signer, life};

/// Signed URLs that are remembered: a few megabytes of them.
const REMEMBERED: usize = 4096;

/// Signs URLs by which clients fetch blobs from the public endpoint of the store, with `GET` alone.
///
/// A link's times are those of its signature, so equal links give equal URLs. A life of more than a week counts from
/// a week before its end, because no signature lasts longer.
pub struct S3SignDownload {
    signer: Signer,
    files: BucketAddress,
    thumbnails: BucketAddress,
    remembered: Cache<DownloadLink, SignedUrl>,
}

impl fmt::Debug for S3SignDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3SignDownload").field("files", &self.files).finish_non_exhaustive()
    }
}

impl S3SignDownload {
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
            remembered: Cache::new(REMEMBERED),
        })
    }

    fn url(&self, link: &DownloadLink) -> String {
        let target = &link.target;
        let (signed_at, life) = life(link.issued_at, link.expires_at);
        let content_type = target.content_type.safe();
        let disposition = target.disposition.allowed_for(&content_type);
        self.signer.presign(&Presigned {
            method: "GET",
            address: match target.key.bucket {
                Bucket::Files => &self.files,
                Bucket::Thumbnails => &self.thumbnails,
            },
            key: &target.key.to_string(),
            signed_at,
            expires_in: life,
            content_length: None,
            // What the answer shall say.
            query: &[
                // What is left when the answer is given can't be known when it is signed; half the life is the least
                // that links of a window have left when they are handed out.
                ("response-cache-control", &format!("private, max-age={}", life / 2)),
                ("response-content-disposition", &disposition.header_value(&target.filename)),
                ("response-content-type", content_type.as_str()),
            ],
        })
    }
}

#[async_trait]
impl SignDownload for S3SignDownload {
    async fn sign(&self, link: &DownloadLink) -> Stored<SignedUrl> {
        if let Some(url) = self.remembered.get(link) {
            return Ok(url);
        }
        let url = SignedUrl::new(self.url(link));
        self.remembered.insert(link.clone(), url.clone());
        Ok(url)
    }
}
