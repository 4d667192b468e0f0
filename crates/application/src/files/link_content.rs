//! The way to a file's bytes.

use std::sync::Arc;

use super::presenter::FilePresenter;
use super::show_file::FileError;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::blobs::{Disposition, SignedUrl};
use fm_domain::database::Database;
use fm_domain::ids::FileId;

/// Leads to the bytes of a file.
pub struct LinkContent {
    db: Arc<dyn Database>,
    presenter: FilePresenter,
}

impl LinkContent {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), presenter: FilePresenter::new(ports, settings) }
    }

    /// A URL of the present window. `inline` is given only to types on the allow-list.
    pub async fn run(
        &self,
        actor: &Actor,
        id: FileId,
        disposition: Disposition,
    ) -> Result<SignedUrl, FileError> {
        let access = actor.access(Right::Read)?;
        let file = self.db.read().await?.files().find(&access, id).await?.ok_or(FileError::NotFound)?;
        Ok(self.presenter.content(&file, disposition).await?)
    }
}

#[cfg(test)]
mod tests;
