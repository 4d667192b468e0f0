//! One file.

use std::sync::Arc;

use super::presenter::{FilePresenter, FileView};
use crate::ports::{Ports, Settings};
use fm_domain::access::{AccessDenied, Actor, Right};
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::ids::FileId;

/// Why a file was not shown.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The caller has no such file.
    #[error("there is no such file")]
    NotFound,
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Shows a file.
pub struct ShowFile {
    db: Arc<dyn Database>,
    presenter: FilePresenter,
}

impl ShowFile {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), presenter: FilePresenter::new(ports, settings) }
    }

    /// The file with its URLs.
    pub async fn run(&self, actor: &Actor, id: FileId) -> Result<FileView, FileError> {
        let access = actor.access(Right::Read)?;
        let file = self.db.read().await?.files().find(&access, id).await?.ok_or(FileError::NotFound)?;
        Ok(self.presenter.view(file).await?)
    }
}

#[cfg(test)]
mod tests;
