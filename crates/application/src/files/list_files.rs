//! The caller's files, page by page.

use std::sync::Arc;
use std::time::Duration;

use super::presenter::{FilePresenter, FileView};
use crate::engine::places::{LISTS, NoPlace, Places, SEARCHES};
use crate::ports::{Ports, Settings};
use fm_domain::access::{AccessDenied, Actor, Right};
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::files::{
    FileFilter, FilePage, FileSort, InvalidCursor, PageKey, SortOrder, decode_cursor, encode_cursor,
};
use fm_domain::mac::MacSigner;

/// The files to list, in which order, from where on.
#[derive(Debug, Clone)]
pub struct ListCommand {
    /// The files to list.
    pub filter: FileFilter,
    /// The field to sort by.
    pub sort: FileSort,
    /// The direction to sort in.
    pub order: SortOrder,
    /// The most files in a page, 1 to 200.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
}

/// A page of files.
#[derive(Debug, Clone)]
pub struct FileList {
    /// The files.
    pub items: Vec<FileView>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Why nothing was listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor was tampered with, or belongs to another list.
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// Too many lists or searches of the user are worked on at the moment.
    #[error("too many lists of the user are worked on at the moment")]
    TooManyLists {
        /// When to ask again.
        retry_after: Duration,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<NoPlace> for ListError {
    fn from(busy: NoPlace) -> Self {
        Self::TooManyLists { retry_after: busy.retry_after }
    }
}

/// Lists files.
pub struct ListFiles {
    db: Arc<dyn Database>,
    macs: Arc<dyn MacSigner>,
    lists: Places,
    searches: Places,
    presenter: FilePresenter,
}

impl ListFiles {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            macs: ports.macs.clone(),
            lists: Places::new(LISTS),
            searches: Places::new(SEARCHES),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// One page. Of one user few are made at a time, and still fewer searches by a part of the name, which look at every name.
    pub async fn run(&self, actor: &Actor, command: ListCommand) -> Result<FileList, ListError> {
        let access = actor.access(Right::Read)?;
        let ListCommand { filter, sort, order, limit, cursor } = command;
        let macs = self.macs.as_ref();
        let after =
            cursor.map(|text| decode_cursor(&text, actor.user(), &filter, sort, order, macs)).transpose()?;
        // One more than asked for tells whether there is a next page.
        let page = FilePage { sort, order, after, limit: limit.saturating_add(1) };
        let _listing = self.lists.enter(actor.user()).await?;
        let searching = match filter.name_contains {
            Some(_) => Some(self.searches.enter(actor.user()).await?),
            None => None,
        };
        let mut files = self.db.read().await?.files().list(&access, &filter, &page).await?;
        drop(searching);
        let more = files.len() > limit as usize;
        files.truncate(limit as usize);
        let last = if more { files.last() } else { None };
        let cursor_of = |file| encode_cursor(&PageKey::of(file, sort), actor.user(), &filter, order, macs);
        let next_cursor = last.map(cursor_of).transpose()?;
        let mut items = Vec::with_capacity(files.len());
        for file in files {
            items.push(self.presenter.view(file).await?);
        }
        Ok(FileList { items, next_cursor })
    }
}

#[cfg(test)]
mod tests;
