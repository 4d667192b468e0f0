//! What `file-manager doctor` asks a SQLite file.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use fm_domain::error::chain;

use crate::adapters::checkup::{Checkup, Diagnosis};
use crate::adapters::room;

pub(super) struct SqliteCheckup {
    pub(super) path: PathBuf,
}

#[async_trait]
impl Checkup for SqliteCheckup {
    fn steps(&self) -> Vec<&'static str> {
        let mut steps = vec!["folder", "free room"];
        // What is not there yet is not created by a check.
        if is_there(&self.path) {
            steps.extend(["journal", "integrity"]);
        }
        steps
    }

    async fn run(&self, step: &str) -> Diagnosis {
        let path = self.path.clone();
        let work: fn(&Path) -> Diagnosis = match step {
            "folder" => folder,
            "free room" => |path| room::diagnosis(&room::nearest(&parent(path))),
            "journal" => journal,
            _ => integrity,
        };
        let worked = tokio::task::spawn_blocking(move || work(&path)).await;
        worked.unwrap_or_else(|panicked| Diagnosis::failure(panicked.to_string(), "report it"))
    }

    fn when_silent(&self) -> String {
        "see whether the disk of DATABASE_URL is well and mounted (`df`, `dmesg`), and whether another process holds the file; \
         that all pages of a large file are read may take longer (`sqlite3 FILE 'PRAGMA quick_check'`)"
            .to_owned()
    }

    fn is_there(&self) -> bool {
        is_there(&self.path)
    }
}

/// An empty file is what a program that was killed at its first start leaves.
fn is_there(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

fn parent(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_no_path| path.to_owned());
    absolute.parent().map(Path::to_owned).unwrap_or(absolute)
}

/// SQLite writes its log beside the file: the folder must be writable too.
fn folder(path: &Path) -> Diagnosis {
    let folder = parent(path);
    let nearest = room::nearest(&folder);
    if let Err(failed) = room::write_and_rename(&nearest) {
        return room::unwritable(&nearest, &failed);
    }
    if is_there(path) {
        let opened = std::fs::File::options().read(true).write(true).open(path);
        if let Err(error) = opened {
            return room::unwritable(path, &("the file can't be opened for reading and writing", error));
        }
        return Diagnosis::fine(format!("{} can be written", path.display()));
    }
    Diagnosis::warning(
        format!("{} is not there yet; its folder can be written", path.display()),
        "run `file-manager migrate up`, or start the service, which creates it; correct DATABASE_URL or DATA_DIR where it \
         should be there already",
    )
}

fn journal(path: &Path) -> Diagnosis {
    match fm_sqlite::facts(path) {
        Ok(facts) => Diagnosis::unless(
            facts.journal_mode == "wal",
            format!("SQLite {}, journal mode {}", facts.version, facts.journal_mode),
            "put the file on a local disk: a network file system can't have a write-ahead log, and may lose commits",
        ),
        Err(error) => Diagnosis::failure(
            chain(&error),
            "see whether the file is a SQLite database and no other process locks it",
        ),
    }
}

fn integrity(path: &Path) -> Diagnosis {
    let remedy = "stop the service, and restore the file from a backup (docs/RELIABILITY.md)";
    match fm_sqlite::quick_check(path) {
        Ok(found) if found.is_empty() => Diagnosis::fine("all pages of the file are in order (quick_check)"),
        Ok(found) => Diagnosis::failure(format!("the file is damaged: {}", found.join("; ")), remedy),
        Err(error) => Diagnosis::failure(chain(&error), remedy),
    }
}
