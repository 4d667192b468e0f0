//! The contents of a file, page by page.

use std::sync::Arc;

use super::error::TreeError;
use super::versions::{VersionView, view_of};
use crate::files::{FilePresenter, FileView};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Actor, Right};
use fm_domain::database::Database;
use fm_domain::ids::FileId;
use fm_domain::mac::MacSigner;
use fm_domain::tree::{decode_version_cursor, encode_version_cursor};

/// A page of the versions of a file.
#[derive(Debug, Clone)]
pub struct VersionList {
    /// The file with its present content, which comes first in the list: on the first page alone.
    pub present: Option<FileView>,
    /// Old versions, newest first.
    pub versions: Vec<VersionView>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Lists the contents that a file has and had.
pub struct ListVersions {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    presenter: FilePresenter,
}

impl ListVersions {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        let presenter = FilePresenter::new(ports, settings);
        Self { db: ports.db.clone(), macs: ports.macs.clone(), presenter }
    }

    /// One page of at most `limit` versions, 1 to 200, the present content among them.
    pub async fn run(
        &self,
        actor: &Actor,
        file: FileId,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<VersionList, TreeError> {
        let access = actor.access(Right::Read)?;
        let (reader, macs) = (actor.user(), self.macs.as_ref());
        let before = cursor.map(|text| decode_version_cursor(&text, reader, file, macs)).transpose()?;
        let mut reads = self.db.read().await?;
        let present = reads.files().find(&access, file).await?.ok_or(TreeError::NotFound)?;
        let room = if before.is_none() { limit.saturating_sub(1) } else { limit };
        // What was the present content until this very moment is not listed twice.
        let newest = before.unwrap_or(present.version);
        // One more than there is room for tells whether there is a next page.
        let mut versions = reads.tree().versions(&access, file, Some(newest), room.saturating_add(1)).await?;
        drop(reads);
        let more = versions.len() > room as usize;
        versions.truncate(room as usize);
        let last = versions.last().map_or(present.version, |last| last.number);
        let next_cursor = more.then(|| encode_version_cursor(last, reader, file, macs)).transpose()?;
        let mut views = Vec::with_capacity(versions.len());
        for version in versions {
            views.push(view_of(&self.presenter, &present, version).await?);
        }
        let present = match before {
            None => Some(self.presenter.view(present).await?),
            Some(_) => None,
        };
        Ok(VersionList { present, versions: views, next_cursor })
    }
}

#[cfg(test)]
mod tests;
