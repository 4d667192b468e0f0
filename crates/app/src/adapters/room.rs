//! Free room on a disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Diagnosis;

const GIB: u64 = 1 << 30;

/// Below so many bytes a disk counts as almost full.
const LITTLE: u64 = GIB;
/// Below so many it is full: a large upload is more.
const NONE: u64 = 16 << 20;
/// Below so many files more the same.
const FEW_FILES: u64 = 10_000;

/// Trials of this process so far.
static TRIALS: AtomicU64 = AtomicU64::new(0);

/// What to say of the room on the disk of this folder.
pub(super) fn diagnosis(folder: &Path) -> Diagnosis {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            // Some file systems make room for names as they need it, and tell of none.
            let files = if disk.f_files == 0 { u64::MAX } else { disk.f_favail };
            judged(disk.f_bavail.saturating_mul(disk.f_frsize), files)
        }
        Err(error) => Diagnosis::warning(
            format!("the free room on the disk can't be told: {}", io::Error::from(error)),
            "see whether the disk is well (`df`, `dmesg`)",
        ),
    }
}

fn judged(bytes: u64, files: u64) -> Diagnosis {
    let tenths = bytes / (GIB / 10);
    let detail = format!("{}.{} GiB are free", tenths / 10, tenths % 10);
    let remedy = "make room on the disk of DATA_DIR, or move DATA_DIR to a larger one";
    if bytes < NONE {
        Diagnosis::failure(detail, remedy)
    } else if bytes < LITTLE {
        Diagnosis::warning(detail, remedy)
    } else if files < FEW_FILES {
        Diagnosis::warning(format!("{detail}, but room for {files} more files alone"), remedy)
    } else {
        Diagnosis::fine(detail)
    }
}

/// The folder, or the nearest one above it that is there.
pub(super) fn nearest(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_no_path| folder.to_owned());
    let found = absolute.ancestors().find(|above| above.is_dir()).map(Path::to_owned);
    found.unwrap_or(absolute)
}

/// Writes a file in the folder, has it on the disk for good, renames it and removes it. The error says which step failed.
pub(super) fn write_and_rename(folder: &Path) -> Result<(), (&'static str, io::Error)> {
    // Parts whose folders are one are tried side by side.
    let trial = TRIALS.fetch_add(1, Ordering::Relaxed);
    let name = |ending| folder.join(format!(".doctor.{}.{trial}.{ending}", std::process::id()));
    let (first, second) = (name("new"), name("renamed"));
    let tried = (|| {
        let mut file = fs::File::create(&first).map_err(|error| ("a file can't be created", error))?;
        io::Write::write_all(&mut file, b"file-manager doctor")
            .map_err(|error| ("a file can't be written", error))?;
        file.sync_all().map_err(|error| ("a file can't be synced (fsync)", error))?;
        fs::rename(&first, &second).map_err(|error| ("a file can't be renamed", error))?;
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| ("the folder can't be synced (fsync)", error))
    })();
    let mut removed = Ok(());
    for path in [first, second] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                removed = Err(("a file can't be removed", error));
            }
            _ => {}
        }
    }
    tried.and(removed)
}

/// What to say where a folder can't be written.
pub(super) fn unwritable(folder: &Path, (step, error): &(&'static str, io::Error)) -> Diagnosis {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "run the command as the account of the service, and give the folder to it (`chown`)"
        }
        io::ErrorKind::ReadOnlyFilesystem => "mount the disk of the folder for writing",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk of the folder",
        _ => "see whether the disk of the folder is well and mounted (`df`, `dmesg`)",
    };
    Diagnosis::failure(format!("{step} in {}: {error}", folder.display()), remedy)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::{GIB, LITTLE, NONE, judged, write_and_rename};

    #[test]
    fn a_disk_is_judged_by_what_is_free() {
        for (bytes, files, verdict) in [
            (5 * GIB, u64::MAX, Verdict::Fine),
            (LITTLE, 10_000, Verdict::Fine),
            (LITTLE - 1, u64::MAX, Verdict::Warning),
            (5 * GIB, 9_999, Verdict::Warning),
            (NONE - 1, u64::MAX, Verdict::Failure),
        ] {
            assert_eq!(judged(bytes, files).verdict, verdict, "{bytes} {files}");
        }
        assert_eq!(judged(3 * GIB / 2, u64::MAX).detail, "1.5 GiB are free");
    }

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test without its folder has failed")]
    fn trying_a_folder_leaves_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        write_and_rename(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let absent = folder.path().join("absent");
        assert_eq!(write_and_rename(&absent).unwrap_err().0, "a file can't be created");
    }

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test without its folder has failed")]
    fn trials_of_one_folder_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| write_and_rename(folder.path()))).collect();
            for tried in tries {
                tried.join().unwrap().unwrap();
            }
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
