//! What a server keeps, touched behind its back, backed up and restored.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::database::TestDatabase;
use super::store::TestStore;
use super::{Lane, Server};

/// A copy of what a server keeps.
pub struct Backup {
    /// `DATA_DIR`, or the objects.
    folder: TempDir,
    database: Option<TempDir>,
    jwt_secret: Option<String>,
}

impl Server {
    /// A server on this durable lane whose bytes are in a folder that `store_folder` names, not started yet.
    pub fn within_reach(lane: Lane, arguments: &[&'static str]) -> Self {
        assert!(lane.is_durable(), "nothing of it can be reached");
        let on_postgres = lane == Lane::PostgresS3;
        let database = on_postgres.then(TestDatabase::create);
        let store = on_postgres.then(TestStore::here);
        Self::assemble(lane, database, store, &[], arguments)
    }

    /// The folder of all its bytes.
    pub fn store_folder(&self) -> PathBuf {
        match self.store() {
            Some(store) => store.folder().to_owned(),
            None => self.home().join("data").join("blobs"),
        }
    }

    /// The files in which its store keeps exactly these bytes.
    pub fn objects_with(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let mut files = files_below(&self.store_folder()).expect("the store is a folder");
        files.retain(|file| std::fs::read(file).is_ok_and(|kept| kept == bytes));
        files
    }

    /// The one file in which its store keeps exactly these bytes.
    pub fn object_with(&self, bytes: &[u8]) -> PathBuf {
        let mut files = self.objects_with(bytes);
        assert_eq!(files.len(), 1, "one object holds the bytes: {files:?}");
        files.remove(0)
    }

    /// Copies the database alone, as `pg_dump` does: while it is used.
    pub fn dump(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        self.database().expect("it has a database server").dump(&folder.path().join("dump"));
        folder
    }

    /// Copies the store after the database, of which this is the dump.
    pub fn back_up_after(&self, database: TempDir) -> Backup {
        let folder = copied(&self.store_folder());
        Backup { folder, database: Some(database), jwt_secret: self.jwt_secret().map(ToOwned::to_owned) }
    }

    /// Copies `DATA_DIR` of a server that does not run.
    pub fn back_up_data(&self) -> Backup {
        Backup { folder: copied(&self.home().join("data")), database: None, jwt_secret: None }
    }

    /// A new server on a new database and a new store that hold what the copy holds, not started yet.
    pub fn restored(backup: Backup, arguments: &[&'static str]) -> Self {
        let Backup { folder, database, jwt_secret } = backup;
        let Some(dump) = database else {
            let server = Self::within_reach(Lane::Embedded, arguments);
            copy(folder.path(), &server.home().join("data")).expect("the copy is copied");
            return server;
        };
        let database = TestDatabase::create();
        database.restore(&dump.path().join("dump"));
        let secret = jwt_secret.expect("the lane has a secret");
        let variables = [("JWT_SECRET", secret.as_str())];
        let store = TestStore::here_on(folder);
        Self::assemble(Lane::PostgresS3, Some(database), Some(store), &variables, arguments)
    }
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A file that goes meanwhile is no folder.
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn copied(folder: &Path) -> TempDir {
    let target = tempfile::tempdir().unwrap();
    copy(folder, target.path()).expect("the folder is copied");
    target
}

/// Copies a folder while others write to it: what goes meanwhile is left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let outcome = if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), &target).map(|_bytes| ())
        };
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            outcome => outcome?,
        }
    }
    Ok(())
}
