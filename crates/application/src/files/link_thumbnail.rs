//! The way to a file's thumbnail.

use std::sync::Arc;
use std::time::Duration;

use super::presenter::FilePresenter;
use crate::engine::retry::failure;
use crate::ports::{Ports, Settings};
use fm_domain::access::{AccessDenied, Actor, Right};
use fm_domain::blobs::SignedUrl;
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::files::ThumbnailState;
use fm_domain::ids::FileId;

/// Why there is no way to a thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    /// The caller has no such file.
    #[error("there is no such file")]
    NotFound,
    /// It is being made.
    #[error("the thumbnail is being made")]
    NotReady {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The file has none, and will have none.
    #[error("the file has no thumbnail")]
    NoThumbnail,
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(ThumbnailError);

/// Most thumbnails are ready sooner than anyone can ask twice.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Leads to the thumbnail of a file.
pub struct LinkThumbnail {
    db: Arc<dyn Database>,
    presenter: FilePresenter,
}

impl LinkThumbnail {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), presenter: FilePresenter::new(ports, settings) }
    }

    /// A URL of the present window.
    pub async fn run(&self, actor: &Actor, id: FileId) -> Result<SignedUrl, ThumbnailError> {
        let access = actor.access(Right::Read)?;
        let file = self.db.read().await?.files().find(&access, id).await?.ok_or(ThumbnailError::NotFound)?;
        match file.thumbnail {
            ThumbnailState::Ready { blob, .. } => Ok(self.presenter.thumbnail(&file, blob).await?),
            ThumbnailState::Pending => Err(ThumbnailError::NotReady { retry_after: RETRY_AFTER }),
            ThumbnailState::None | ThumbnailState::Failed { .. } => Err(ThumbnailError::NoThumbnail),
        }
    }
}

#[cfg(test)]
mod tests;
