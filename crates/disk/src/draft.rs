//! A blob that is being written.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use fm_domain::blobs::BlobKey;
use fm_domain::body::PartBytes;

use crate::error::{DiskError, Step as _};
use crate::layout::{Layout, sync};
use crate::pieces::write_all_at;

/// A file that disappears when it is dropped, until it is kept. Everything here blocks.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Where it is now; `None` once it is kept.
    path: Option<PathBuf>,
    file: File,
    size: u64,
}

impl Draft {
    /// Creates the unfinished file of a key. Fails when there is one already: a key is written once.
    pub(crate) fn create(layout: &Layout, key: &BlobKey) -> Result<Self, DiskError> {
        layout.ensure_folder(key)?;
        let path = layout.paths(key).unfinished;
        let create = || File::options().write(true).create_new(true).mode(0o600).open(&path);
        let file = match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                layout.distrust_folder(key);
                layout.ensure_folder(key)?;
                create()
            }
            outcome => outcome,
        };
        let file = file.step("creating the file of a blob")?;
        Ok(Self { path: Some(path), file, size: 0 })
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &PartBytes) -> Result<(), DiskError> {
        write_all_at(&self.file, self.size, bytes).step("writing a blob")?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Makes the bytes durable and gives them their name. The file still disappears with this draft: the caller
    /// may have gone away in the meantime.
    pub(crate) fn finish(&mut self, layout: &Layout, key: &BlobKey) -> Result<(), DiskError> {
        self.file.sync_all().step("syncing a blob")?;
        let paths = layout.paths(key);
        fs::rename(&paths.unfinished, &paths.whole).step("giving a blob its name")?;
        self.path = Some(paths.whole);
        sync(&layout.folder(key)).step("syncing the folder of a blob")
    }

    /// Lets the file stay; its size.
    pub(crate) fn keep(mut self) -> u64 {
        self.path = None;
        self.size
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        match fs::remove_file(&path) {
            Ok(()) => {}
            // Deleted in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "an unfinished blob could not be removed");
            }
        }
    }
}
