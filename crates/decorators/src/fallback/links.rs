//! Signed URLs to the store that has the blob.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::blobs::{BlobKey, BlobStore, DownloadLink, SignDownload, SignedUrl};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use quick_cache::sync::Cache;

/// How many places are remembered: some ten mebibytes at most.
const CAPACITY: usize = 100_000;
/// How long a blob counts as one of the previous store until the current one is asked for it again.
const MOVED_WITHIN: Duration = Duration::from_mins(1);

/// Where a blob was found.
#[derive(Clone, Copy)]
enum Place {
    /// It stays there: keys are never used again.
    Current,
    /// It may be moved from there.
    Previous { until: Timestamp },
}

/// Signs for the store that has the blob. The current store is asked for a blob once if it has it, and once a minute as long as
/// it does not; so a list of files costs no more than that.
pub struct FallbackLinks {
    current: Arc<dyn SignDownload>,
    previous: Arc<dyn SignDownload>,
    current_store: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    places: Cache<BlobKey, Place>,
}

impl FallbackLinks {
    /// Signs by `current` what `current_store` has, and by `previous` all else.
    #[must_use]
    pub fn new(
        current: Arc<dyn SignDownload>,
        previous: Arc<dyn SignDownload>,
        current_store: Arc<dyn BlobStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { current, previous, current_store, clock, places: Cache::new(CAPACITY) }
    }

    async fn place(&self, key: &BlobKey) -> PortResult<Place> {
        let now = self.clock.now();
        match self.places.get(key) {
            Some(Place::Previous { until }) if until <= now => {}
            Some(place) => return Ok(place),
            None => {}
        }
        let place = match self.current_store.head(key).await? {
            Some(_there) => Place::Current,
            None => Place::Previous { until: now.plus(MOVED_WITHIN) },
        };
        self.places.insert(*key, place);
        Ok(place)
    }
}

#[async_trait]
impl SignDownload for FallbackLinks {
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        match self.place(&link.target.key).await? {
            Place::Current => self.current.sign(link).await,
            Place::Previous { .. } => self.previous.sign(link).await,
        }
    }
}
