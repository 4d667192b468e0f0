//! Writes a whole database into a file.

use std::io::{self, Write};
use std::sync::Arc;

use fm_domain::archive::{Archive, ArchivedFile, RowCounts, SealOutcome, Snapshot};
use fm_domain::audit::{AuditAction, AuditKey};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{PortError, chain};
use fm_domain::files::Sha256;
use fm_domain::ids::UserId;
use sha2::Digest as _;

use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;

use super::PAGE;
use super::format::{AuditLine, BlobLine, Counts, End, FileLine, Header, KeyLine, Line, UserLine, VERSION};

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
        if (counts.users, counts.files, counts.audit)
            != (row_counts.users, row_counts.files, row_counts.audit_entries)
        {
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
                self.write(&Line::User(UserLine::of(account)))?;
                self.counts.users += 1;
                self.files(snapshot, account.user.id).await?;
                self.keys(snapshot, account.user.id).await?;
            }
        }
    }

    async fn files(&mut self, snapshot: &mut dyn Snapshot, owner: UserId) -> Result<(), ExportError> {
        let mut after = None;
        loop {
            let page = snapshot.files(owner, after, PAGE).await?;
            let Some(ArchivedFile { file, .. }) = page.last() else { return Ok(()) };
            after = Some((file.created_at, file.id));
            for archived in &page {
                self.write(&Line::File(Box::new(FileLine::of(archived))))?;
                self.counts.files += 1;
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
