//! What the tests of uploads share: a store that notes what it is asked, units of work, the rows that they wrote.

mod store;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

pub(super) use store::{FakeStore, Fault};

use super::append::AppendRequest;
use super::context::Context;
use crate::fixture::{FakeBlobs, access, entered, once};
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, an_upload};
use fm_domain::uploads::{Epoch, HashState, Upload, WriteState};

/// The state of this name.
pub(super) fn state(name: &str) -> WriteState {
    WriteState::new(Bytes::copy_from_slice(name.as_bytes()))
}

pub(super) fn name_of(state: &WriteState) -> String {
    String::from_utf8_lossy(state.as_bytes()).into_owned()
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
    once!(effects, unit.uploads.expect_find_for_update(), "find", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(upload.clone())
    });
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

/// A unit that creates the owner's first upload.
pub(super) fn creating(effects: &Effects, rows: &Rows) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.users.expect_reserve(), "reserve", |_, _, _| Ok(()));
    unit.uploads.expect_count_open().times(1).returning(|_| Ok(0));
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
    inserted(effects, unit, rows)
}

/// The unit, which cancels an intent and enqueues the purge of its blob.
pub(super) fn intent_cancelled(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(true));
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!(job.kind.as_str(), "purge_blob");
        Ok(fm_domain::jobs::Enqueued::Added)
    });
    unit
}

/// The unit, which makes a file.
pub(super) fn filed(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    once!(effects, unit.drives.expect_enter(), "enter", |_, _, _| Ok(entered()));
    once!(effects, unit.nodes.expect_insert(), "insert", |_| Ok(()));
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
    filed(effects, intent_cancelled(effects, saving(effects, rows)))
}

/// The unit that records the intent of a fresh blob.
pub(super) fn recording_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_record_intent(), "record intent", |_| Ok(()));
    unit
}

/// The unit that cancels the intent of a fresh blob.
pub(super) fn cancelling_intent(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(true));
    unit
}

/// Reads that find this upload.
pub(super) fn reads_of(effects: &Effects, upload: Option<Upload>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.uploads.expect_find(), "look", |asked, _| {
        assert_eq!(asked.owner(), an_upload().owner);
        Ok(upload.clone())
    });
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
    let offset = ByteSize::new(offset);
    AppendRequest { upload: an_upload().id, offset, length: None, checksum: None, body_length: None }
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
