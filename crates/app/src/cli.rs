//! The command line.

use clap::{Args, Parser, Subcommand};
use fm_domain::job::JobState;
use uuid::Uuid;

/// A file backend: accounts, uploads, thumbnails and signed downloads over HTTP.
///
/// Everything else is configured by environment variables: see `.env.example`.
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
    /// Change or show the structure of the database.
    Migrate {
        /// Which way.
        #[command(subcommand)]
        direction: Migrate,
    },
    /// Look at the background jobs, and decide about those that failed for good.
    Jobs {
        /// What to do.
        #[command(subcommand)]
        command: Jobs,
    },
    /// Clean up now what the program cleans up every minute: uploads that never ended, blobs of removed files, and
    /// expired idempotency keys and sessions.
    Sweep(SweepArgs),
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

/// What to do with jobs.
#[derive(Debug, Clone, Subcommand)]
pub enum Jobs {
    /// List them, the oldest first.
    List {
        /// Only those in this state.
        #[arg(long, value_enum)]
        state: Option<JobStateArg>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Try dead jobs again, with all attempts before them.
    Retry(DeadJobs),
    /// Let dead jobs go; their work stays undone.
    Discard(DeadJobs),
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum JobStateArg {
    /// Nobody holds it.
    Waiting,
    /// A worker holds it.
    Running,
    /// It failed for good.
    Dead,
}

impl From<JobStateArg> for JobState {
    fn from(state: JobStateArg) -> Self {
        match state {
            JobStateArg::Waiting => Self::Waiting,
            JobStateArg::Running => Self::Running,
            JobStateArg::Dead => Self::Dead,
        }
    }
}

/// Which dead jobs.
#[derive(Debug, Clone, Args)]
#[group(required = true)]
pub struct DeadJobs {
    /// Their ids.
    pub ids: Vec<Uuid>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
}

/// How to sweep.
#[derive(Debug, Clone, Copy, Args)]
pub struct SweepArgs {
    /// Only say what would be cleaned up.
    #[arg(long)]
    pub dry_run: bool,
}
