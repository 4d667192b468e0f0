//! Links to blobs, signed for the store that serves them.

use std::fmt;

use async_trait::async_trait;
use fm_domain::blobs::{DownloadLink, SignDownload, SignedUrl};
use fm_domain::error::PortResult;
use quick_cache::sync::Cache;

use crate::endpoint::InvalidEndpoint;
use crate::public::{Permitted, PublicBuckets};
use crate::settings::S3Settings;
use crate::signature::life;

/// Signed URLs that are remembered: a few megabytes of them.
const REMEMBERED: usize = 4096;

/// Signs URLs by which clients fetch blobs from the public endpoint of the store, with `GET` alone.
///
/// A link's times are those of its signature, so equal links give equal URLs. A life of more than a week counts from
/// a week before its end, because no signature lasts longer.
pub struct S3SignDownload {
    buckets: PublicBuckets,
    remembered: Cache<DownloadLink, SignedUrl>,
}

impl fmt::Debug for S3SignDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3SignDownload").field("buckets", &self.buckets).finish_non_exhaustive()
    }
}

impl S3SignDownload {
    /// Signs for the server of these settings.
    pub fn new(settings: &S3Settings) -> Result<Self, InvalidEndpoint> {
        Ok(Self { buckets: PublicBuckets::new(settings)?, remembered: Cache::new(REMEMBERED) })
    }

    /// The origins of the URLs: that of the endpoint, or one for each bucket where buckets are hosts.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        self.buckets.origins()
    }

    fn url(&self, link: &DownloadLink) -> SignedUrl {
        let target = &link.target;
        let life = life(link.issued_at, link.expires_at);
        let content_type = target.content_type.safe();
        let disposition = target.disposition.allowed_for(&content_type);
        self.buckets.presign(&Permitted {
            method: "GET",
            key: &target.key,
            life,
            content_length: None,
            // What the answer shall say.
            query: &[
                // What is left when the answer is given can't be known when it is signed; half the life is the least
                // that links of a window have left when they are handed out.
                ("response-cache-control", &format!("private, max-age={}", life.1 / 2)),
                ("response-content-disposition", &disposition.header_value(&target.filename)),
                ("response-content-type", &content_type.to_string()),
            ],
        })
    }
}

#[async_trait]
impl SignDownload for S3SignDownload {
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        if let Some(url) = self.remembered.get(link) {
            return Ok(url);
        }
        let url = self.url(link);
        self.remembered.insert(link.clone(), url.clone());
        Ok(url)
    }
}
