//! Which uploads are unfinished, and which file holds which part.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use s3s::dto::{CompletedPart, ETag, PartNumber};
use s3s::{S3Result, s3_error};

/// What the server takes as a part that is not the last.
const LEAST: u64 = 5 * 1024 * 1024;

/// The files of parts that were sent have higher numbers than those that `s3s-fs` puts together, so that one that is
/// late never takes the place of another.
const FIRST_FILE: PartNumber = 5001;

pub(super) struct Ledger {
    folder: PathBuf,
    unfinished: Mutex<BTreeMap<Upload, Parts>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Upload {
    bucket: String,
    pub(super) key: String,
    pub(super) id: String,
}

impl Upload {
    pub(super) fn new(bucket: &str, key: &str, id: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned(), id: id.to_owned() }
    }
}

#[derive(Default)]
struct Parts {
    /// How many were sent, those that were replaced among them.
    files: PartNumber,
    came: BTreeMap<PartNumber, Part>,
}

struct Part {
    file: PartNumber,
    tag: ETag,
}

impl Ledger {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), unfinished: Mutex::default() }
    }

    fn unfinished(&self) -> MutexGuard<'_, BTreeMap<Upload, Parts>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where `s3s-fs` keeps a part.
    fn file(&self, upload: &Upload, number: PartNumber) -> PathBuf {
        self.folder.join(format!(".upload_id-{}.part-{number}", upload.id))
    }

    pub(super) fn begin(&self, upload: Upload) {
        self.unfinished().insert(upload, Parts::default());
    }

    pub(super) fn knows(&self, upload: &Upload) -> bool {
        self.unfinished().contains_key(upload)
    }

    pub(super) fn list(&self, bucket: &str, prefix: &str) -> Vec<Upload> {
        let unfinished = self.unfinished();
        unfinished
            .keys()
            .filter(|upload| upload.bucket == bucket && upload.key.starts_with(prefix))
            .cloned()
            .collect()
    }

    /// Under which number a part is kept that is about to be sent.
    pub(super) fn next_file(&self, upload: &Upload) -> S3Result<PartNumber> {
        let mut unfinished = self.unfinished();
        let parts = unfinished.get_mut(upload).ok_or_else(|| s3_error!(NoSuchUpload))?;
        let file = FIRST_FILE + parts.files;
        parts.files += 1;
        if file > 10_000 {
            Err(s3_error!(InternalError, "too many parts for this test server"))
        } else {
            Ok(file)
        }
    }

    /// A part came whole, and replaces the one before it. It does not count when its upload has ended meanwhile.
    pub(super) fn came(
        &self,
        upload: &Upload,
        number: PartNumber,
        file: PartNumber,
        tag: Option<&ETag>,
    ) -> S3Result<()> {
        let tag = tag.cloned().ok_or_else(|| s3_error!(InternalError))?;
        let mut unfinished = self.unfinished();
        let Some(parts) = unfinished.get_mut(upload) else {
            remove(&self.file(upload, file));
            return Err(s3_error!(NoSuchUpload));
        };
        if let Some(before) = parts.came.insert(number, Part { file, tag }) {
            remove(&self.file(upload, before.file));
        }
        Ok(())
    }

    /// Checks the parts that are named, and gives them the numbers from 1 on. No part comes to the upload any more.
    pub(super) fn end(&self, upload: &Upload, named: &[CompletedPart]) -> S3Result<()> {
        let mut unfinished = self.unfinished();
        let parts = unfinished.get(upload).ok_or_else(|| s3_error!(NoSuchUpload))?;
        if named.is_empty() {
            return Err(s3_error!(MalformedXML));
        }
        if !named.is_sorted_by(|one, next| one.part_number < next.part_number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let mut files = Vec::new();
        for (place, part) in named.iter().enumerate() {
            let came = part.part_number.and_then(|number| parts.came.get(&number));
            let came =
                came.filter(|came| part.e_tag.as_ref().is_some_and(|tag| tag.value() == came.tag.value()));
            let file = self.file(upload, came.ok_or_else(|| s3_error!(InvalidPart))?.file);
            let size = fs::metadata(&file).map_err(|error| s3_error!(error, InternalError))?.len();
            if place + 1 < named.len() && size < LEAST {
                return Err(s3_error!(EntityTooSmall));
            }
            files.push(file);
        }
        for (file, number) in files.iter().zip(1..) {
            fs::rename(file, self.file(upload, number)).map_err(|error| s3_error!(error, InternalError))?;
        }
        for part in unfinished.remove(upload).unwrap_or_default().came.into_values() {
            remove(&self.file(upload, part.file));
        }
        Ok(())
    }

    /// No part comes to the upload any more.
    pub(super) fn give_up(&self, upload: &Upload) -> S3Result<()> {
        self.unfinished().remove(upload).map(|_| ()).ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

/// One that is not there is as good.
fn remove(file: &Path) {
    drop(fs::remove_file(file));
}
