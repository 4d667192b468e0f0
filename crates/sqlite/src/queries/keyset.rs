//! The place in a list, as a condition.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use fm_domain::files::{FileSort, PageKey, SortOrder};
use fm_domain::tree::{ChildKey, ChildSort, ChildValue, ItemKind};

use crate::rows::{Id, stored_size};
use crate::schema::nodes;

/// `(column, id) < (?, ?)`: a comparison of row values, which an index on both columns answers by one seek.
pub(crate) struct After {
    columns: &'static str,
    comparison: &'static str,
    off_index: bool,
    key: Key,
    id: Id,
}

enum Key {
    Number(i64),
    Text(String),
    Texts(String, String),
}

impl After {
    /// The files after `key` in a list that runs in `order`.
    pub(crate) fn new(key: PageKey, order: SortOrder) -> Self {
        let comparison = match order {
            SortOrder::Ascending => ") > (",
            SortOrder::Descending => ") < (",
        };
        Self::from_key(key, comparison)
    }

    /// The files up to `key`, and the file of `key`.
    pub(crate) fn up_to(key: PageKey, order: SortOrder) -> Self {
        let comparison = match order {
            SortOrder::Ascending => ") <= (",
            SortOrder::Descending => ") >= (",
        };
        Self::from_key(key, comparison)
    }

    fn from_key(key: PageKey, comparison: &'static str) -> Self {
        let columns = column(key.sort());
        let (key, id) = match key {
            PageKey::CreatedAt(at, id) => (Key::Number(at.unix_micros()), id),
            PageKey::Name(name, id) => (Key::Text(name), id),
            PageKey::Size(size, id) => (Key::Number(stored_size(size)), id),
        };
        Self { columns, comparison, off_index: false, key, id: Id::of(id.uuid()) }
    }

    /// The entries of this kind after `key` in a list of a folder that runs in `order`.
    pub(crate) fn child(key: ChildKey, kind: ItemKind, order: SortOrder) -> Self {
        let columns = match (key.value.sort(), kind) {
            (ChildSort::Name, _) => "name_sort",
            (ChildSort::ModifiedAt, _) => "modified_at",
            (ChildSort::CreatedAt, _) => "created_at",
            (ChildSort::Size, ItemKind::File) => "size",
            (ChildSort::Size, ItemKind::Folder) => "0",
            (ChildSort::Type, ItemKind::File) => "content_type, name_sort",
            (ChildSort::Type, ItemKind::Folder) => "'', name_sort",
        };
        let comparison = match order {
            SortOrder::Ascending => ") > (",
            SortOrder::Descending => ") < (",
        };
        let id = Id::of(key.id.uuid());
        let key = match key.value {
            ChildValue::Name(name) => Key::Text(name),
            ChildValue::ModifiedAt(at) | ChildValue::CreatedAt(at) => Key::Number(at.unix_micros()),
            ChildValue::Size(size) => Key::Number(stored_size(size)),
            ChildValue::Type(content_type, name) => Key::Texts(content_type, name),
        };
        Self { columns, comparison, off_index: false, key, id }
    }

    /// Keeps the condition from the planner, which would walk along the index of the column.
    pub(crate) fn off_index(self, off_index: bool) -> Self {
        Self { off_index, ..self }
    }
}

/// The column that a list of files is sorted by.
pub(crate) const fn column(sort: FileSort) -> &'static str {
    match sort {
        FileSort::CreatedAt => "created_at",
        FileSort::Name => "name_sort",
        FileSort::Size => "size",
    }
}

impl QueryFragment<Sqlite> for After {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(if self.off_index { "(+" } else { "(" });
        out.push_sql(self.columns);
        out.push_sql(", id");
        out.push_sql(self.comparison);
        match &self.key {
            Key::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
            Key::Text(text) => out.push_bind_param::<Text, _>(text)?,
            Key::Texts(first, second) => {
                out.push_bind_param::<Text, _>(first)?;
                out.push_sql(", ");
                out.push_bind_param::<Text, _>(second)?;
            }
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

impl AppearsOnTable<nodes::table> for After {}

impl SelectableExpression<nodes::table> for After {}

impl<GroupBy> ValidGrouping<GroupBy> for After {
    type IsAggregate = is_aggregate::No;
}
