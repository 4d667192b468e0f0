//! Questions about files.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileFilter, FilePage, FileQueries, FileSort, PageKey, SortOrder, TypeFilter};
use fm_domain::ids::FileId;
use fm_domain::tree::ItemKind;
use uuid::Uuid;

use super::keyset::{After, column};
use super::living::{LivingFiles, reached_files};
use crate::access::{removed_owner_of_item, visible_items};
use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{Bytes, Id, NodeRow, size};
use crate::schema::nodes;

/// How many files a list looks at in one turn: some milliseconds.
const FILES_A_TURN: i64 = 2_000;

/// How long a list may take, as a statement of another database may.
const LONGEST_LIST: Duration = Duration::from_secs(15);

diesel::define_sql_function! {
    /// Where a text begins in another, counted from 1; 0 where it does not. Every character stands for itself.
    fn instr(text: Text, part: Text) -> diesel::sql_types::Integer;
}

/// The living file, if it is in the drive that `access` reaches.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    access: &Access,
    id: FileId,
) -> PortResult<Option<File>> {
    let file = nodes::table.find(Id::of(id.uuid())).filter(LivingFiles).filter(visible_items(access));
    found(file.select(NodeRow::as_select()).first(connection))
}

/// The same, if the way up from it leads to the root.
fn find_reached(connection: &mut SqliteConnection, access: &Access, id: FileId) -> PortResult<Option<File>> {
    let file = nodes::table.find(Id::of(id.uuid())).filter(reached_files(access));
    found(file.select(NodeRow::as_select()).first(connection))
}

/// The same, living or in the trash.
fn find_with_trash(
    connection: &mut SqliteConnection,
    access: &Access,
    id: FileId,
) -> PortResult<Option<File>> {
    let item = nodes::table.find(Id::of(id.uuid())).filter(visible_items(access));
    let file = item.filter(nodes::kind.eq(ItemKind::File.as_str()));
    found(file.select(NodeRow::as_select()).first(connection))
}

fn found(row: QueryResult<NodeRow>) -> PortResult<Option<File>> {
    row.optional().map_err(store_error)?.map(File::try_from).transpose()
}

type Query = nodes::BoxedQuery<'static, Sqlite>;

/// Along which index a list is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// That of a filter: of the hash, else of the type. What is sorted by name or size has to be sorted then.
    Filter,
    /// That of the order.
    Order,
}

/// Whether files have to be sorted, since the index has another order.
fn is_sorted(walk: Walk, sort: FileSort) -> bool {
    walk == Walk::Filter && sort != FileSort::CreatedAt
}

/// What a list looks at, in its order: the files of its index after the place where the page begins. Other conditions are
/// kept from the planner, which could walk along theirs.
fn looked_at(access: &Access, filter: &FileFilter, page: &FilePage, walk: Walk) -> PortResult<Query> {
    if page.after.as_ref().is_some_and(|after| after.sort() != page.sort) {
        return Err(PortError::Unexpected("the key of the page belongs to another order".into()));
    }
    let mut query = nodes::table.filter(LivingFiles).filter(visible_items(access)).into_boxed::<Sqlite>();
    if walk == Walk::Filter {
        query = match (filter.sha256, filter.content_type.clone()) {
            (Some(hash), _) => query.filter(nodes::sha256.eq(Bytes(*hash.as_bytes())).assume_not_null()),
            (None, Some(TypeFilter::Exactly(exact))) => {
                query.filter(nodes::content_type.eq(exact.as_str().to_owned()).assume_not_null())
            }
            (None, Some(TypeFilter::Family(family))) => {
                query.filter(nodes::family.eq(family).assume_not_null())
            }
            (None, None) => query,
        };
    }
    // Few files lie in one folder: they may be walked along, and sorted.
    if let Some(parent) = filter.parent {
        query = query.filter(nodes::parent.eq(Id::of(parent.uuid())).assume_not_null());
    }
    // A condition or an order on a bare column could have the planner walk along that column's index instead.
    let off_index = is_sorted(walk, page.sort);
    if let Some(after) = page.after.clone() {
        query = query.filter(After::new(after, page.order).off_index(off_index));
    }
    if off_index {
        let key = format!("+`nodes`.`{}`", column(page.sort));
        return Ok(match page.order {
            SortOrder::Ascending => query.order((sql::<Binary>(&key).asc(), nodes::id.asc())),
            SortOrder::Descending => query.order((sql::<Binary>(&key).desc(), nodes::id.desc())),
        });
    }
    Ok(match (page.sort, page.order) {
        (FileSort::CreatedAt, SortOrder::Ascending) => {
            query.order((nodes::created_at.asc(), nodes::id.asc()))
        }
        (FileSort::CreatedAt, SortOrder::Descending) => {
            query.order((nodes::created_at.desc(), nodes::id.desc()))
        }
        (FileSort::Name, SortOrder::Ascending) => query.order((nodes::name_sort.asc(), nodes::id.asc())),
        (FileSort::Name, SortOrder::Descending) => query.order((nodes::name_sort.desc(), nodes::id.desc())),
        (FileSort::Size, SortOrder::Ascending) => query.order((nodes::size.asc(), nodes::id.asc())),
        (FileSort::Size, SortOrder::Descending) => query.order((nodes::size.desc(), nodes::id.desc())),
    })
}

