//! What the tests of uploads share: a store that notes what it is asked, units of work, the rows that they wrote.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::append::AppendRequest;
use super::context::Context;
use crate::fixture::{FakeBlobs, once, unavailable};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::blobs::{BlobKey, StoredBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, an_upload};
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Epoch, HashState, Position, ResumableStore, Upload,
    WriteState,
};

/// How a store answers a call, other than well.
pub(super) enum Fault {
    Unavailable,
    Gone,
    Incomplete,
    /// Well, but with another number of bytes.
    Size(u64),
    /// Never.
    Hang,
    /// Well, but late.
    Pause(Duration),
    /// Well, once this was notified.
    After(Arc<Notify>),
}

/// Notes what it is asked. The text of its states tells what they came from: `begun+4<begun+8` was `begun`, then four
/// bytes were appended, then the state was rewound from where another chunk of eight bytes would have led.
pub(super) struct FakeStore {
    effects: Effects,
    hints: AppendHints,
    faults: Mutex<Vec<(&'static str, Fault)>>,
}

impl FakeStore {
    /// Takes chunks of four bytes, one after the other, and each changes its state, as in an object store.
    pub(super) fn stepwise(effects: &Effects) -> Self {
        let four = ByteSize::new(4);
        let hints = AppendHints { least: four, preferred: four, pipelined: false };
        Self { effects: effects.clone(), hints, faults: Mutex::default() }
    }

    /// Takes chunks of one to four bytes while the next is received, and has nothing to remember, as a disk.
    pub(super) fn pipelined(effects: &Effects) -> Self {
        let hints = AppendHints { least: ByteSize::new(1), preferred: ByteSize::new(4), pipelined: true };
        Self { hints, ..Self::stepwise(effects) }
    }

    /// The same, that once answers `call` like this.
    pub(super) fn failing(self, call: &'static str, fault: Fault) -> Self {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push((call, fault));
        self
    }

    /// Notes a call; the fault that it is answered with.
    async fn called(&self, call: &'static str, note: String) -> Option<Fault> {
        self.effects.note(note);
        let fault = {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            let found = faults.iter().position(|(failing, _)| *failing == call);
            found.map(|index| faults.remove(index).1)
        };
        match fault {
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Pause(pause)) => {
                tokio::time::sleep(pause).await;
                None
            }
            Some(Fault::After(event)) => {
                event.notified().await;
                None
            }
            fault => fault,
        }
    }
}

#[async_trait]
impl ResumableStore for FakeStore {
    fn append_hints(&self) -> AppendHints {
        self.hints
    }

    async fn begin(&self, _: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> {
        match self.called("begin", format!("begin {}", content_type.as_str())).await {
            Some(_) => Err(unavailable()),
            None if self.hints.pipelined => Ok(WriteState::default()),
            None => Ok(state("begun")),
        }
    }

    fn read_back(&self, _: &WriteState) -> ByteSize {
        ByteSize::ZERO
    }

    async fn append(
        &self,
        key: &BlobKey,
        position: &Position,
        chunk: Chunk,
    ) -> Result<WriteState, AppendError> {
        assert_eq!((*key, position.fence), (BlobKey::file(an_upload().blob), acquired().epoch));
        let bytes = text_of(&chunk.bytes);
        let last = if chunk.is_last { "the last " } else { "" };
        let note = format!("append {last}{bytes} at {}", position.offset.bytes());
        match self.called("append", note).await {
            Some(Fault::Gone) => Err(AppendError::Gone),
            Some(_) => Err(unavailable().into()),
            None if self.hints.pipelined => Ok(position.state.clone()),
            None => Ok(state(&format!("{}+{}", name_of(&position.state), bytes.len()))),
        }
    }

    async fn sync(&self, _: &BlobKey) -> PortResult<()> {
        self.called("sync", "sync".to_owned()).await.map_or(Ok(()), |_| Err(unavailable()))
    }

    fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
        if self.hints.pipelined {
            return counted.clone();
        }
        state(&format!("{}<{}", name_of(counted), name_of(reached)))
    }

