//! Old versions of files.

use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::FileId;
use fm_domain::tree::{Label, Version, VersionRepo};

use super::nodes::Nodes;
use super::unit::MemoryUnitOfWork;

impl Nodes {
    /// The versions of a file by their numbers.
    pub(super) fn versions_of(&self, file: FileId) -> impl DoubleEndedIterator<Item = &Version> {
        let all = (file, VersionNumber::new(0))..=(file, VersionNumber::new(u32::MAX));
        self.versions.range(all).map(|(_, version)| version)
    }

    pub(super) fn version(&self, file: FileId, number: VersionNumber) -> Option<&Version> {
        self.versions.get(&(file, number))
    }

    pub(super) fn put_version(&mut self, version: Version) {
        self.versions.insert_mut((version.file, version.number), version);
    }

    pub(super) fn take_version(&mut self, file: FileId, number: VersionNumber) -> Option<Version> {
        let version = self.version(file, number).cloned()?;
        self.versions.remove_mut(&(file, number));
        Some(version)
    }

    /// Old versions by their files and numbers, after this one.
    pub(super) fn versions_after(
        &self,
        after: Option<(FileId, VersionNumber)>,
    ) -> impl Iterator<Item = &Version> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.versions.range((edge, Bound::Unbounded)).map(|(_, version)| version)
    }
}

#[async_trait]
impl VersionRepo for MemoryUnitOfWork {
    async fn insert(&mut self, version: &Version) -> PortResult<()> {
        let nodes = &mut self.tables.nodes;
        if nodes.get(version.file.into()).is_none() {
            return Err(self.fail("a version of no file"));
        }
        if nodes.version(version.file, version.number).is_some() {
            return Err(self.fail("a second version with one number"));
        }
        nodes.put_version(version.clone());
        Ok(())
    }

    async fn find(&mut self, file: FileId, number: VersionNumber) -> PortResult<Option<Version>> {
        Ok(self.tables.nodes.version(file, number).cloned())
    }

    async fn all(&mut self, file: FileId) -> PortResult<Vec<Version>> {
        Ok(self.tables.nodes.versions_of(file).cloned().collect())
    }

    async fn set(
        &mut self,
        file: FileId,
        number: VersionNumber,
        is_pinned: bool,
        label: Option<Label>,
    ) -> PortResult<bool> {
        let Some(version) = self.tables.nodes.version(file, number).cloned() else { return Ok(false) };
        self.tables.nodes.put_version(Version { is_pinned, label, ..version });
        Ok(true)
    }

    async fn remove(&mut self, file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> {
        let nodes = &mut self.tables.nodes;
        Ok(numbers.iter().filter_map(|number| nodes.take_version(file, *number)).collect())
    }
}
