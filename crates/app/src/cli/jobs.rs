//! Arguments of `file-manager jobs`.

use clap::{Args, Subcommand};
use fm_domain::jobs::JobState;
use uuid::Uuid;

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
    /// No worker holds it.
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
pub struct DeadJobs {
    /// Their ids.
    #[arg(required_unless_present = "all")]
    pub ids: Vec<Uuid>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// One JSON object a line: of each job its id, and whether it was done.
    #[arg(long)]
    pub json: bool,
}