    async fn prune(&self, _: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> {
        let note = format!("prune {} {}", name_of(before), name_of(after));
        self.called("prune", note).await.map_or(Ok(()), |_| Err(unavailable()))
    }

    async fn complete(&self, _: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> {
        assert_eq!(position.fence, acquired().epoch);
        match self.called("complete", format!("complete at {}", position.offset.bytes())).await {
            Some(Fault::Gone) => Err(CompleteError::Gone),
            Some(Fault::Incomplete) => Err(CompleteError::Incomplete),
            Some(Fault::Size(bytes)) => Ok(StoredBlob { size: ByteSize::new(bytes) }),
            Some(_) => Err(unavailable().into()),
            None => Ok(StoredBlob { size: position.offset }),
        }
    }

    async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        assert_ne!(*key, BlobKey::file(an_upload().blob));
        let note = format!("put {} as {}", text_of(&bytes), content_type.as_str());
        match self.called("put", note).await {
            Some(Fault::Size(bytes)) => Ok(StoredBlob { size: ByteSize::new(bytes) }),
            Some(_) => Err(unavailable()),
            None => Ok(StoredBlob { size: ByteSize::new(bytes.len() as u64) }),
        }
    }
}

/// The state of this name.
pub(super) fn state(name: &str) -> WriteState {
    WriteState::new(Bytes::copy_from_slice(name.as_bytes()))
}

pub(super) fn name_of(state: &WriteState) -> String {
    String::from_utf8_lossy(state.as_bytes()).into_owned()
}

fn text_of(bytes: &PartBytes) -> String {
    String::from_utf8_lossy(&bytes.pieces().concat()).into_owned()
}

/// The rows that units of work wrote, each with the epoch that it was to replace.
#[derive(Clone, Default)]
pub(super) struct Rows(Arc<Mutex<Vec<(Upload, Epoch)>>>);

impl Rows {
    fn keep(&self, upload: &Upload, seen: Epoch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((upload.clone(), seen));
    }

    pub(super) fn all(&self) -> Vec<(Upload, Epoch)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last one; the upload as it was before where nothing was written.
    pub(super) fn last(&self) -> Upload {
        self.all().pop().map_or_else(an_upload, |(upload, _)| upload)
    }

    pub(super) fn offsets(&self) -> Vec<u64> {
        self.all().iter().map(|(upload, _)| upload.offset.bytes()).collect()
    }

    pub(super) fn states(&self) -> Vec<String> {
        let name = |upload: &Upload| upload.state.as_ref().map_or_else(|| "none".to_owned(), name_of);
        self.all().iter().map(|(upload, _)| name(upload)).collect()
    }
}

/// The unit, which finds this upload.
pub(super) fn found(effects: &Effects, mut unit: FakeUnitOfWork, upload: Option<Upload>) -> FakeUnitOfWork {
    once!(effects, unit.uploads.expect_find_for_update(), "find", |_, _| Ok(upload.clone()));
    unit
}

/// The unit, which writes a row.
pub(super) fn updated(effects: &Effects, mut unit: FakeUnitOfWork, rows: &Rows) -> FakeUnitOfWork {
    let rows = rows.clone();
    once!(effects, unit.uploads.expect_update(), "update", |upload, seen| {
        rows.keep(upload, seen);
        Ok(())
    });
    unit
}

/// The unit, which inserts a row.
pub(super) fn inserted(effects: &Effects, mut unit: FakeUnitOfWork, rows: &Rows) -> FakeUnitOfWork {
    let rows = rows.clone();
    once!(effects, unit.uploads.expect_insert(), "insert upload", |upload| {
        rows.keep(upload, upload.epoch);
        Ok(())
    });
    unit
}

/// The unit, which gives a blob up and enqueues its purge.
pub(super) fn abandoned(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.blobs.expect_abandon(), "abandon", |_, _| Ok(true));
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!(job.work.kind(), fm_domain::jobs::JobKind::PurgeBlob);
        Ok(fm_domain::jobs::Enqueued::Added)
    });
    unit
}

