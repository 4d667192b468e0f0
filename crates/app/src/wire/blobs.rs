//! The blob store and its links.

use std::sync::Arc;
use std::time::Duration;

use fm_credentials::SystemClock;
use fm_disk::{DiskBlobStore, DiskSettings};
use fm_domain::blobs::{BlobStore, ListBlobs, PartUpload, SignDownload, SignParts};
use fm_domain::clock::Clock as _;
use fm_domain::mac::MacSigner;
use fm_http::links::{SelfSignedLinks, SelfSignedParts};
use fm_memory::MemoryBlobStore;
use fm_s3::{S3BlobStore, S3Settings, S3SignDownload, S3SignParts, S3Timeouts};
use fm_streaming::BufferBudget;

use super::{Purpose, StartError};
use crate::config::{BlobStoreChoice, Config, S3Config};

/// An unfinished file that nobody has written to for so long is debris.
const UNFINISHED_FOR: Duration = Duration::from_hours(24);

/// A store, what it can do beyond the least, and what signs URLs to it.
pub(super) struct Blobs {
    pub(super) store: Arc<dyn BlobStore>,
    pub(super) parts: Option<Arc<dyn PartUpload>>,
    /// What lists it, if it can be listed.
    pub(super) lister: Option<Arc<dyn ListBlobs>>,
    pub(super) links: Arc<dyn SignDownload>,
    pub(super) part_links: Option<Arc<dyn SignParts>>,
    /// The same store, if it is an S3.
    pub(super) s3: Option<Arc<S3BlobStore>>,
}

pub(super) async fn open(
    config: &Config,
    budget: BufferBudget,
    public_url: &str,
    macs: Arc<dyn MacSigner>,
    purpose: Purpose,
) -> Result<Blobs, StartError> {
    let ours = |store, parts, lister| Blobs {
        store,
        parts: Some(parts),
        lister: Some(lister),
        links: Arc::new(SelfSignedLinks::new(public_url, macs.clone())),
        part_links: Some(Arc::new(SelfSignedParts::new(public_url, macs.clone()))),
        s3: None,
    };
    match &config.blob_store {
        BlobStoreChoice::Memory => {
            let store = Arc::new(MemoryBlobStore::new(Arc::new(SystemClock)));
            Ok(ours(store.clone(), store.clone(), store))
        }
        BlobStoreChoice::Disk => {
            let folder = config.data_dir.join("blobs");
            let opened = DiskBlobStore::open(DiskSettings { root: folder.clone(), budget }).await;
            let failed = |source| StartError::Blobs { folder: folder.clone(), source };
            let store = opened.map_err(failed)?;
            if purpose == Purpose::Work {
                // What a process that died left behind, should its intent be lost too, as with a database in memory.
                store.remove_unfinished(SystemClock.now().minus(UNFINISHED_FOR)).await.map_err(failed)?;
            }
            let store = Arc::new(store);
            Ok(ours(store.clone(), store.clone(), store))
        }
        BlobStoreChoice::S3(s3) => {
            let settings = settings(s3, budget);
            let store = Arc::new(S3BlobStore::new(&settings)?);
            let ready = match purpose {
                Purpose::Work => store.ensure_buckets().await,
                Purpose::Look => store.ping().await,
            };
            ready.map_err(|source| StartError::Store { what: "the S3", source })?;
            Ok(Blobs {
                store: store.clone(),
                parts: Some(store.clone()),
                lister: Some(store.clone()),
                links: Arc::new(S3SignDownload::new(&settings)?),
                part_links: Some(Arc::new(S3SignParts::new(&settings)?)),
                s3: Some(store),
            })
        }
    }
}

fn settings(s3: &S3Config, budget: BufferBudget) -> S3Settings {
    S3Settings {
        endpoint: s3.endpoint.clone(),
        public_endpoint: s3.public_endpoint.clone(),
        region: s3.region.clone(),
        access_key_id: s3.access_key_id.expose().to_owned(),
        secret_access_key: s3.secret_access_key.expose().to_owned(),
        force_path_style: s3.force_path_style,
        files_bucket: s3.files_bucket.clone(),
        thumbnails_bucket: s3.thumbnails_bucket.clone(),
        budget,
        timeouts: S3Timeouts::default(),
    }
}