/// Those of them that the filter lets through, up to `end`. The plus is SQLite's way to keep a condition from its planner.
fn matching(
    access: &Access,
    filter: &FileFilter,
    page: &FilePage,
    walk: Walk,
    end: Option<PageKey>,
) -> PortResult<Query> {
    let mut query = looked_at(access, filter, page, walk)?.limit(page.limit.into());
    let by_hash = walk == Walk::Filter && filter.sha256.is_some();
    let by_type = walk == Walk::Filter && filter.sha256.is_none();
    if let Some(hash) = filter.sha256.filter(|_| !by_hash) {
        let hash = Bytes(*hash.as_bytes());
        query = query.filter(sql::<Bool>("+`nodes`.`sha256` = ").bind::<Binary, _>(hash));
    }
    query = match filter.content_type.clone().filter(|_| !by_type) {
        Some(TypeFilter::Exactly(exact)) => {
            let exact = exact.as_str().to_owned();
            query.filter(sql::<Bool>("+`nodes`.`content_type` = ").bind::<Text, _>(exact))
        }
        Some(TypeFilter::Family(family)) => {
            query.filter(sql::<Bool>("+`nodes`.`family` = ").bind::<Text, _>(family))
        }
        None => query,
    };
    if let Some(text) = filter.name_contains.clone() {
        query = query.filter(instr(nodes::name_search, text).gt(0));
    }
    if let Some(end) = end {
        query = query.filter(After::up_to(end, page.order).off_index(is_sorted(walk, page.sort)));
    }
    if let Some(moment) = filter.modified_after {
        query = query.filter(nodes::modified_at.gt(moment.unix_micros()));
    }
    if let Some(moment) = filter.modified_before {
        query = query.filter(nodes::modified_at.lt(moment.unix_micros()));
    }
    Ok(query)
}

/// The index to walk along: that of the order, unless a filter's has the order too, or few files to sort.
fn walk(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: &FileFilter,
    page: &FilePage,
) -> PortResult<Walk> {
    if filter.sha256.is_none() && filter.content_type.is_none() {
        return Ok(Walk::Order);
    }
    if page.sort == FileSort::CreatedAt {
        return Ok(Walk::Filter);
    }
    // In the order of the filter's index, so that no more of it is read than this.
    let newest = FilePage { sort: FileSort::CreatedAt, after: None, ..page.clone() };
    let further = looked_at(access, filter, &newest, Walk::Filter)?.offset(FILES_A_TURN).limit(1);
    let further = further.select(nodes::id).first::<Id>(connection).optional().map_err(store_error)?;
    Ok(if further.is_some() { Walk::Order } else { Walk::Filter })
}

