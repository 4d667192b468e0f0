//! Questions about files.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileFilter, FilePage, FileQueries, FileSort, PageKey, SortOrder, TypeFilter};
use fm_domain::ids::FileId;
use uuid::Uuid;

use super::keyset::After;
use crate::access::{removed_owner_of_file, visible_files};
use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Bytes, FileRow, Id, size};
use crate::schema::files;

/// How many files a search looks at in one turn: some milliseconds.
const FILES_A_TURN: i64 = 2_000;

/// How long a search may take, as a statement of another database may.
const LONGEST_SEARCH: Duration = Duration::from_secs(15);

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

type Query = files::BoxedQuery<'static, Sqlite>;

/// The files that the filter lets through, but for their names, after the place where the page begins.
fn matching(access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Query> {
    if page.after.as_ref().is_some_and(|after| after.sort() != page.sort) {
        return Err(PortError::Unexpected("the key of the page belongs to another order".into()));
    }
    let mut query = files::table.filter(visible_files(access)).into_boxed::<Sqlite>();
    if let Some(hash) = filter.sha256 {
        query = query.filter(files::sha256.eq(Bytes(*hash.as_bytes())).assume_not_null());
    }
    match &filter.content_type {
        None => {}
        Some(TypeFilter::Exactly(exact)) => {
            query = query.filter(files::content_type.eq(exact.as_str().to_owned()));
        }
        Some(TypeFilter::Family(family)) => query = query.filter(files::family.eq(family.clone())),
    }
    if let Some(after) = page.after.clone() {
        query = query.filter(After::new(after, page.order));
    }
    Ok(match (page.sort, page.order) {
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
    })
}

/// A page, or what of it comes up to `end`.
fn list(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: FileFilter,
    page: &FilePage,
    end: Option<PageKey>,
) -> PortResult<Vec<File>> {
    let mut query = matching(access, &filter, page)?.limit(page.limit.into());
    if let Some(text) = filter.name_contains {
        query = query.filter(instr(files::name_search, text).gt(0));
    }
    if let Some(end) = end {
        query = query.filter(After::up_to(end, page.order));
    }
    let rows = query.select(FileRow::as_select()).load(connection).map_err(store_error)?;
    rows.into_iter().map(File::try_from).collect()
}

/// The last of the files that a search looks at before it waits for its next turn; `None` where it comes to the end.
fn end_of_turn(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: &FileFilter,
    page: &FilePage,
) -> PortResult<Option<PageKey>> {
    let last = matching(access, filter, page)?.offset(FILES_A_TURN - 1).limit(1);
    let last = last.select((files::created_at, files::name_sort, files::size, files::id));
    let last: Option<(i64, String, i64, Id)> = last.first(connection).optional().map_err(store_error)?;
    last.map(|(created_at, name, bytes, id)| {
        let id = FileId::new(id.uuid());
        Ok(match page.sort {
            FileSort::CreatedAt => PageKey::CreatedAt(Timestamp::from_unix_micros(created_at), id),
            FileSort::Name => PageKey::Name(name, id),
            FileSort::Size => PageKey::Size(size("files.size", bytes)?, id),
        })
    })
    .transpose()
}

impl SqliteReadRepos {
    /// Looks at all names, for there is no index of parts of them, but a stretch at a time: the readers are few, and others
    /// have their turns in between.
    async fn search(&self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let started = Instant::now();
        let (mut found, mut page) = (Vec::new(), page.clone());
        loop {
            let (access, filter, turn) = (access.clone(), filter.clone(), page.clone());
            let looked = self.ask(move |connection| {
                let end = end_of_turn(connection, &access, &filter, &turn)?;
                Ok((list(connection, &access, filter, &turn, end.clone())?, end))
            });
            let (files, end) = looked.await?;
            page.limit = page.limit.saturating_sub(u32::try_from(files.len()).unwrap_or(u32::MAX));
            found.extend(files);
            match end {
                Some(_) if page.limit > 0 && started.elapsed() > LONGEST_SEARCH => {
                    return Err(PortError::Unavailable("the search took too long".into()));
                }
                Some(end) if page.limit > 0 => page.after = Some(end),
                _ => return Ok(found),
            }
        }
    }
}

#[async_trait]
impl FileQueries for SqliteReadRepos {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.ask(move |connection| find(connection, &access, id)).await
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        if filter.name_contains.is_some() {
            return self.search(access, filter, page).await;
        }
        let (access, filter, page) = (access.clone(), filter.clone(), page.clone());
        self.ask(move |connection| list(connection, &access, filter, &page, None)).await
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), FileId::uuid));
        self.ask(move |connection| {
            let page = files::table.filter(files::id.gt(after)).filter(not(exists(removed_owner_of_file())));
            let page = page.order(files::id).limit(limit.into());
            let rows = page.select(FileRow::as_select()).load(connection).map_err(store_error)?;
            rows.into_iter().map(File::try_from).collect()
        })
        .await
    }
}
