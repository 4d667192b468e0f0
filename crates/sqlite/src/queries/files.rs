//! Questions about files.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use fm_domain::access::Access;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileFilter, FilePage, FileQueries, FileSort, SortOrder, TypeFilter};
use fm_domain::ids::FileId;
use uuid::Uuid;

use super::keyset::After;
use crate::access::visible_files;
use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Bytes, FileRow, Id};
use crate::schema::files;

diesel::define_sql_function! {
    /// Where a text begins in another, counted from 1; 0 where it does not. Every character stands for itself.
    fn instr(text: Text, part: Text) -> diesel::sql_types::Integer;
}

/// The file, if `access` reaches it.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    access: &Access,
    id: FileId,
) -> PortResult<Option<File>> {
    files::table
        .find(Id::of(id.uuid()))
        .filter(visible_files(access))
        .select(FileRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(File::try_from)
        .transpose()
}

fn list(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: FileFilter,
    page: FilePage,
) -> PortResult<Vec<File>> {
    if page.after.as_ref().is_some_and(|after| after.sort() != page.sort) {
        return Err(PortError::Unexpected("the key of the page belongs to another order".into()));
    }
    let mut query = files::table
        .filter(visible_files(access))
        .select(FileRow::as_select())
        .limit(page.limit.into())
        .into_boxed::<Sqlite>();
    if let Some(text) = filter.name_contains {
        query = query.filter(instr(files::name_search, text).gt(0));
    }
    if let Some(hash) = filter.sha256 {
        query = query.filter(files::sha256.eq(Bytes(*hash.as_bytes())).assume_not_null());
    }
    match filter.content_type {
        None => {}
        Some(TypeFilter::Exactly(exact)) => {
            query = query.filter(files::content_type.eq(exact.as_str().to_owned()));
        }
        Some(TypeFilter::Family(family)) => query = query.filter(files::family.eq(family)),
    }
    if let Some(after) = page.after {
        query = query.filter(After::new(after, page.order));
    }
    query = match (page.sort, page.order) {
        (FileSort::CreatedAt, SortOrder::Ascending) => {
            query.order((files::created_at.asc(), files::id.asc()))
        }
        (FileSort::CreatedAt, SortOrder::Descending) => {
            query.order((files::created_at.desc(), files::id.desc()))
        }
        (FileSort::Name, SortOrder::Ascending) => query.order((files::name_sort.asc(), files::id.asc())),
        (FileSort::Name, SortOrder::Descending) => query.order((files::name_sort.desc(), files::id.desc())),
        (FileSort::Size, SortOrder::Ascending) => query.order((files::size.asc(), files::id.asc())),
        (FileSort::Size, SortOrder::Descending) => query.order((files::size.desc(), files::id.desc())),
    };
    query.load(connection).map_err(store_error)?.into_iter().map(File::try_from).collect()
}

#[async_trait]
impl FileQueries for SqliteReadRepos {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.ask(move |connection| find(connection, &access, id)).await
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let (access, filter, page) = (access.clone(), filter.clone(), page.clone());
        self.ask(move |connection| list(connection, &access, filter, page)).await
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), FileId::uuid));
        self.ask(move |connection| {
            let page = files::table.filter(files::id.gt(after)).order(files::id).limit(limit.into());
            let rows = page.select(FileRow::as_select()).load(connection).map_err(store_error)?;
            rows.into_iter().map(File::try_from).collect()
        })
        .await
    }
}