/// The last of the files that a list looks at before it waits for its next turn; `None` where it comes to the end.
fn end_of_turn(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: &FileFilter,
    page: &FilePage,
    walk: Walk,
) -> PortResult<Option<PageKey>> {
    let last = looked_at(access, filter, page, walk)?.offset(FILES_A_TURN - 1).limit(1);
    let last = last.select((nodes::created_at, nodes::name_sort, nodes::size.assume_not_null(), nodes::id));
    let last: Option<(i64, String, i64, Id)> = last.first(connection).optional().map_err(store_error)?;
    last.map(|(created_at, name, bytes, id)| {
        let id = FileId::new(id.uuid());
        Ok(match page.sort {
            FileSort::CreatedAt => PageKey::CreatedAt(Timestamp::from_unix_micros(created_at), id),
            FileSort::Name => PageKey::Name(name, id),
            FileSort::Size => PageKey::Size(size("nodes.size", bytes)?, id),
        })
    })
    .transpose()
}

/// Whether every file that a list looks at is one of its page.
const fn takes_all(filter: &FileFilter, walk: Walk) -> bool {
    let FileFilter { name_contains, content_type, sha256, parent: _, modified_after, modified_before } =
        filter;
    let takes_type = match walk {
        Walk::Filter => sha256.is_none() || content_type.is_none(),
        Walk::Order => sha256.is_none() && content_type.is_none(),
    };
    takes_type && name_contains.is_none() && modified_after.is_none() && modified_before.is_none()
}

/// What one turn of a list came to.
struct Stretch {
    walk: Walk,
    files: Vec<File>,
    /// Where the next one begins, unless this was the last.
    end: Option<PageKey>,
}

/// One turn of a list, which looks at 2,000 files at most.
fn turn(
    connection: &mut SqliteConnection,
    access: &Access,
    filter: &FileFilter,
    page: &FilePage,
    along: Option<Walk>,
) -> PortResult<Stretch> {
    let walk = match along {
        Some(along) => along,
        None => walk(connection, access, filter, page)?,
    };
    let end =
        if takes_all(filter, walk) { None } else { end_of_turn(connection, access, filter, page, walk)? };
    let rows = matching(access, filter, page, walk, end.clone())?.select(NodeRow::as_select());
    let rows: Vec<NodeRow> = rows.load(connection).map_err(store_error)?;
    let files = rows.into_iter().map(File::try_from).collect::<PortResult<_>>()?;
    Ok(Stretch { walk, files, end })
}

impl SqliteReadRepos {
    /// A page, a stretch at a time where files have to be looked at that are not in it: the readers are few, and others have
    /// their turns in between. There is no index of parts of names, nor one for each filter in each order.
    async fn list_in_turns(
        &self,
        access: &Access,
        filter: &FileFilter,
        page: &FilePage,
        longest: Duration,
    ) -> PortResult<Vec<File>> {
        let started = Instant::now();
        let (mut found, mut page, mut along) = (Vec::new(), page.clone(), None);
        loop {
            let (access, filter, part) = (access.clone(), filter.clone(), page.clone());
            let taken = self.ask(move |connection| turn(connection, &access, &filter, &part, along));
            let Stretch { walk, files, end } = taken.await?;
            page.limit = page.limit.saturating_sub(u32::try_from(files.len()).unwrap_or(u32::MAX));
            found.extend(files);
            match end {
                Some(_) if page.limit > 0 && started.elapsed() > longest => {
                    return Err(PortError::Unavailable("the list took too long".into()));
                }
                Some(end) if page.limit > 0 => (page.after, along) = (Some(end), Some(walk)),
                _ => return Ok(found),
            }
        }
    }
}

#[async_trait]
impl FileQueries for SqliteReadRepos {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.ask(move |connection| find_reached(connection, &access, id)).await
    }

    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.ask(move |connection| find_with_trash(connection, &access, id)).await
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        self.list_in_turns(access, filter, page, LONGEST_LIST).await
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), FileId::uuid));
        self.ask(move |connection| {
            let page =
                nodes::table.filter(nodes::id.gt(after)).filter(nodes::kind.eq(ItemKind::File.as_str()));
            let page = page.filter(not(exists(removed_owner_of_item())));
            let page = page.order(nodes::id).limit(limit.into());
            let rows = page.select(NodeRow::as_select()).load(connection).map_err(store_error)?;
            rows.into_iter().map(File::try_from).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests;
