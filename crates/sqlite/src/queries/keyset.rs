//! The place in a list, as a condition.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use fm_domain::files::{FileSort, PageKey, SortOrder};

use crate::rows::{Id, stored_size};
use crate::schema::files;

/// `(column, id) < (?, ?)`: a comparison of row values, which an index on both columns answers by one seek.
pub(crate) struct After {
    order: SortOrder,
    is_end: bool,
    off_index: bool,
    key: Key,
    id: Id,
}

enum Key {
    CreatedAt(i64),
    Name(String),
    Size(i64),
}

impl After {
    /// The rows after `key` in a list that runs in `order`.
    pub(crate) fn new(key: PageKey, order: SortOrder) -> Self {
        Self::from_key(key, order, false)
    }

    /// The rows up to `key`, and the row of `key`.
    pub(crate) fn up_to(key: PageKey, order: SortOrder) -> Self {
        Self::from_key(key, order, true)
    }

    fn from_key(key: PageKey, order: SortOrder, is_end: bool) -> Self {
        let (key, id) = match key {
            PageKey::CreatedAt(at, id) => (Key::CreatedAt(at.unix_micros()), id),
            PageKey::Name(name, id) => (Key::Name(name), id),
            PageKey::Size(size, id) => (Key::Size(stored_size(size)), id),
        };
        Self { order, is_end, off_index: false, key, id: Id::of(id.uuid()) }
    }

    /// Keeps the condition from the planner, which would walk along the index of the column.
    pub(crate) fn off_index(self, off_index: bool) -> Self {
        Self { off_index, ..self }
    }
}

/// The column that a list is sorted by.
pub(crate) const fn column(sort: FileSort) -> &'static str {
    match sort {
        FileSort::CreatedAt => "created_at",
        FileSort::Name => "name_sort",
        FileSort::Size => "size",
    }
}

impl QueryFragment<Sqlite> for After {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let sort = match self.key {
            Key::CreatedAt(_) => FileSort::CreatedAt,
            Key::Name(_) => FileSort::Name,
            Key::Size(_) => FileSort::Size,
        };
        out.push_sql(if self.off_index { "(+" } else { "(" });
        out.push_identifier(column(sort))?;
        out.push_sql(match (self.order, self.is_end) {
            (SortOrder::Ascending, false) => ", id) > (",
            (SortOrder::Ascending, true) => ", id) <= (",
            (SortOrder::Descending, false) => ", id) < (",
            (SortOrder::Descending, true) => ", id) >= (",
        });
        match &self.key {
            Key::CreatedAt(number) | Key::Size(number) => out.push_bind_param::<BigInt, _>(number)?,
            Key::Name(name) => out.push_bind_param::<Text, _>(name)?,
        }
        out.push_sql(", ");
        out.push_bind_param::<Binary, _>(&self.id)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Its text depends on its value, so it is told apart by its text.
impl QueryId for After {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for After {
    type SqlType = Bool;
}

impl AppearsOnTable<files::table> for After {}

impl SelectableExpression<files::table> for After {}

impl<GroupBy> ValidGrouping<GroupBy> for After {
    type IsAggregate = is_aggregate::No;
}
