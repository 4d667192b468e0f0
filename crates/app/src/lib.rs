//! The program `file-manager` as a library: reads the configuration, opens the adapters that it picks, runs a command.
//!
//! [`run`] is the whole program. A `main` of a few lines adds adapters of its own, for every command; the configuration
//! picks them by name, and what it does not pick is never opened:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use fm_app::adapters::{BlobStoreFactory, OpenBlobStore, OpenContext};
//! use fm_app::config::{Reader, Secret, Variable};
//! use fm_app::{Program, StartError};
//! # use fm_memory::MemoryBlobStore as TapeBlobStore;
//!
//! /// The settings of a blob store: `BLOB_STORE=tape` picks it.
//! #[derive(Debug)]
//! struct TapeConfig {
//!     drive: String,
//!     key: Secret,
//! }
//!
//! #[async_trait]
//! impl BlobStoreFactory for TapeConfig {
//!     fn name() -> &'static str {
//!         "tape"
//!     }
//!
//!     fn variables() -> Vec<Variable> {
//!         vec![Variable::plain("TAPE_DRIVE"), Variable::secret("TAPE_KEY")]
//!     }
//!
//!     // What is missing here is reported together with all other faults of the configuration.
//!     fn read(reader: &mut Reader<'_>) -> Self {
//!         Self { drive: reader.required("TAPE_DRIVE"), key: reader.required_secret("TAPE_KEY") }
//!     }
//!
//!     async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
//!         let store = Arc::new(TapeBlobStore::new(Arc::clone(&context.clock)));
//!         context.shutdown.add(async { /* rewind the tape */ });
//!         Ok(OpenBlobStore { lister: Some(store.clone()), ..OpenBlobStore::new(store) })
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     fm_app::run(Program::new().blob_store::<TapeConfig>().decorate(|ports| {
//!         // Wrap or replace ports here: `Ports { blobs: Arc::new(Measured(ports.blobs)), ..ports }`.
//!         ports
//!     }))
//! }
//! ```
//!
//! `examples/foreign-adapters` of the repository is a whole program of this kind.

pub mod adapters;
mod blob_stores;
pub mod cli;
mod commands;
pub mod config;
mod descriptors;
mod http_client;
pub mod lifecycle;
pub mod logging;
mod metrics;
mod observed;
mod program;
mod secrets;
pub mod span_export;
mod start_error;
pub mod wire;
pub mod worker;

use std::process::ExitCode;

use clap::Parser as _;

pub use program::Program;
pub use start_error::StartError;

/// Runs the command that the arguments of the process name, to its end.
///
/// Exit codes: 0 when all was done, 1 when a command failed or did not do all that was asked for, 2 when the arguments or
/// the configuration can't be used. The allocator is that of the calling program; ours is `mimalloc`, which gives freed
/// memory back.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a program runs once: its `main` gives it away")]
pub fn run(program: Program) -> ExitCode {
    commands::run(&program, cli::Cli::parse())
}
