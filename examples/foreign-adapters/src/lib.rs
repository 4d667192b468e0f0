//! Adapters of a team of its own, outside the adapters of the workspace: see the README beside this package.

mod blobs;
mod folder_sessions;

use fm_app::Program;

pub use blobs::{OpendalBlobStore, OpendalConfig};
pub use folder_sessions::{FolderConfig, FolderSessionStore};

/// The program with all of these adapters.
#[must_use]
pub fn program() -> Program {
    Program::new().blob_store::<OpendalConfig>().session_store::<FolderConfig>()
}
