//! The command line.

use clap::{Args, Parser, Subcommand};

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
