//! Writes a whole database into a file.

use std::io::{self, Write};
use std::sync::Arc;

use fm_domain::archive::{Archive, RowCounts, SealOutcome, Snapshot};
use fm_domain::audit::{AuditAction, AuditKey};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{PortError, chain};
use fm_domain::files::Sha256;
use fm_domain::ids::{DriveId, UserId};
use fm_domain::tree::ItemKind;
use sha2::Digest as _;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;

use super::PAGE;
use super::format::{
    AuditLine, BlobLine, Counts, End, Header, KeyLine, Line, OperationLine, UserLine, VERSION, VersionLine,
};

/// How many operations are read at a time: what is left of a batch may be a megabyte.
const OPERATIONS: u32 = 20;

/// What an export is written into.
pub trait ExportSink: Write {
    /// Makes all that was written durable.
    fn finish(&mut self) -> io::Result<()>;
}

/// What to export.
#[derive(Debug, Clone, Default)]
pub struct ExportCommand {
    /// Seal the database first, so that the export is all that there will ever be in it.
    pub is_final: bool,
    /// The version of the program, for readers of the file.
    pub program: String,
    /// The latest migration of the database, for readers of the file.
    pub migration: Option<String>,
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// What is in the file.
    pub counts: Counts,
    /// Accounts that were removed, of whom only the blobs are in it.
    pub removed_users: u64,
    /// Unfinished uploads of many requests that are not in it; their clients have to begin anew.
    pub open_uploads: u64,
}

/// Why nothing was exported. What was written is no whole file. A seal that this export put on was taken off again, or the log says
/// why it could not be: the database takes changes if it did before. The seal of an earlier export stays.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file can't be written.
    #[error("the export can't be written")]
    Write(#[from] io::Error),
    /// The rows that were read are not those that were counted.
    #[error("the database has {0}, and other numbers were read")]
    Miscounted(RowCounts),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Exports a database while it serves.
pub struct Export {
    archive: Arc<dyn Archive>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl Export {
    /// Exports the database of these ports, which is `archive` too.
    #[must_use]
    pub fn new(ports: &Ports, archive: Arc<dyn Archive>) -> Self {
        Self { archive, clock: ports.clock.clone(), trail: AuditTrail::new(ports) }
    }

    /// Writes all that the database has at one moment, in memory that does not grow with it. A final export seals the database
    /// before that moment: every change that was acknowledged is in it, and none is acknowledged afterwards. The seal stays; when the
    /// export fails it is taken off, unless an earlier export had put it on. The audit trail tells of the export before it begins; one
    /// of a database that is sealed already takes no entry.
    pub async fn run(
        &self,
        command: &ExportCommand,
        sink: &mut dyn ExportSink,
    ) -> Result<Exported, ExportError> {
        self.trail.record(Act::of_operator(AuditAction::DATABASE_EXPORTED, None)).await;
        let has_sealed = command.is_final && self.archive.seal().await? == SealOutcome::PutOn;
        let exported = self.write(command, sink).await;
        if exported.is_err()
            && has_sealed
            && let Err(error) = self.archive.unseal().await
        {
            tracing::error!(error = chain(&error), "the database stays sealed");
        }
        exported
    }

    /// Takes the seal off the database.
    pub async fn unseal(&self) -> Result<(), PortError> {
        self.archive.unseal().await
    }

    async fn write(
        &self,
        command: &ExportCommand,
        sink: &mut dyn ExportSink,
    ) -> Result<Exported, ExportError> {
        let now = self.clock.now();
        let mut snapshot = self.archive.snapshot().await?;
        let row_counts = snapshot.row_counts().await?;
        let mut lines = Lines { sink, hash: sha2::Sha256::new(), counts: Counts::default() };
        lines.write(&Line::Export(Header {
            version: VERSION,
            program: command.program.clone(),
            migration: command.migration.clone(),
            exported_at: now.unix_micros(),
            is_final: command.is_final,
        }))?;
        lines.accounts(&mut *snapshot).await?;
        lines.blobs(&mut *snapshot, now).await?;
        lines.audit(&mut *snapshot).await?;
        let counts = lines.counts;
        let written = RowCounts {
            users: counts.users,
            files: counts.files,
            folders: counts.folders,
            versions: counts.versions,
            operations: counts.operations,
            audit_entries: counts.audit,
            ..row_counts
        };
        if written != row_counts {
            return Err(ExportError::Miscounted(row_counts));
        }
        lines.end()?;
        let RowCounts { removed_users, open_uploads, .. } = row_counts;
        Ok(Exported { counts, removed_users, open_uploads })
    }
}

/// The file, line by line.
struct Lines<'s> {
    sink: &'s mut dyn ExportSink,
    hash: sha2::Sha256,
    counts: Counts,
}

impl Lines<'_> {
    fn write(&mut self, line: &Line) -> Result<(), ExportError> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.sink.write_all(&text)?;
        Ok(())
    }

    async fn accounts(&mut self, snapshot: &mut dyn Snapshot) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.accounts(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.user.id);
            for account in &page {
                let owner = account.user.id;
                let seq = snapshot.seq(DriveId::of_user(owner)).await?;
                self.write(&Line::User(UserLine::of(account, seq)))?;
                self.counts.users += 1;
                self.nodes(snapshot, owner).await?;
                self.versions(snapshot, owner).await?;
                self.operations(snapshot, owner).await?;
                self.keys(snapshot, owner).await?;
            }
        }
    }

    async fn nodes(&mut self, snapshot: &mut dyn Snapshot, owner: UserId) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.nodes(DriveId::of_user(owner), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.item.id());
            for archived in &page {
                self.write(&Line::of_node(archived))?;
                match archived.item.kind() {
                    ItemKind::Folder => self.counts.folders += 1,
                    ItemKind::File => self.counts.files += 1,
                }
            }
        }
    }

    async fn versions(&mut self, snapshot: &mut dyn Snapshot, owner: UserId) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.versions(DriveId::of_user(owner), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.file, last.number));
            for version in &page {
                self.write(&Line::Version(Box::new(VersionLine::of(owner, version))))?;
                self.counts.versions += 1;
            }
        }
    }

    async fn operations(&mut self, snapshot: &mut dyn Snapshot, owner: UserId) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.operations(owner, after, OPERATIONS).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for operation in &page {
                self.write(&Line::Operation(Box::new(OperationLine::of(operation))))?;
                self.counts.operations += 1;
            }
        }
    }

    async fn keys(&mut self, snapshot: &mut dyn Snapshot, owner: UserId) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.keys(owner, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for archived in &page {
                self.write(&Line::Key(KeyLine::of(owner, archived)))?;
                self.counts.keys += 1;
            }
        }
    }

    async fn blobs(&mut self, snapshot: &mut dyn Snapshot, now: Timestamp) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.loose_blobs(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.id);
            for blob in &page {
                self.write(&Line::Blob(BlobLine::of(blob, now)))?;
                self.counts.blobs += 1;
            }
        }
    }

    async fn audit(&mut self, snapshot: &mut dyn Snapshot) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.audit(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(AuditKey::of(last));
            for entry in &page {
                self.write(&Line::Audit(AuditLine::of(entry)))?;
                self.counts.audit += 1;
            }
        }
    }

    fn end(mut self) -> Result<(), ExportError> {
        let hash = std::mem::take(&mut self.hash).finalize();
        let sha256 = Sha256::new(hash.into()).to_string();
        self.write(&Line::End(End { counts: self.counts, sha256 }))?;
        self.sink.finish()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
