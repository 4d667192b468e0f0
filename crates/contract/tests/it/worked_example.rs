//! The worked example of `docs/WRITING-AN-ADAPTER.md`: a whole blob store on a folder, and the suite on it.
#![expect(clippy::expect_used, reason = "in a test a panic is a failure")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::{BlobStoreHarness, Impossible};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, GetBlob, ListBlobs, PutBlob, PutHint,
    StoredBlob,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::error::{PortError, PortResult};
use fm_streaming::BufferBudget;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
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
        // A folder that is not mounted comes back (BLOB-24).
        io::ErrorKind::TimedOut | io::ErrorKind::Interrupted | io::ErrorKind::NotFound => {
            PortError::Unavailable(error.into())
        }
        _ => PortError::Unexpected(error.into()),
    }
}

impl FolderBlobStore {
    /// What is not there is `None`; but nothing is known to be absent while the folder itself is missing (BLOB-24).
    async fn found<T>(&self, result: io::Result<T>) -> PortResult<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::metadata(&self.folder).await.map_err(failed)?;
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn place(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(format!("{}-{key}", key.bucket.as_str()))
    }

    /// Where bytes wait until they are whole: its name follows from the key, so that `delete` finds it (BLOB-08).
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

/// Fewer bytes than were promised are an error, never the end: the file may have been cut meanwhile (BLOB-17).
fn whole(bytes: ByteStream, length: u64) -> ByteStream {
    let counted = stream::try_unfold((bytes, length), |(mut bytes, left)| async move {
        match bytes.try_next().await? {
            Some(chunk) => {
                let left = left.saturating_sub(chunk.len() as u64);
                Ok(Some((chunk, (bytes, left))))
            }
            None if left > 0 => Err(BodyError::Source("the file is shorter than it was".into())),
            None => Ok(None),
        }
    });
    counted.boxed()
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
        let mut file = self.found(File::open(self.place(key)).await).await?.ok_or(GetBlob::NotFound)?;
        let size = ByteSize::new(file.metadata().await.map_err(failed)?.len());
        let range = range.map(|range| range.resolve(size)).transpose()?;
        let (first, length) = range.map_or((0, size.bytes()), |range| (range.first, range.length()));
        file.seek(io::SeekFrom::Start(first)).await.map_err(failed)?;
        let bytes = ReaderStream::with_capacity(file.take(length), 64 * 1024);
        let bytes = bytes.map_err(|error| BodyError::Source(error.to_string().into())).boxed();
        Ok(BlobReader { size, range, bytes: whole(bytes, length) })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let metadata = self.found(fs::metadata(self.place(key)).await).await?;
        Ok(metadata.map(|metadata| BlobHead { size: ByteSize::new(metadata.len()) }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        // What is not there is no error (BLOB-07).
        self.found(fs::remove_file(self.waiting_place(key)).await).await?;
        self.found(fs::remove_file(self.place(key)).await).await?;
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

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        Ok(files.map(|file| file.expect("a file").metadata().map_or(0, |file| file.len())).sum())
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        // What tokio buffers of a file.
        Ok(2 * 1024 * 1024)
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        let file = std::fs::File::options().write(true).open(self.store.place(key)).expect("the blob");
        file.set_len(file.metadata().expect("its size").len() / 2).expect("half of it");
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(FolderBlobStore { folder: self.store.folder.clone() }))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        std::fs::remove_dir_all(self.folder.path()).expect("the folder");
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Err(Impossible::because("a folder has no credentials"))
    }
}

mod rules {
    fm_contract::blob_store!(super::Folder);
}
