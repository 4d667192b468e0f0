//! Blobs through OpenDAL, which speaks to many stores. Here to a folder; another service takes another builder.

mod direct;
mod pieces;
mod resumable;
mod unfinished;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use fm_app::StartError;
use fm_app::adapters::{BlobStoreFactory, OpenBlobStore, OpenContext, OpenDirect};
use fm_app::config::{Reader, Variable};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, StoredBlob,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::BlobId;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use opendal::{Entry, ErrorKind, Operator, services};

/// How much is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// `BLOB_STORE=opendal`.
#[derive(Debug)]
pub struct OpendalConfig {
    root: String,
}

#[async_trait]
impl BlobStoreFactory for OpendalConfig {
    fn name() -> &'static str {
        "opendal"
    }

    fn variables() -> Vec<Variable> {
        vec![Variable::plain("OPENDAL_ROOT")]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self { root: reader.required("OPENDAL_ROOT") }
    }

    async fn open(&self, _: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        let store = OpendalBlobStore::open(&self.root).await;
        let failed =
            |error| StartError::adapter(format!("OPENDAL_ROOT {:?} can't be used", self.root), error);
        let store = Arc::new(store.map_err(failed)?);
        Ok(OpenBlobStore {
            resumable: Some(store.clone()),
            // Clients can't reach a folder: they send parts to the program, which signs the requests.
            direct: Some(OpenDirect::Received(store.clone(), store.clone())),
            lister: Some(store.clone()),
            ..OpenBlobStore::new(store)
        })
    }
}

/// Blobs behind an operator of OpenDAL, each under `<bucket>/<id>`.
#[derive(Debug, Clone)]
pub struct OpendalBlobStore {
    operator: Operator,
}

impl OpendalBlobStore {
    /// Opens the folder `root`, and creates it where there is none.
    pub async fn open(root: &str) -> PortResult<Self> {
        let operator = Operator::new(services::Fs::default().root(root)).map_err(failed)?;
        for bucket in Bucket::ALL {
            operator.create_dir(&folder(bucket)).await.map_err(failed)?;
        }
        Ok(Self { operator })
    }

    /// Fails where the store is not there: a folder that is not mounted comes back. What it lacks is known to be absent
    /// only while it is there (BLOB-24).
    async fn reach(&self, bucket: Bucket) -> PortResult<()> {
        match self.operator.stat(&folder(bucket)).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(PortError::Unavailable(error.into())),
            Err(error) => Err(failed(error)),
        }
    }

    /// The size of an object, if there is one.
    async fn size_of(&self, path: &str) -> PortResult<Option<u64>> {
        match self.operator.stat(path).await {
            Ok(metadata) => Ok(Some(metadata.content_length())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The size of a blob, if there is one.
    async fn size(&self, key: &BlobKey) -> PortResult<Option<ByteSize>> {
        let size = self.size_of(&path(key)).await?;
        if size.is_none() {
            self.reach(key.bucket).await?;
        }
        Ok(size.map(ByteSize::new))
    }

    /// Some bytes of an object, a chunk at a time.
    async fn read(&self, path: &str, range: Range<u64>) -> PortResult<ByteStream> {
        let reader = self.operator.reader_with(path).chunk(CHUNK).await.map_err(failed)?;
        let bytes = reader.into_bytes_stream(range).await.map_err(failed)?;
        Ok(bytes.map_err(|error| BodyError::Source(error.to_string().into())).boxed())
    }

    /// Writes chunk by chunk: the next is taken from the body when the one before was written.
    async fn write(&self, path: &str, mut body: ByteStream) -> Result<ByteSize, PutBlob> {
        let mut writer = self.operator.writer(path).await.map_err(failed)?;
        let mut size = 0;
        while let Some(chunk) = body.try_next().await? {
            size += chunk.len() as u64;
            writer.write(chunk).await.map_err(failed)?;
        }
        writer.close().await.map_err(failed)?;
        Ok(ByteSize::new(size))
    }
}

fn folder(bucket: Bucket) -> String {
    format!("{}/", bucket.as_str())
}

fn path(key: &BlobKey) -> String {
    format!("{}{key}", folder(key.bucket))
}

/// The one place where errors of the technology become errors of the port.
fn failed(error: opendal::Error) -> PortError {
    if error.is_temporary() || error.kind() == ErrorKind::RateLimited {
        PortError::Unavailable(error.into())
    } else {
        PortError::Unexpected(error.into())
    }
}

#[async_trait]
impl BlobStore for OpendalBlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, _hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.reach(key.bucket).await?;
        let unfinished = unfinished::whole(key);
        let size = self.write(&unfinished, body).await?;
        // Only a whole body gets its place, and in one step: it can't be read before (BLOB-04, BLOB-05).
        self.operator.rename(&unfinished, &path(key)).await.map_err(failed)?;
        Ok(StoredBlob { size })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let size = self.size(key).await?.ok_or(GetBlob::NotFound)?;
        let range = range.map(|range| range.resolve(size)).transpose()?;
        let (first, end) = range.map_or((0, size.bytes()), |range| (range.first, range.last + 1));
        Ok(BlobReader { size, range, bytes: self.read(&path(key), first..end).await? })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        Ok(self.size(key).await?.map(|size| BlobHead { size }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.reach(key.bucket).await?;
        // What is not there is no error to OpenDAL either (BLOB-07).
        self.remove_folder(&unfinished::folder(key)).await?;
        self.operator.delete(&path(key)).await.map_err(failed)
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(1 << 40) }
    }

    async fn ping(&self) -> PortResult<()> {
        for bucket in Bucket::ALL {
            self.reach(bucket).await?;
        }
        Ok(())
    }
}

impl OpendalBlobStore {
    /// What the entry lists; `None` for the folder itself, and for a blob that was deleted meanwhile.
    async fn listed(&self, bucket: Bucket, entry: &Entry) -> PortResult<Option<ListedBlob>> {
        let Some(id) = BlobId::parse(entry.name()) else { return Ok(None) };
        let metadata = match self.operator.stat(entry.path()).await {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // The blob alone, or the whole folder?
                self.reach(bucket).await?;
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        let Some(written_at) = metadata.last_modified() else {
            return Err(PortError::Unexpected("the store does not tell when a blob was written".into()));
        };
        Ok(Some(ListedBlob {
            key: BlobKey { bucket, id },
            size: ByteSize::new(metadata.content_length()),
            written_at: Timestamp::from_unix_micros(written_at.into_inner().as_microsecond()),
        }))
    }
}

#[async_trait]
impl ListBlobs for OpendalBlobStore {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        self.reach(bucket).await?;
        let entries = self.operator.lister(&folder(bucket)).await.map_err(failed)?;
        let store = self.clone();
        let blobs = entries.map_err(failed).try_filter_map(move |entry| {
            let store = store.clone();
            async move { store.listed(bucket, &entry).await }
        });
        Ok(blobs.boxed())
    }
}
