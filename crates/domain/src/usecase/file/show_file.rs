//! One file.

use std::sync::Arc;

use super::view::{FileView, Viewer};
use crate::ids::{FileId, UserId};
use crate::store::{Database, StoreError};
use crate::usecase::{Ports, Settings};

/// Why a file was not shown.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The caller has no such file.
    #[error("there is no such file")]
    NotFound,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Shows a file.
pub struct ShowFile {
    db: Arc<dyn Database>,
    viewer: Viewer,
}

impl ShowFile {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), viewer: Viewer::new(ports, settings) }
    }

    /// The file with its URLs.
    pub async fn run(&self, owner: UserId, id: FileId) -> Result<FileView, FileError> {
        let file = self.db.read().await?.files().find(owner, id).await?.ok_or(FileError::NotFound)?;
        Ok(self.viewer.view(file).await?)
    }
}
