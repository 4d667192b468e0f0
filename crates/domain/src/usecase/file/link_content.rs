//! The way to a file's bytes.

use std::sync::Arc;

use super::show_file::FileError;
use super::view::Viewer;
use crate::blob::{Disposition, SignedUrl};
use crate::ids::{FileId, UserId};
use crate::store::Database;
use crate::usecase::{Ports, Settings};

/// Leads to the bytes of a file.
pub struct LinkContent {
    db: Arc<dyn Database>,
    viewer: Viewer,
}

impl LinkContent {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { db: ports.db.clone(), viewer: Viewer::new(ports, settings) }
    }

    /// A URL of the present window. `inline` is given only to types on the allow-list.
    pub async fn run(
        &self,
        owner: UserId,
        id: FileId,
        disposition: Disposition,
    ) -> Result<SignedUrl, FileError> {
        let file = self.db.read().await?.files().find(owner, id).await?.ok_or(FileError::NotFound)?;
        Ok(self.viewer.content(&file, disposition).await?)
    }
}
