//! The worked example of `docs/WRITING-AN-ADAPTER.md`: a whole blob store on a folder, and the suite on it.
#![expect(clippy::expect_used, reason = "in a test a panic is a failure")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::BlobStoreHarness;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, ListBlobs, PutBlob, PutHint,
    StoredBlob,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::error::{PortError, PortResult};
use fm_streaming::BufferBudget;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

// The adapter. It is named after its technology and its port.

/// Blobs in a folder, one file each.
struct FolderBlobStore {
    folder: PathBuf,
}

/// The one place where errors of the technology become errors of the port.
fn failed(error: io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => PortError::Unavailable(error.into()),
        _ => PortError::Unexpected(error.into()),
    }
}

/// What is not there is `None`.
fn found<T>(result: io::Result<T>) -> PortResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

impl FolderBlobStore {
    fn place(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(format!("{}-{key}", key.bucket.as_str()))
    }

    /// Where bytes wait until they are whole: its name follows from the key, so that `discard` finds it (BLOB-08).
    fn waiting_place(&self, key: &BlobKey) -> PathBuf {
        self.place(key).with_extension("part")
    }

    /// Writes chunk by chunk: never more than one is held (BLOB-09).
    async fn write(place: &Path, mut body: ByteStream) -> Result<u64, PutBlob> {
        let mut file = File::create(place).await.map_err(failed)?;
        let mut size = 0;
        while let Some(chunk) = body.try_next().await? {
            file.write_all(&chunk).await.map_err(failed)?;
            size += chunk.len() as u64;
        }
        file.sync_all().await.map_err(failed)?;
        Ok(size)
    }
}

#[async_trait]
impl BlobStore for FolderBlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, _hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        let waiting = self.waiting_place(key);
        let size = Self::write(&waiting, body).await?;
        // Only a whole body gets its place, and in one step: nothing is seen before (BLOB-04, BLOB-05).
        fs::rename(&waiting, self.place(key)).await.map_err(failed)?;
        Ok(StoredBlob { size: ByteSize::new(size) })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let mut file = found(File::open(self.place(key)).await)?.ok_or(GetBlob::NotFound)?;
        let size = ByteSize::new(file.metadata().await.map_err(failed)?.len());
        let range = range.map(|range| range.resolve(size)).transpose()?;
        let (first, length) = range.map_or((0, size.bytes()), |range| (range.first, range.length()));
        file.seek(io::SeekFrom::Start(first)).await.map_err(failed)?;
        let bytes = ReaderStream::new(file.take(length));
        let bytes = bytes.map_err(|error| BodyError::Source(error.to_string().into())).boxed();
        Ok(BlobReader { size, range, bytes })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let metadata = found(fs::metadata(self.place(key)).await)?;
        Ok(metadata.map(|metadata| BlobHead { size: ByteSize::new(metadata.len()) }))
    }

    async fn discard(&self, key: &BlobKey) -> PortResult<()> {
        // What is not there is no error (BLOB-07).
        found(fs::remove_file(self.waiting_place(key)).await)?;
        found(fs::remove_file(self.place(key)).await)?;
        Ok(())
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(1 << 40) }
    }

    async fn ping(&self) -> PortResult<()> {
        fs::metadata(&self.folder).await.map_err(failed)?;
        Ok(())
    }
}

// The harness, and with it every rule as a test.

struct Folder {
    folder: tempfile::TempDir,
    store: Arc<FolderBlobStore>,
}

#[async_trait]
impl BlobStoreHarness for Folder {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Arc::new(FolderBlobStore { folder: folder.path().to_owned() });
        Self { folder, store }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        None
    }

    fn budget(&self) -> Option<BufferBudget> {
        None
    }

    fn part_size(&self) -> usize {
        64 * 1024
    }

    async fn debris(&self) -> usize {
        std::fs::read_dir(self.folder.path()).expect("the folder").count()
    }
}

mod rules {
    fm_contract::blob_store!(super::Folder);
}
