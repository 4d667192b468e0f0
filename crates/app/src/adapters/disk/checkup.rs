//! What `file-manager doctor` looks at in the folder of the blobs.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::adapters::checkup::{Checkup, Diagnosis};
use crate::adapters::room;

pub(super) struct DiskCheckup {
    pub(super) folder: PathBuf,
}

#[async_trait]
impl Checkup for DiskCheckup {
    fn steps(&self) -> Vec<&'static str> {
        vec!["folder", "free room"]
    }

    async fn run(&self, step: &str) -> Diagnosis {
        let path = self.folder.clone();
        let work: fn(&Path) -> Diagnosis = match step {
            "free room" => |path| room::diagnosis(&room::nearest(path)),
            _ => folder,
        };
        let worked = tokio::task::spawn_blocking(move || work(&path)).await;
        worked.unwrap_or_else(|panicked| Diagnosis::failure(panicked.to_string(), "report it"))
    }

    fn when_silent(&self) -> String {
        "see whether the disk of DATA_DIR is well and mounted (`df`, `dmesg`)".to_owned()
    }

    fn is_there(&self) -> bool {
        self.folder.is_dir()
    }
}

fn folder(path: &Path) -> Diagnosis {
    if !path.is_dir() {
        let nearest = room::nearest(path);
        if let Err(failed) = room::write_and_rename(&nearest) {
            return room::unwritable(&nearest, &failed);
        }
        return Diagnosis::warning(
            format!("{} is not there yet; the folder above it can be written", path.display()),
            "start the service, which creates it; correct DATA_DIR, or mount its disk, where it should be there already",
        );
    }
    // Blobs are written and renamed within one folder of a bucket, which may be a mount of its own.
    for folder in [path.to_owned(), path.join("files"), path.join("thumbnails")] {
        if folder.is_dir()
            && let Err(failed) = room::write_and_rename(&folder)
        {
            return room::unwritable(&folder, &failed);
        }
    }
    let owner = std::fs::metadata(path).map(|folder| folder.uid());
    let ours = rustix::process::geteuid().as_raw();
    match owner {
        Ok(owner) if owner != ours => Diagnosis::warning(
            format!(
                "{} can be written, synced and renamed in, but belongs to another account ({owner}, not {ours})",
                path.display()
            ),
            "run doctor as the account of the service",
        ),
        _ => Diagnosis::fine(format!("files can be written, synced and renamed in {}", path.display())),
    }
}
