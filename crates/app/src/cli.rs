//! The command line.

mod accounts;
mod archive;
mod format;
mod health;
mod jobs;
mod moving;

use std::str::FromStr as _;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use fm_application::sessions::NamedAccount;
use fm_domain::accounts::{Email, InvalidEmail};
use fm_domain::audit::{AuditAction, AuditFilter};
use fm_domain::clock::Timestamp;
use fm_domain::ids::UserId;
use uuid::Uuid;

pub use accounts::{
    CreateUserArgs, ListUsersArgs, OneAccount, ResetPasswordArgs, RevokeSessionsArgs, SessionCommand,
    SetQuotaArgs, UserCommand,
};
pub use archive::{ExportArgs, ImportArgs};
pub use health::HealthArgs;
pub use jobs::{DeadJobs, JobStateArg, Jobs};
pub use moving::MoveBlobsArgs;

/// A file backend: accounts, uploads, thumbnails and signed downloads over HTTP.
///
/// Everything else is configured by environment variables: see `.env.example`.
///
/// Exit codes: 0 when all was done; 1 when something was refused, was not found, or failed; 2 when the arguments or the
/// configuration can't be used. What was refused or failed is told on standard error; with `--json` as one object: `error`,
/// and `causes`, a list. Only arguments that can't be read are told as text alone.
#[derive(Debug, Parser)]
#[command(name = "file-manager", version)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Serve the API, and run the background jobs beside it.
    Serve(ServeArgs),
    /// Run the background jobs alone.
    Worker,
    /// Create, find, change and remove users. It needs the database alone: the service may be down.
    User {
        /// What to do.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Show and end the sessions of a user.
    Session {
        /// What to do.
        #[command(subcommand)]
        command: SessionCommand,
    },
    /// Check or show the configuration.
    Config {
        /// What to do.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Change or show the structure of the database.
    Migrate {
        /// What to do.
        #[command(subcommand)]
        direction: Migrate,
        /// One JSON object a line.
        #[arg(long, global = true)]
        json: bool,
    },
    /// Look at the background jobs, and decide about those that failed for good.
    Jobs {
        /// What to do.
        #[command(subcommand)]
        command: Jobs,
    },
    /// Show the audit trail: who did what, when, and from where; the newest entry first.
    ///
    /// Entries name accounts, files, sessions and jobs by their ids. They are kept for AUDIT_RETENTION_DAYS, also those of
    /// accounts that were removed meanwhile.
    Audit(AuditArgs),
    /// End all sessions of an account, as `session revoke ACCOUNT --all` does: its tokens are refused from then on, and its user
    /// has to log in again.
    EndSessions(OneAccount),
    /// Clean up now what the program cleans up every minute: uploads that never ended, blobs of removed files, expired
    /// idempotency keys and sessions, and old entries of the audit trail.
    ///
    /// An upload counts as one that never ended when it has given no sign of life for 60 s (a thumbnail: 5 minutes);
    /// nothing younger is touched. One run takes at most 10,000 of each; the next goes on. Entries of the audit trail are old by
    /// the AUDIT_RETENTION_DAYS of this very command: run it with the configuration of the program.
    Sweep(SweepArgs),
    /// Compare the database with the blob store, in both directions, and with itself; change nothing without --repair.
    ///
    /// Finds blobs of files, thumbnails and old versions that are missing, have another size, or, with --rehash, other bytes; blobs
    /// that no row knows; drives whose counters, and blobs whose references, are not what the rows add up to; and items that can't be
    /// reached from their root, that stand otherwise to the trash than their folder, or that share a name. It may run beside the
    /// program. Exit code: 0 when nothing is wrong or all of it was repaired, 1 when something is or the check could not be ended.
    Verify(VerifyArgs),
    /// Copy the blobs of all files from the store of BLOB_STORE_FALLBACK to that of BLOB_STORE, while the service runs.
    ///
    /// First restart the service with both: it then writes to BLOB_STORE, and reads what that does not have from
    /// BLOB_STORE_FALLBACK. Every blob is copied whose file is there, and is compared with the recorded SHA-256 on its
    /// way. A run that ended before its end is run again: what was copied is passed over. Nothing is deleted without
    /// --empty-source. Exit code: 0 when the new store has every blob that a file needs, 1 when one is missing or wrong.
    MoveBlobs(MoveBlobsArgs),
    /// Ask a running program whether it is healthy: exit code 0 when it answers with success within 3 s, else 1.
    ///
    /// For checks of containers, whose image has no other HTTP client. A worker answers at METRICS_ADDR alone:
    /// `file-manager health http://127.0.0.1:9464/metrics`.
    Health(HealthArgs),
    /// Write accounts, files, idempotency keys and the audit trail into a file, to be imported into another database.
    ///
    /// It may run beside the program. The file holds password hashes and addresses: guard it, and remove it afterwards. The bytes of
    /// files are not in it, nor are sessions, unfinished uploads and jobs.
    Export(ExportArgs),
    /// Read an export into a database without accounts: all of it, or nothing.
    ///
    /// No program may use the database meanwhile. The blob store stays the one it was.
    Import(ImportArgs),
    /// Try what the program needs of its database, its blob store, its sessions and its configuration, and name each step that fails
    /// and what to change.
    ///
    /// It may run while the service does and while it does not. Each step has 4 s, the parts are tried side by side, and what is
    /// written on trial is removed. No secret is shown: the report may be passed on. Exit code: 0 when all is well or is only
    /// warned of, 1 when a step failed.
    Doctor(DoctorArgs),
    /// Print the description of the HTTP API (OpenAPI 3.1, JSON).
    Openapi,
    /// Print the completions of a shell: `file-manager completions bash > /etc/bash_completion.d/file-manager`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    Man {
        /// The folder, which must exist.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<std::path::PathBuf>,
    },
}

