//! A file system that is full soon: a `tmpfs` that only the program and the test see.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::is_root;

/// A folder that is a file system of its own, in a mount namespace of its own. It goes with this.
pub(crate) struct SmallDisk {
    /// Keeps the namespace until its input ends: also when the tests are killed.
    keeper: Child,
}

impl SmallDisk {
    /// Mounts so many bytes at `folder`, which has to be there.
    pub(crate) fn at(folder: &Path, bytes: u64) -> Self {
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !is_root() {
            command.arg("--map-root-user");
        }
        let script = "mount -t tmpfs -o size=\"$1\" file-manager \"$0\" && echo mounted && read -r _";
        command.args(["sh", "-c", script]).arg(folder).arg(bytes.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut keeper = command.spawn().expect("unshare starts (package util-linux)");
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(
            line.trim(),
            "mounted",
            "no file system can be mounted for the test of a full disk: run it as root, or let users make namespaces \
             (sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0)"
        );
        Self { keeper }
    }

    /// What a program has to be started with to see it.
    pub(crate) fn entrance(&self) -> Vec<OsString> {
        let id = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "--target", &id, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(OsString::from).collect()
    }

    /// Where the test finds what the program calls `path`.
    pub(crate) fn seen(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.keeper.id().to_string()).join("root").join(inside)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.kill());
        drop(self.keeper.wait());
    }
}
