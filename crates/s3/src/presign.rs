//! Links to blobs, signed for the store that serves them.

use std::fmt;

use async_trait::async_trait;
use fm_domain::blob::{Bucket, DownloadLink, SignDownload, SignedUrl};
use fm_domain::clock::Timestamp;
use fm_domain::store::Stored;
use quick_cache::sync::Cache;

use crate::endpoint::{BucketAddress, Endpoint, InvalidEndpoint};
use crate::settings::S3Settings;
use crate::signature::{Get, Signer};

/// The longest life that a signature can have, in seconds.
const LONGEST_LIFE: i64 = 604_800;

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
        let ends = link.expires_at.unix_seconds();
        // At least a second: a link that is expired when it is signed is expired for the store too.
        let starts = link.issued_at.unix_seconds().clamp(ends - LONGEST_LIFE, ends - 1);
        let life = u64::try_from(ends - starts).unwrap_or(1);
        let content_type = target.content_type.safe();
        let disposition = target.disposition.allowed_for(&content_type);
        self.signer.presign(&Get {
            address: match target.key.bucket {
                Bucket::Files => &self.files,
                Bucket::Thumbnails => &self.thumbnails,
            },
            key: &target.key.to_string(),
            signed_at: Timestamp::from_unix_seconds(starts),
            expires_in: life,
            // What is left when the answer is given can't be known when it is signed; half the life is the least that
            // links of a window have left when they are handed out.
            cache_control: &format!("private, max-age={}", life / 2),
            content_disposition: &disposition.header_value(&target.filename),
            content_type: content_type.as_str(),
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
