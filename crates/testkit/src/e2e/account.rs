//! An account that is not root's: some programs refuse root, and no permission binds it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::process::is_root;

/// An account without the rights of root: the one that runs the tests, unless that is root.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// The account that runs the tests, or an unprivileged account of the system where that is root.
    pub(crate) fn ordinary() -> Self {
        if !is_root() {
            return Self(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("the list of accounts can be read");
        let found = accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let (uid, gid) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
            (fields[0] == "nobody").then_some((uid, gid))
        });
        Self(Some(found.expect("the account is in /etc/passwd: tests of permissions can't run as root")))
    }

    /// Lets the command run as it.
    pub(crate) fn run(self, command: &mut Command) {
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
    }

    /// A folder of its own that it can reach: root's own temporary folder may be closed to it.
    pub(crate) fn home(self) -> TempDir {
        if self.0.is_none() {
            return tempfile::tempdir().unwrap();
        }
        let home = tempfile::tempdir_in("/tmp").expect("/tmp can be written to");
        self.give(home.path());
        home
    }

    /// Makes it the owner of a file.
    pub(crate) fn give(self, path: &Path) {
        if let Some((uid, gid)) = self.0 {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("root gives files away");
        }
    }

    /// A copy of the program that it can reach, in this folder: the place of the build may be closed to it.
    pub(crate) fn program(self, folder: &Path) -> Option<std::path::PathBuf> {
        self.0?;
        let copy = folder.join("file-manager");
        // `cp` copies it, not this process: a child that another thread starts meanwhile would inherit the open file, and
        // a program that any process has open for writing can't be started (ETXTBSY).
        let copied = Command::new("cp").arg(super::binary()).arg(&copy).status().expect("cp starts");
        assert!(copied.success(), "the program can be copied");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("the copy is ours");
        Some(copy)
    }
}
