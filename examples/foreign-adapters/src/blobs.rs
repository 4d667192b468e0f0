//! Blobs through OpenDAL, which speaks to many stores. Here to a folder; another service takes another builder.

use std::sync::Arc;

use async_trait::async_trait;
use fm_app::StartError;
use fm_app::adapters::{BlobStoreFactory, OpenBlobStore, OpenContext};
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

/// The folder of blobs that are not whole yet.
const UNFINISHED: &str = "unfinished/";

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
        Ok(OpenBlobStore { lister: Some(store.clone()), ..OpenBlobStore::new(store) })
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

    /// The size of a blob, if there is one.
    async fn size(&self, key: &BlobKey) -> PortResult<Option<ByteSize>> {
        match self.operator.stat(&path(key)).await {
            Ok(metadata) => Ok(Some(ByteSize::new(metadata.content_length()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

fn folder(bucket: Bucket) -> String {
    format!("{}/", bucket.as_str())
}

fn path(key: &BlobKey) -> String {
    format!("{}{key}", folder(key.bucket))
}

/// The place follows from the key, so that `delete` finds what a put that was cut off has left.
fn unfinished_path(key: &BlobKey) -> String {
    format!("{UNFINISHED}{}", path(key))
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
        let unfinished = unfinished_path(key);
        let size = self.write(&unfinished, body).await?;
        // Only a whole body gets its place, and in one step: it can't be read before (BLOB-04, BLOB-05).
        self.operator.rename(&unfinished, &path(key)).await.map_err(failed)?;
        Ok(StoredBlob { size })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let size = self.size(key).await?.ok_or(GetBlob::NotFound)?;
        let range = range.map(|range| range.resolve(size)).transpose()?;
        let (first, end) = range.map_or((0, size.bytes()), |range| (range.first, range.last + 1));
        let reader = self.operator.reader_with(&path(key)).chunk(CHUNK).await.map_err(failed)?;
        let bytes = reader.into_bytes_stream(first..end).await.map_err(failed)?;
        let bytes = bytes.map_err(|error| BodyError::Source(error.to_string().into()));
        Ok(BlobReader { size, range, bytes: bytes.boxed() })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        Ok(self.size(key).await?.map(|size| BlobHead { size }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        // What is not there is no error to OpenDAL either (BLOB-07).
        self.operator.delete(&unfinished_path(key)).await.map_err(failed)?;
        self.operator.delete(&path(key)).await.map_err(failed)
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(1 << 40) }
    }

    async fn ping(&self) -> PortResult<()> {
        for bucket in Bucket::ALL {
            self.operator.stat(&folder(bucket)).await.map_err(failed)?;
        }
        Ok(())
    }
}

#[async_trait]
impl ListBlobs for OpendalBlobStore {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let entries = self.operator.lister(&folder(bucket)).await.map_err(failed)?;
        let operator = self.operator.clone();
        let blobs = entries.map_err(failed).try_filter_map(move |entry| {
            let operator = operator.clone();
            async move { listed(&operator, bucket, &entry).await }
        });
        Ok(blobs.boxed())
    }
}

/// What the entry lists; `None` for the folder itself, and for a blob that was deleted meanwhile.
async fn listed(operator: &Operator, bucket: Bucket, entry: &Entry) -> PortResult<Option<ListedBlob>> {
    let Some(id) = BlobId::parse(entry.name()) else { return Ok(None) };
    let metadata = match operator.stat(entry.path()).await {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
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
