//! The ports.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_streaming::{BufferBudget, BufferPool};
use futures_util::stream::BoxStream;

use crate::error::{DiskError, Step as _, blocking};
use crate::layout::{Layout, is_folder, sync};
use crate::readers::Readers;
use crate::{get, list, put};

/// Where blobs are kept, and out of which memory they are written.
#[derive(Debug, Clone)]
pub struct DiskSettings {
    /// The folder; it and what is above it are created when they are missing.
    pub root: PathBuf,
    /// The process's budget for buffers.
    pub budget: BufferBudget,
}

/// Keeps blobs as files below one folder.
#[derive(Debug, Clone)]
pub struct DiskBlobStore {
    pub(crate) layout: Arc<Layout>,
    budget: BufferBudget,
    pool: BufferPool,
    readers: Readers,
}

impl DiskBlobStore {
    /// Opens the store, creating its folders. The error names the step; the caller knows the folder.
    pub async fn open(settings: DiskSettings) -> PortResult<Self> {
        let DiskSettings { root, budget } = settings;
        let layout = blocking(move || {
            let layout = Layout::create(root)?;
            write_probe(layout.root())?;
            Ok(layout)
        })
        .await?;
        Ok(Self {
            layout: Arc::new(layout),
            budget,
            pool: BufferPool::default(),
            readers: Readers::default(),
        })
    }

    /// Removes files of writes that died with their process, and returns how many: unfinished files that were last
    /// written to before `before`. Choose `before` well in the past, since another process may be writing to the same
    /// folder.
    pub async fn remove_unfinished(&self, before: Timestamp) -> PortResult<u64> {
        let layout = Arc::clone(&self.layout);
        blocking(move || list::remove_unfinished(&layout, before)).await
    }
}

#[async_trait]
impl BlobStore for DiskBlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        put::put(&self.layout, (&self.budget, &self.pool), *key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        get::get(Arc::clone(&self.layout), self.readers.clone(), *key, range).await
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        let size = blocking(move || match get::size(&layout.paths(&key).whole)? {
            None => layout.absent(key.bucket, None),
            size => Ok(size),
        });
        Ok(size.await?.map(|size| BlobHead { size }))
    }

    /// A write to the key that is still under way fails afterwards: its file has lost the name that it would be
    /// renamed from.
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        blocking(move || {
            let paths = layout.paths(&key);
            // The unfinished ones first: in the other order a write could finish between the two. A writer that waits
            // for a fence sees that it is gone.
            let unfinished = remove(&paths.unfinished)? | remove(&paths.upload)?;
            let removed = remove(&paths.whole)? | remove(&paths.fence)? | unfinished;
            if !removed {
                return layout.absent(key.bucket, ());
            }
            sync(&layout.folder(&key)).step("syncing the folder of a blob")
        })
        .await
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(i64::MAX.unsigned_abs()) }
    }

    async fn ping(&self) -> PortResult<()> {
        let layout = Arc::clone(&self.layout);
        blocking(move || {
            for bucket in Bucket::ALL {
                is_folder(&layout.bucket(bucket)).step("looking at the folder of a bucket")?;
            }
            write_probe(layout.root())
        })
        .await
    }
}

#[async_trait]
impl ListBlobs for DiskBlobStore {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        Ok(list::list(Arc::clone(&self.layout), bucket))
    }
}

/// Removes a file; whether there was one.
pub(crate) fn remove(path: &Path) -> Result<bool, DiskError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).step("removing a blob"),
    }
}

/// Creates and removes a file in the root, to see whether it can be written to.
fn write_probe(root: &Path) -> Result<(), DiskError> {
    static PROBES: AtomicU64 = AtomicU64::new(0);
    let number = PROBES.fetch_add(1, Ordering::Relaxed);
    let path = root.join(format!(".probe.{}.{number}", std::process::id()));
    // One that a process of the same number left behind is as good as a new one.
    let probe = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
    drop(probe.step("writing to the root folder of the blobs")?);
    fs::remove_file(&path).step("removing from the root folder of the blobs")
}