/// The unit, which makes a file.
pub(super) fn filed(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.blobs.expect_settle(), "settle", |_, _| Ok(()));
    once!(effects, unit.files.expect_insert(), "insert", |_| Ok(()));
    once!(effects, unit.users.expect_charge(), "charge", |_, _, _| Ok(()));
    unit
}

/// A unit that only finds.
pub(super) fn finding(effects: &Effects, upload: Option<Upload>) -> FakeUnitOfWork {
    found(effects, FakeUnitOfWork::noting(effects), upload)
}

/// A unit that only writes the row.
pub(super) fn saving(effects: &Effects, rows: &Rows) -> FakeUnitOfWork {
    updated(effects, FakeUnitOfWork::noting(effects), rows)
}

/// A unit that acquires.
pub(super) fn acquiring(effects: &Effects, upload: Upload, rows: &Rows) -> FakeUnitOfWork {
    updated(effects, finding(effects, Some(upload)), rows)
}

/// The last unit of an upload in its own blob.
pub(super) fn filing(effects: &Effects, rows: &Rows) -> FakeUnitOfWork {
    filed(effects, saving(effects, rows))
}

/// The last unit of an upload in a fresh blob.
pub(super) fn filing_afresh(effects: &Effects, rows: &Rows) -> FakeUnitOfWork {
    filed(effects, abandoned(effects, saving(effects, rows)))
}

/// The unit that records the intent of a fresh blob.
pub(super) fn announcing(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_announce(), "announce", |_| Ok(()));
    unit
}

/// The unit that cancels the intent of a fresh blob.
pub(super) fn cancelling(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_abandon(), "abandon", |_, _| Ok(true));
    unit
}

/// Reads that find this upload.
pub(super) fn reads_of(effects: &Effects, upload: Option<Upload>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.uploads.expect_find(), "look", |_, _| Ok(upload.clone()));
    reads
}

/// These units and reads, each in order; nothing gets a thumbnail.
pub(super) fn doubles(
    units: impl IntoIterator<Item = FakeUnitOfWork>,
    reads: impl IntoIterator<Item = FakeReads>,
) -> TestPorts {
    let mut doubles = TestPorts::default();
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    for reads in reads {
        doubles.db = doubles.db.reads(reads);
    }
    doubles.thumbnailer.expect_accepts().return_const(false);
    doubles
}

/// What uploads share, on these doubles.
pub(super) fn context(effects: &Effects, doubles: TestPorts, settings: &Settings) -> Context {
    Context::new(&FakeBlobs::noting(effects).among(doubles), settings)
}

pub(super) fn with_quota(bytes: u64) -> Settings {
    Settings { quota: Some(ByteSize::new(bytes)), ..settings() }
}

/// Ada's upload, which the request in hand has acquired.
pub(super) fn acquired() -> Upload {
    Upload { epoch: Epoch::FIRST.next(), is_locked: true, ..an_upload() }
}

/// The same upload, of which these bytes are in the store.
pub(super) fn begun_with(upload: Upload, bytes: &'static str) -> Upload {
    let mut hash = HashState::new();
    hash.update(bytes.as_bytes());
    Upload {
        offset: ByteSize::new(bytes.len() as u64),
        head: Bytes::from_static(bytes.as_bytes()),
        state: Some(state("kept")),
        hash,
        ..upload
    }
}

/// A request that goes on with Ada's upload, of which nothing but the offset is declared.
pub(super) fn request(offset: u64) -> AppendRequest {
    let Upload { owner, id, .. } = an_upload();
    let offset = ByteSize::new(offset);
    AppendRequest { owner, upload: id, offset, length: None, checksum: None, body_length: None }
}

/// A body that comes in these pieces.
pub(super) fn pieces(pieces: &[&'static str]) -> ByteStream {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
    stream::iter(pieces).boxed()
}

/// A body that breaks off after this piece.
pub(super) fn broken(piece: &'static str) -> ByteStream {
    stream::iter([Ok(Bytes::from_static(piece.as_bytes())), Err(BodyError::Aborted)]).boxed()
}
