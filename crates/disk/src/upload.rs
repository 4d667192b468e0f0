//! A blob that is being written by many requests, by the writer with the highest fence. Everything here blocks.
//!
//! No file is held open between two calls: other processes may write to the same blob. They agree by the lock of the
//! fence's file, which is there exactly as long as the write is under way.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};

use fm_domain::blobs::BlobKey;
use fm_domain::body::{ByteSize, PartBytes};

use crate::error::{DiskError, Step as _};
use crate::layout::{BlobPaths, Layout, sync};
use crate::pieces::write_all_at;
use crate::store::remove;
use crate::{get, hints};

/// Where bytes go, and who writes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) offset: ByteSize,
    pub(crate) fence: u64,
    /// Whether all bytes before them were written before.
    pub(crate) is_in_order: bool,
}

/// An unfinished blob, locked: no other writer writes, completes or begins it meanwhile.
struct Locked {
    paths: BlobPaths,
    /// Gives the lock back when it is dropped.
    fence: File,
}

/// What became of an attempt to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completed {
    /// The blob is whole.
    Whole,
    /// It has another size.
    Mismatch,
    /// The write is not under way, or not for this fence.
    Gone,
}

/// Creates both files of a write, or finds those of the one that was begun already.
pub(crate) fn begin(layout: &Layout, key: &BlobKey) -> Result<(), DiskError> {
    layout.ensure_folder(key)?;
    let paths = layout.paths(key);
    let locked = loop {
        match Locked::open(&paths, true) {
            Ok(Some(locked)) => break locked,
            // Another writer completed or deleted it while this one waited.
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                layout.distrust_folder(key);
                layout.ensure_folder(key)?;
            }
            Err(error) => return Err(error).step("locking the fence of a blob"),
        }
    };
    if get::size(&paths.whole)?.is_some() {
        // It was completed before: nothing is left to be written.
        return locked.end();
    }
    let create = File::options().write(true).create(true).truncate(false).mode(0o600).open(&paths.upload);
    drop(create.step("creating the file of a blob")?);
    sync(&layout.folder(key)).step("syncing the folder of a blob")
}

/// Writes bytes at their place; whether the write is under way for this fence.
pub(crate) fn write(
    layout: &Layout,
    key: &BlobKey,
    place: Place,
    bytes: &PartBytes,
) -> Result<bool, DiskError> {
    let Some(locked) = Locked::of(layout, key)? else { return Ok(false) };
    if !locked.admits(place.fence)? {
        return Ok(false);
    }
    let Some(file) = locked.file()? else { return Ok(false) };
    let (offset, length) = (place.offset.bytes(), bytes.len() as u64);
    if place.is_in_order {
        hints::reserve(&file, offset, length);
    }
    write_all_at(&file, offset, bytes).step("writing to an unfinished blob")?;
    hints::begin_writeback(&file, offset, length);
    Ok(true)
}

/// Makes the bytes durable that any writer wrote so far.
pub(crate) fn sync_written(layout: &Layout, key: &BlobKey) -> Result<(), DiskError> {
    match open(&layout.paths(key))? {
        Some(file) => file.sync_data().step("syncing an unfinished blob"),
        // A completed one was synced then.
        None => layout.absent(key.bucket, ()),
    }
}

/// Gives the blob its name.
pub(crate) fn complete(
    layout: &Layout,
    key: &BlobKey,
    fence: u64,
    size: ByteSize,
) -> Result<Completed, DiskError> {
    let paths = layout.paths(key);
    let Some(locked) = Locked::of(layout, key)? else { return was_completed(&paths, size) };
    let Some(file) = locked.file()? else {
        let was = was_completed(&paths, size)?;
        // The process that completed it died before the last step.
        locked.end()?;
        return Ok(was);
    };
    if !locked.admits(fence)? {
        return Ok(Completed::Gone);
    }
    if file.metadata().step("asking for the size of a blob")?.len() < size.bytes() {
        return Ok(Completed::Mismatch);
    }
    file.set_len(size.bytes()).step("cutting a blob to its size")?;
    file.sync_all().step("syncing a blob")?;
    match fs::rename(&paths.upload, &paths.whole) {
        // Deleted meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Completed::Gone),
        renamed => renamed.step("giving a blob its name")?,
    }
    sync(&layout.folder(key)).step("syncing the folder of a blob")?;
    locked.end()?;
    Ok(Completed::Whole)
}

fn was_completed(paths: &BlobPaths, size: ByteSize) -> Result<Completed, DiskError> {
    Ok(match get::size(&paths.whole)? {
        Some(kept) if kept == size => Completed::Whole,
        Some(_other) => Completed::Mismatch,
        None => Completed::Gone,
    })
}

/// The unfinished file; `None` when there is none.
fn open(paths: &BlobPaths) -> Result<Option<File>, DiskError> {
    match File::options().write(true).custom_flags(libc::O_NOFOLLOW).open(&paths.upload) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).step("opening an unfinished blob"),
    }
}

impl Locked {
    /// Waits for the lock; `None` when no write is under way.
    fn of(layout: &Layout, key: &BlobKey) -> Result<Option<Self>, DiskError> {
        match Self::open(&layout.paths(key), false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => layout.absent(key.bucket, None),
            locked => locked.step("locking the fence of a blob"),
        }
    }

    /// `None` when the writer that had the lock before took the name of the locked file away.
    fn open(paths: &BlobPaths, create: bool) -> io::Result<Option<Self>> {
        let mut options = File::options();
        options.read(true).write(true).create(create).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        let fence = options.open(&paths.fence)?;
        fence.lock()?;
        let locked = fence.metadata()?;
        match paths.fence.symlink_metadata() {
            Ok(named) if (named.dev(), named.ino()) == (locked.dev(), locked.ino()) => {
                Ok(Some(Self { paths: paths.clone(), fence }))
            }
            Ok(_another) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether no writer came with a higher fence; from now on none with a lower one is let in.
    fn admits(&self, fence: u64) -> Result<bool, DiskError> {
        let mut highest = [0; 8];
        let highest = match self.fence.read_exact_at(&mut highest, 0) {
            Ok(()) => u64::from_be_bytes(highest),
            // No writer came yet.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error).step("reading the fence of a blob"),
        };
        if fence > highest {
            self.fence.write_all_at(&fence.to_be_bytes(), 0).step("writing the fence of a blob")?;
        }
        Ok(fence >= highest)
    }

    /// The file to write to, looked up by its name under the lock.
    fn file(&self) -> Result<Option<File>, DiskError> {
        open(&self.paths)
    }

    /// The write is over: a writer that waits for the lock finds that its file has no name any more.
    fn end(self) -> Result<(), DiskError> {
        remove(&self.paths.upload)?;
        remove(&self.paths.fence)?;
        Ok(())
    }
}
