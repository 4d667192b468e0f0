//! The answers that a user got, and what must therefore be so.

use std::collections::BTreeMap;

use fm_api_types::File;

use super::subtree::{Coming, Subtree};

/// What the names of files begin with that are known by the folders that they are in.
pub(super) const LEAF: &str = "leaf-";

/// A name and the hash of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// What may be found of one file.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    /// One, or two where the answer to a change was cut off: the one before it first.
    pub(super) versions: Vec<Version>,
    /// Whether the answer to its removal was cut off.
    pub(super) may_be_gone: bool,
    /// Whether the answer to its way into the trash was cut off.
    pub(super) may_be_trashed: bool,
}

impl Expected {
    const fn only(versions: Vec<Version>) -> Self {
        Self { versions, may_be_gone: false, may_be_trashed: false }
    }
}

/// All answers that a user got.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Living files, by id.
    pub(super) files: BTreeMap<String, Expected>,
    /// Files in the trash, by id.
    pub(super) trashed: BTreeMap<String, Version>,
    /// A file in the trash whose deletion was cut off, by its id.
    pub(super) may_be_purged: Option<String>,
    /// Folders that are changed as wholes, by id.
    pub(super) subtrees: BTreeMap<String, Subtree>,
    /// Such a folder that was asked for, whose id is not known.
    pub(super) coming: Option<Coming>,
    /// An upload whose answer was cut off.
    pub(super) perhaps: Option<Version>,
    /// Changes cut off that turned out to have happened.
    pub(super) happened: usize,
}

impl Ledger {
    /// A file that is surely in the trash, and no longer where it was.
    pub(super) fn keep_in_trash(&mut self, id: &str) {
        let expected = self.files.remove(id).expect("a known file");
        self.trashed.insert(id.to_owned(), expected.versions[0].clone());
    }

    /// Compares with all that is in the trash, and from then on expects what was found. `listed` are ids and names. What was put there is
    /// there, unless it came back or went for good, and nothing else is.
    pub(super) fn compare_trash(&mut self, listed: &[(String, String)]) {
        let may_be_purged = self.may_be_purged.take();
        for (id, version) in std::mem::take(&mut self.trashed) {
            let is_back = self.files.contains_key(&id);
            match listed.iter().find(|(trashed, _)| *trashed == id) {
                Some((_, name)) => {
                    assert_eq!(*name, version.name, "the name of {id} in the trash");
                    assert!(!is_back, "{id} came back, and is in the trash too");
                    self.trashed.insert(id, version);
                }
                None if may_be_purged.as_ref() == Some(&id) => self.happened += 1,
                None => assert!(is_back, "what was in the trash is lost: {id}"),
            }
        }
        for (id, name) in listed {
            let is_known = self.trashed.contains_key(id) || self.subtrees.contains_key(id);
            assert!(is_known, "what no client put there is in the trash: {name} ({id})");
        }
    }

    /// A file that is surely there.
    pub(super) fn keep(&mut self, file: &File) {
        self.files.insert(id(file), Expected::only(vec![version(file)]));
    }

    /// Compares with all that is listed, but for what is known by its folder, and from then on expects what was found. Fails on any file
    /// that was lost, that holds bytes no client sent, or that is there twice.
    pub(super) fn compare(&mut self, listed: &[File]) {
        let mut found: BTreeMap<String, Version> = BTreeMap::new();
        for file in listed.iter().filter(|file| !file.name.starts_with(LEAF)) {
            let twice = found.insert(id(file), version(file));
            assert!(twice.is_none(), "a file is listed twice: {file:#?}");
        }
        for (id, mut expected) in std::mem::take(&mut self.files) {
            let Some(version) = found.remove(&id) else {
                let may_be_missing = expected.may_be_gone || expected.may_be_trashed;
                assert!(may_be_missing, "an acknowledged file is lost: {id} {expected:?}");
                self.happened += 1;
                if expected.may_be_trashed {
                    self.trashed.insert(id, expected.versions.swap_remove(0));
                }
                continue;
            };
            let place = expected.versions.iter().position(|possible| *possible == version);
            let place = place.unwrap_or_else(|| {
                panic!("file {id} is {version:?} where only {:?} can be", expected.versions)
            });
            self.happened += place;
            self.files.insert(id, Expected::only(vec![version]));
        }
        let perhaps = self.perhaps.take();
        for (id, version) in found {
            assert!(
                perhaps.as_ref() == Some(&version) && !self.files.contains_key(&id),
                "a file that no client uploaded: {id} {version:?} instead of {perhaps:?}"
            );
            self.happened += 1;
            self.files.insert(id, Expected::only(vec![version]));
        }
        let mut names: Vec<&str> = self.files.values().map(|file| file.versions[0].name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "an upload was kept twice");
    }
}

pub(super) fn id(file: &File) -> String {
    file.id.to_string()
}

pub(super) fn version(file: &File) -> Version {
    Version { name: file.name.clone(), sha256: file.sha256.clone().expect("a file has a hash") }
}
