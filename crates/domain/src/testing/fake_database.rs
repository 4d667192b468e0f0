//! Mocks joined into units of work, and a database that hands them out.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Effects, NotedTrail};
use crate::accounts::{MockUserQueries, MockUserRepo, UserQueries, UserRepo};
use crate::archive::{ArchiveUnit, MockRowRepo, RowRepo};
use crate::audit::{AuditQueries, AuditRepo, MockAuditQueries};
use crate::blobs::{BlobQueries, BlobRepo, MockBlobQueries, MockBlobRepo};
use crate::database::{Database, ReadRepos, Repos, UnitOfWork};
use crate::error::{PortError, PortResult};
use crate::files::{FileQueries, FileRepo, MockFileQueries, MockFileRepo};
use crate::idempotency::{KeyRepo, MockKeyRepo};
use crate::jobs::{JobQueries, JobQueue, MockJobQueries, MockJobQueue};
use crate::previews::{MockPreviewQueries, MockPreviewRepo, PreviewQueries, PreviewRepo};
use crate::tree::{
    DriveRepo, MockDriveRepo, MockNodeRepo, MockOperationRepo, MockTreeQueries, MockVersionRepo, NodeRepo,
    OperationRepo, TreeQueries, VersionRepo,
};
use crate::uploads::{MockUploadQueries, MockUploadRepo, UploadQueries, UploadRepo};

/// A unit of work whose repos are mocks, but for the trail, which notes what it is given. It notes `commit`, `rollback` or
/// `drop`.
#[derive(Default)]
#[expect(missing_docs, reason = "each field is the mock of the repo of the same name")]
pub struct FakeUnitOfWork {
    pub users: MockUserRepo,
    pub files: MockFileRepo,
    pub drives: MockDriveRepo,
    pub nodes: MockNodeRepo,
    pub versions: MockVersionRepo,
    pub operations: MockOperationRepo,
    pub blobs: MockBlobRepo,
    pub previews: MockPreviewRepo,
    pub keys: MockKeyRepo,
    pub uploads: MockUploadRepo,
    pub jobs: MockJobQueue,
    pub audit: NotedTrail,
    pub rows: MockRowRepo,
    pub effects: Effects,
    /// What the commit answers, once; `Ok` when nothing is said.
    pub commit: Option<PortError>,
    ended: bool,
}

impl FakeUnitOfWork {
    /// One that notes its end in `effects`.
    #[must_use]
    pub fn noting(effects: &Effects) -> Self {
        let mut unit = Self::default();
        unit.effects = effects.clone();
        unit
    }

    /// The same, whose commit answers `error`.
    #[must_use]
    pub fn committing_with(mut self, error: PortError) -> Self {
        self.commit = Some(error);
        self
    }
}

impl Repos for FakeUnitOfWork {
    fn users(&mut self) -> &mut dyn UserRepo {
        &mut self.users
    }
    fn files(&mut self) -> &mut dyn FileRepo {
        &mut self.files
    }
    fn drives(&mut self) -> &mut dyn DriveRepo {
        &mut self.drives
    }
    fn nodes(&mut self) -> &mut dyn NodeRepo {
        &mut self.nodes
    }
    fn versions(&mut self) -> &mut dyn VersionRepo {
        &mut self.versions
    }
    fn operations(&mut self) -> &mut dyn OperationRepo {
        &mut self.operations
    }
    fn blobs(&mut self) -> &mut dyn BlobRepo {
        &mut self.blobs
    }
    fn previews(&mut self) -> &mut dyn PreviewRepo {
        &mut self.previews
    }
    fn keys(&mut self) -> &mut dyn KeyRepo {
        &mut self.keys
    }
    fn uploads(&mut self) -> &mut dyn UploadRepo {
        &mut self.uploads
    }
    fn jobs(&mut self) -> &mut dyn JobQueue {
        &mut self.jobs
    }

    fn audit(&mut self) -> &mut dyn AuditRepo {
        &mut self.audit
    }
}

#[async_trait]
impl UnitOfWork for FakeUnitOfWork {
    async fn commit(mut self: Box<Self>) -> PortResult<()> {
        self.ended = true;
        self.effects.note("commit");
        self.commit.take().map_or(Ok(()), Err)
    }

    async fn rollback(mut self: Box<Self>) -> PortResult<()> {
        self.ended = true;
        self.effects.note("rollback");
        Ok(())
    }
}

impl ArchiveUnit for FakeUnitOfWork {
    fn rows(&mut self) -> &mut dyn RowRepo {
        &mut self.rows
    }
}

impl Drop for FakeUnitOfWork {
    fn drop(&mut self) {
        if !self.ended {
            self.effects.note("drop");
        }
    }
}

/// Reads whose queries are mocks.
#[derive(Default)]
#[expect(missing_docs, reason = "each field is the mock of the queries of the same name")]
pub struct FakeReads {
    pub users: MockUserQueries,
    pub files: MockFileQueries,
    pub tree: MockTreeQueries,
    pub uploads: MockUploadQueries,
    pub blobs: MockBlobQueries,
    pub previews: MockPreviewQueries,
    pub jobs: MockJobQueries,
    pub audit: MockAuditQueries,
}

impl ReadRepos for FakeReads {
    fn users(&mut self) -> &mut dyn UserQueries {
        &mut self.users
    }
    fn files(&mut self) -> &mut dyn FileQueries {
        &mut self.files
    }
    fn tree(&mut self) -> &mut dyn TreeQueries {
        &mut self.tree
    }
    fn uploads(&mut self) -> &mut dyn UploadQueries {
        &mut self.uploads
    }
    fn blobs(&mut self) -> &mut dyn BlobQueries {
        &mut self.blobs
    }
    fn previews(&mut self) -> &mut dyn PreviewQueries {
        &mut self.previews
    }
    fn jobs(&mut self) -> &mut dyn JobQueries {
        &mut self.jobs
    }

    fn audit(&mut self) -> &mut dyn AuditQueries {
        &mut self.audit
    }
}

/// Hands out prepared units of work and reads, each in order. Asked for one too many it is
/// [`PortError::Unexpected`].
#[derive(Default)]
pub struct FakeDatabase {
    units: Mutex<VecDeque<Box<dyn UnitOfWork>>>,
    reads: Mutex<VecDeque<Box<dyn ReadRepos>>>,
}

impl FakeDatabase {
    /// Adds a unit of work.
    #[must_use]
    pub fn unit(self, unit: FakeUnitOfWork) -> Self {
        self.units.lock().unwrap_or_else(PoisonError::into_inner).push_back(Box::new(unit));
        self
    }

    /// Adds reads.
    #[must_use]
    pub fn reads(self, reads: FakeReads) -> Self {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).push_back(Box::new(reads));
        self
    }
}

fn next<T>(prepared: &Mutex<VecDeque<T>>, what: &'static str) -> PortResult<T> {
    let next = prepared.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    next.ok_or_else(|| PortError::Unexpected(format!("the test prepared no more {what}").into()))
}

#[async_trait]
impl Database for FakeDatabase {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        next(&self.units, "units of work")
    }
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        next(&self.reads, "reads")
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}
