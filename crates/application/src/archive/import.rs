//! Reads a database out of a file that was exported.

mod batch;
mod due_jobs;
mod load;
mod load_error;
mod reader;

use std::io::{self, BufRead};
use std::sync::Arc;

use fm_domain::archive::{Archive, RowCounts, TreeFault};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::error::PortError;
use fm_domain::ids::IdSource;

use super::format::{Counts, Header, Line, OLDEST, VERSION};
use super::lines::InvalidField;
use crate::engine::audit::{Act, AuditTrail};
use crate::ports::{FollowUps, Ports};
use load::Load;
use reader::LineReader;

/// How to import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Only check the file.
    pub dry_run: bool,
}

/// What was imported, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// What was in the file.
    pub counts: Counts,
    /// Whether the database that it came from was sealed. If not, what was changed there since is not in the file.
    pub is_final: bool,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineProblem {
    /// It is longer than any line that is written.
    #[error("is longer than {0}")]
    TooLong(ByteSize),
    /// It is no JSON, or has other fields.
    #[error("can't be read: {0}")]
    Json(String),
    /// A field holds what it may not.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// The first line is no header.
    #[error("is not the header of an export")]
    NoHeader,
    /// The format is that of another version.
    #[error("is of version {found} of the format; this program reads versions {OLDEST} to {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It stands where no line of its kind may.
    #[error("has no place here: {0}")]
    Misplaced(&'static str),
    /// Another user has the address.
    #[error("the address is that of another user before")]
    AddressTaken,
    /// The user has the key already.
    #[error("the user has the same idempotency key before")]
    KeyTaken,
    /// The sizes of the user's files add up to more than any counter holds.
    #[error("the files of the user before add up to too many bytes")]
    TooManyBytes,
    /// The last line has other numbers.
    #[error("says that there are other numbers of lines than there are")]
    Counts,
    /// The last line has another hash.
    #[error("has another SHA-256 than the lines before: they were changed")]
    Changed,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database has accounts, files or blobs already.
    #[error("the database is not empty: it has {0}")]
    NotEmpty(Box<RowCounts>),
    /// A line can't be imported.
    #[error("line {line} {problem}")]
    Line {
        /// Its number, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// The file ends before its last line does.
    #[error("the file ends after line {lines}, before its end: it is not whole")]
    Truncated {
        /// How many whole lines it has.
        lines: u64,
    },
    /// The file can't be read.
    #[error("the file can't be read")]
    Read(#[source] io::Error),
    /// The database did not take a line. It may take several before it tells.
    #[error("line {line}, or one shortly before it, can't be stored")]
    Row {
        /// The number of the line that was read last by then, counted from 1.
        line: u64,
        /// The cause.
        source: PortError,
    },
    /// The items in the file are no tree: something is not where it may be.
    #[error("the file has an item that is not where it may be: {} of the drive {}", .0.node, .0.drive)]
    Unsound(TreeFault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] PortError),
    /// After the import the database does not have what was in the file. It was committed all the same.
    #[error("the database has {found} after the import, and the file has {expected}")]
    Miscounted {
        /// What is there.
        found: Box<RowCounts>,
        /// What was in the file.
        expected: Box<Counts>,
    },
}

/// Imports a database.
pub struct Import {
    archive: Arc<dyn Archive>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    follow_ups: FollowUps,
    trail: AuditTrail,
}

impl Import {
    /// Imports into the database of these ports, which is `archive` too.
    #[must_use]
    pub fn new(ports: &Ports, archive: Arc<dyn Archive>) -> Self {
        Self {
            archive,
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            follow_ups: ports.follow_ups.clone(),
            trail: AuditTrail::new(ports),
        }
    }

    /// Writes all that is in the file into a database without accounts, in one unit of work: all or nothing. Ids, moments, revisions,
    /// numbers of changes and hashes stay as they are; counters and references to blobs are counted from the rows; the jobs that files and
    /// operations still wait for are enqueued, and the audit trail tells of the import. It takes memory that does not grow with the file.
    pub async fn run(
        &self,
        options: ImportOptions,
        input: &mut dyn BufRead,
    ) -> Result<Imported, ImportError> {
        let before = self.archive.snapshot().await?.row_counts().await?;
        if !before.has_no_accounts() {
            return Err(ImportError::NotEmpty(Box::new(before)));
        }
        let unit = if options.dry_run { None } else { Some(self.archive.begin_rows().await?) };
        let now = self.clock.now();
        let mut load = Load::new(unit, self.ids.clone(), self.follow_ups.clone(), now);
        let mut lines = LineReader::new(input);
        let read = read(&mut lines, &mut load).await;
        let Some(mut unit) = load.into_unit() else { return read };
        let imported = match read {
            Ok(imported) => imported,
            Err(error) => {
                unit.rollback().await?;
                return Err(error);
            }
        };
        let act = Act::of_operator(AuditAction::DATABASE_IMPORTED, None);
        if let Err(error) = self.trail.append(unit.as_mut(), now, act).await {
            unit.rollback().await?;
            return Err(lines.not_stored(error));
        }
        unit.commit().await.map_err(|error| match error {
            // It may have been made.
            lost @ PortError::Unavailable(_) => ImportError::Store(lost),
            refusal => lines.not_stored(refusal),
        })?;
        self.check(&before, imported).await
    }

    /// Counts what is there now.
    async fn check(&self, before: &RowCounts, imported: Imported) -> Result<Imported, ImportError> {
        let found = self.archive.snapshot().await?.row_counts().await?;
        let expected = imported.counts;
        let of_the_import = u64::from(self.trail.is_on());
        let audit = before.audit_entries.saturating_add(expected.audit).saturating_add(of_the_import);
        let hoped = RowCounts {
            users: expected.users,
            files: expected.files,
            folders: expected.folders,
            versions: expected.versions,
            operations: expected.operations,
            audit_entries: audit,
            ..found
        };
        if found != hoped {
            return Err(ImportError::Miscounted { found: Box::new(found), expected: Box::new(expected) });
        }
        Ok(imported)
    }
}

/// Reads line by line, to the end.
async fn read(lines: &mut LineReader<'_>, load: &mut Load) -> Result<Imported, ImportError> {
    let header = match lines.next_line()? {
        Some(Line::Export(header)) => checked(header).map_err(|problem| lines.fault(problem))?,
        Some(_) => return Err(lines.fault(LineProblem::NoHeader)),
        None => return Err(lines.truncated()),
    };
    load.reads_version(header.version);
    loop {
        let Some(line) = lines.next_line()? else { return Err(lines.truncated()) };
        let Line::End(end) = line else {
            load.line(line).await.map_err(|error| error.at(lines.number()))?;
            continue;
        };
        load.finish().await.map_err(|error| error.at(lines.number()))?;
        if end.counts != load.counts() {
            return Err(lines.fault(LineProblem::Counts));
        }
        if end.sha256 != lines.sha256() {
            return Err(lines.fault(LineProblem::Changed));
        }
        if lines.next_line()?.is_some() {
            return Err(lines.fault(LineProblem::Misplaced("the file has ended")));
        }
        if let Some(fault) = load.check_tree().await? {
            return Err(ImportError::Unsound(fault));
        }
        return Ok(Imported { counts: load.counts(), is_final: header.is_final });
    }
}

fn checked(header: Header) -> Result<Header, LineProblem> {
    if (OLDEST..=VERSION).contains(&header.version) {
        Ok(header)
    } else {
        Err(LineProblem::Version { found: header.version })
    }
}

#[cfg(test)]
mod tests;