/// What to do with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration can be used: exit code 0, or 2 and every fault on standard error.
    ///
    /// It looks at the variables alone, and opens nothing.
    Check {
        /// One JSON object: `usable`; of a configuration that can't be used, one on standard error with each fault among the `causes`.
        #[arg(long)]
        json: bool,
    },
    /// Show what is set, of secrets only whether they are.
    Show {
        /// One JSON object: the name of each variable, and of each its text, or for secrets `set`, or null when it is unset.
        #[arg(long)]
        json: bool,
    },
}

/// How to serve.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Leave the background jobs to `file-manager worker`.
    #[arg(long)]
    pub no_worker: bool,
    /// Keep everything in memory, and lose it at the end.
    #[arg(long, conflicts_with = "no_worker")]
    pub ephemeral: bool,
}

/// What to do with migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Migrate {
    /// Apply all that are pending.
    Up,
    /// Revert the latest one.
    Down,
    /// Show which are applied.
    Status,
}

/// Which entries of the audit trail.
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    /// Those of this account: what its user did, and what was tried by others.
    #[arg(long, value_name = "ID")]
    pub user: Option<Uuid>,
    /// Those of this action: `login.failed`.
    #[arg(long, value_name = "NAME", value_parser = AuditAction::from_str)]
    pub action: Option<AuditAction>,
    /// Those at this moment (RFC 3339) or later: `2026-01-31T12:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<Timestamp>,
    /// Those before this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

impl AuditArgs {
    /// The entries that are asked for.
    #[must_use]
    pub fn filter(&self) -> AuditFilter {
        let (account, action) = (self.user.map(UserId::new), self.action.clone());
        AuditFilter { account, action, since: self.since, until: self.until }
    }
}

/// A moment as RFC 3339 writes it, with any offset.
fn moment(text: &str) -> Result<Timestamp, chrono::ParseError> {
    chrono::DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc().into())
}

fn named_account(text: &str) -> Result<NamedAccount, InvalidEmail> {
    match text.parse::<Uuid>() {
        Ok(id) => Ok(NamedAccount::Id(UserId::new(id))),
        Err(_no_id) => Email::from_stored(text).map(NamedAccount::Email),
    }
}

/// How to sweep.
#[derive(Debug, Clone, Copy, Args)]
pub struct SweepArgs {
    /// Only say what would be cleaned up.
    #[arg(long)]
    pub dry_run: bool,
    /// Instead, delete blobs in the store that no row of the database knows, as a restore of an older database leaves
    /// them. The store must belong to this database alone.
    #[arg(long, requires = "min_age_seconds")]
    pub orphans: bool,
    /// Leave orphans alone that are younger.
    #[arg(long = "min-age", value_name = "SECONDS", requires = "orphans")]
    pub min_age_seconds: Option<u64>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

impl SweepArgs {
    /// The age of the youngest orphan that goes; without one given, none does.
    #[must_use]
    pub fn min_age(&self) -> Duration {
        self.min_age_seconds.map_or(Duration::MAX, Duration::from_secs)
    }
}

/// How to tell what was found.
#[derive(Debug, Clone, Copy, Args)]
pub struct DoctorArgs {
    /// One JSON object a line: each step, and at last a summary.
    #[arg(long)]
    pub json: bool,
}

/// How to verify.
#[derive(Debug, Clone, Copy, Args)]
pub struct VerifyArgs {
    /// Read all bytes too, and compare their SHA-256 with the recorded one.
    #[arg(long)]
    pub rehash: bool,
    /// One JSON object a line: each finding, and at last a summary.
    #[arg(long)]
    pub json: bool,
    /// Let blobs be that no row knows but that are younger.
    #[arg(long = "min-age", value_name = "SECONDS", default_value_t = 3600)]
    pub min_age_seconds: u64,
    /// Make counters and references what the rows add up to; the bytes of blobs that no row refers to are deleted by a sweep then.
    ///
    /// What is missing in the store, and items that are not where they may be, are told and left: only a backup knows better.
    #[arg(long)]
    pub repair: bool,
}

impl VerifyArgs {
    /// The age of the youngest blob that counts as an orphan.
    #[must_use]
    pub const fn min_age(&self) -> Duration {
        Duration::from_secs(self.min_age_seconds)
    }
}

#[cfg(test)]
mod tests;
