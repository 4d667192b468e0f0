//! Reading: one buffer is read ahead while the one before is sent.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::{io, mem};

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobReader, ByteRange, GetBlob, ResolvedRange, Unsatisfiable};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use futures_util::{StreamExt as _, stream};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error::{DiskError, Step as _, blocking};
use crate::layout::Layout;
use crate::readers::{Reader, Readers};

/// Blobs and ranges up to this size are read as they are opened, by one task for the blocking threads.
const SMALL_BYTES: u64 = 64 * 1024;

/// Opens the file of a blob and reads the range.
pub(crate) async fn get(
    layout: Arc<Layout>,
    readers: Readers,
    key: BlobKey,
    range: Option<ByteRange>,
) -> Result<BlobReader, GetBlob> {
    let opened = blocking(move || open(&layout, &readers, &key, range)).await?;
    match opened {
        Opened::Missing => Err(GetBlob::NotFound),
        Opened::Outside(error) => Err(error.into()),
        Opened::Small { size, range, bytes } => {
            Ok(BlobReader { size, range, bytes: stream::once(async move { Ok(bytes) }).boxed() })
        }
        Opened::Large { size, range, rest } => Ok(BlobReader { size, range, bytes: read_ahead(rest) }),
    }
}

/// What was found.
enum Opened {
    Missing,
    Outside(Unsatisfiable),
    Small { size: ByteSize, range: Option<ResolvedRange>, bytes: Bytes },
    Large { size: ByteSize, range: Option<ResolvedRange>, rest: Rest },
}

/// What is still to be read of an open file, from where it stands.
struct Rest {
    file: File,
    bytes: u64,
    reader: Reader,
}

fn open(
    layout: &Layout,
    readers: &Readers,
    key: &BlobKey,
    range: Option<ByteRange>,
) -> Result<Opened, DiskError> {
    let path = layout.paths(key).whole;
    // A link in the place of a blob was not put there by us.
    let mut file = match File::options().read(true).custom_flags(libc::O_NOFOLLOW).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return layout.absent(key.bucket, Opened::Missing);
        }
        outcome => outcome.step("opening a blob")?,
    };
    let metadata = file.metadata().step("asking for the size of a blob")?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::IsADirectory.into()).step("opening a blob");
    }
    let size = ByteSize::new(metadata.len());
    let range = match range.map(|range| range.resolve(size)).transpose() {
        Ok(range) => range,
        Err(unsatisfiable) => return Ok(Opened::Outside(unsatisfiable)),
    };
    let (first, bytes) = range.map_or((0, size.bytes()), |range| (range.first, range.length()));
    if first > 0 {
        file.seek(SeekFrom::Start(first)).step("going to a place in a blob")?;
    }
    if bytes <= SMALL_BYTES {
        let bytes = read(&file, bytes).step("reading a blob")?;
        return Ok(Opened::Small { size, range, bytes });
    }
    Ok(Opened::Large { size, range, rest: Rest { file, bytes, reader: readers.enter() } })
}

impl Rest {
    /// Reads the next chunk; it blocks.
    fn next_chunk(&mut self) -> io::Result<Bytes> {
        let wanted = self.bytes.min(self.reader.next_chunk());
        let chunk = read(&self.file, wanted)?;
        self.bytes -= wanted;
        Ok(chunk)
    }
}

/// Reads so many bytes; it blocks.
fn read(file: &File, wanted: u64) -> io::Result<Bytes> {
    let mut chunk = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    let read = file.take(wanted).read_to_end(&mut chunk)?;
    if read as u64 != wanted {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than it was"));
    }
    Ok(Bytes::from(chunk))
}

/// Where a stream stands.
enum Reading {
    /// The next chunk is being read.
    Ahead(JoinHandle<(Rest, Result<Bytes, BodyError>)>),
    Over,
}

impl Reading {
    fn of(mut rest: Rest) -> Self {
        if rest.bytes == 0 {
            return Self::Over;
        }
        Self::Ahead(spawn_blocking(move || {
            let chunk = rest.next_chunk();
            (rest, chunk.map_err(|error| BodyError::Source(Arc::from(format!("reading a blob: {error}")))))
        }))
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        let Self::Ahead(task) = mem::replace(self, Self::Over) else { return None };
        match task.await {
            Ok((rest, Ok(chunk))) => {
                *self = Self::of(rest);
                Some(Ok(chunk))
            }
            Ok((_rest, Err(error))) => Some(Err(error)),
            Err(error) => Some(Err(BodyError::Source(Arc::from(format!("reading a blob: {error}"))))),
        }
    }
}

/// The chunks, each read while the one before is sent: at most two of them exist.
fn read_ahead(rest: Rest) -> ByteStream {
    stream::unfold(Reading::of(rest), |mut reading| async move {
        let chunk = reading.next().await?;
        Some((chunk, reading))
    })
    .boxed()
}

/// The size of the blob in this file; `None` when there is none.
pub(crate) fn size(path: &Path) -> Result<Option<ByteSize>, DiskError> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => Ok(Some(ByteSize::new(metadata.len()))),
        Ok(_no_file) => Err(io::ErrorKind::IsADirectory.into()).step("asking for the size of a blob"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).step("asking for the size of a blob"),
    }
}
