//! Which file is which blob.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use fm_domain::blobs::{BlobKey, Bucket};
use fm_domain::ids::BlobId;

use crate::error::{DiskError, Step as _};

/// How many folders a bucket is spread over.
pub(crate) const SHARDS: usize = 256;

/// What the names of unfinished blobs end with; they begin with a dot.
const UNFINISHED: &str = ".part";

/// What the names of those end with that are written in parts, over many requests.
const UPLOAD: &str = ".upload";

/// What the names of their fences end with.
const FENCE: &str = ".fence";

/// The folders below the root. Paths are made of typed ids alone, so none of them leads elsewhere.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    /// Which folders this process knows to be on the disk for good, by bucket and shard.
    durable: [Vec<AtomicBool>; 2],
}

/// What a name in a shard's folder means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A whole blob.
    Blob(BlobId),
    /// One that is being written, or was.
    Unfinished,
    /// One that is being written in parts, or its fence. It may rest for days between two of them.
    InParts,
    /// Nothing of ours.
    Foreign,
}

/// The files of one blob.
#[derive(Debug, Clone)]
pub(crate) struct BlobPaths {
    /// Where it is once it is whole.
    pub(crate) whole: PathBuf,
    /// Where it is while it is written.
    pub(crate) unfinished: PathBuf,
    /// Where it is while it is written in parts.
    pub(crate) upload: PathBuf,
    /// The file with the highest fence, which says who may write parts. A writer locks it while it writes.
    pub(crate) fence: PathBuf,
}

impl Layout {
    /// Creates the folders that are missing.
    pub(crate) fn create(root: PathBuf) -> Result<Self, DiskError> {
        let unmarked = || (0..SHARDS).map(|_| AtomicBool::new(false)).collect();
        let layout = Self { root, durable: [unmarked(), unmarked()] };
        create_private(&layout.root, true).step("creating the root folder of the blobs")?;
        for bucket in Bucket::ALL {
            create_private(&layout.bucket(bucket), false).step("creating the folder of a bucket")?;
        }
        sync(&layout.root).step("syncing the root folder of the blobs")?;
        // The root itself may be new too. What is above it may not be ours to open.
        if let Some(parent) = layout.root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            match sync(parent) {
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                    return Err(error).step("syncing the folder above the root folder of the blobs");
                }
                _ => {}
            }
        }
        Ok(layout)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn bucket(&self, bucket: Bucket) -> PathBuf {
        self.root.join(bucket.as_str())
    }

    /// Says that a file is absent, unless the folder of its bucket is missing too: then the disk is not mounted, and
    /// nothing is known about any file.
    pub(crate) fn absent<T>(&self, bucket: Bucket, answer: T) -> Result<T, DiskError> {
        is_folder(&self.bucket(bucket)).step("looking at the folder of a bucket")?;
        Ok(answer)
    }

    pub(crate) fn shard(&self, bucket: Bucket, shard: u8) -> PathBuf {
        self.bucket(bucket).join(format!("{shard:02x}"))
    }

    /// The folder that the blob is in.
    pub(crate) fn folder(&self, key: &BlobKey) -> PathBuf {
        self.shard(key.bucket, shard_of(key))
    }

    pub(crate) fn paths(&self, key: &BlobKey) -> BlobPaths {
        let folder = self.folder(key);
        let name = key.to_string();
        let hidden = |ending| folder.join(format!(".{name}{ending}"));
        BlobPaths {
            unfinished: hidden(UNFINISHED),
            upload: hidden(UPLOAD),
            fence: hidden(FENCE),
            whole: folder.join(name),
        }
    }

    /// Makes sure that the blob's folder is there and stays there. The first blob of this process in each folder pays
    /// a sync for it: another process may have created the folder and not synced it yet.
    pub(crate) fn ensure_folder(&self, key: &BlobKey) -> Result<(), DiskError> {
        let [files, thumbnails] = &self.durable;
        let bucket = match key.bucket {
            Bucket::Files => files,
            Bucket::Thumbnails => thumbnails,
        };
        let mark = bucket.get(usize::from(shard_of(key)));
        if mark.is_some_and(|mark| mark.load(Ordering::Acquire)) {
            return Ok(());
        }
        create_private(&self.folder(key), false).step("creating the folder of a blob")?;
        sync(&self.bucket(key.bucket)).step("syncing the folder of a bucket")?;
        if let Some(mark) = mark {
            mark.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Forgets that the blob's folder is there: someone removed it.
    pub(crate) fn distrust_folder(&self, key: &BlobKey) {
        let shard = usize::from(shard_of(key));
        for mark in self.durable.iter().filter_map(|bucket| bucket.get(shard)) {
            mark.store(false, Ordering::Release);
        }
    }
}

fn shard_of(key: &BlobKey) -> u8 {
    let [.., last] = *key.id.uuid().as_bytes();
    last
}

/// What this name in a shard's folder means.
pub(crate) fn entry(name: &str) -> Entry {
    let Some(hidden) = name.strip_prefix('.') else {
        return BlobId::parse(name).map_or(Entry::Foreign, Entry::Blob);
    };
    let of = |ending| hidden.strip_suffix(ending).is_some_and(|id| BlobId::parse(id).is_some());
    if of(UNFINISHED) {
        Entry::Unfinished
    } else if of(UPLOAD) || of(FENCE) {
        Entry::InParts
    } else {
        Entry::Foreign
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Fails unless there is a folder.
pub(crate) fn is_folder(path: &Path) -> io::Result<()> {
    if std::fs::metadata(path)?.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// Creates a folder for our eyes alone; one that is there already is as good.
fn create_private(folder: &Path, with_parents: bool) -> io::Result<()> {
    match DirBuilder::new().recursive(with_parents).mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_folder(folder),
        outcome => outcome,
    }
}
