//! Lists of files by keyset.

use diesel::dsl::{AsSelect, Select};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{AppearsOnTable, Expression, QueryResult, SelectableExpression};
use fm_domain::access::Access;
use fm_domain::files::{FileFilter, FilePage, FileSort, PageKey, SortOrder, TypeFilter};
use uuid::Uuid;

use crate::access::visible_files;
use crate::rows::NodeRow;
use crate::schema::nodes;
use crate::value::{Moment, bigint};

type Files = Select<nodes::table, AsSelect<NodeRow, Pg>>;

/// A page of files, ready to be sent.
pub(crate) type FileList<'q> = diesel::helper_types::IntoBoxed<'q, Files, Pg>;

/// The page of the files that `access` reaches and `filter` lets through; `None` when none can be in it.
pub(crate) fn list_files<'q>(
    access: &Access,
    filter: &'q FileFilter,
    page: &FilePage,
) -> Option<FileList<'q>> {
    let mut query = nodes::table.select(NodeRow::as_select()).into_boxed::<Pg>();
    query = query.filter(visible_files(access));
    if let Some(text) = &filter.name_contains {
        // No name has a NUL, and PostgreSQL takes none.
        if text.contains('\0') {
            return None;
        }
        query = query.filter(strpos(nodes::name_search, text.as_str()).gt(0));
    }
    if let Some(hash) = &filter.sha256 {
        query = query.filter(nodes::sha256.eq(hash.as_bytes().as_slice()));
    }
    match &filter.content_type {
        Some(TypeFilter::Exactly(exactly)) => query = query.filter(nodes::content_type.eq(exactly.as_str())),
        Some(TypeFilter::Family(family)) => query = query.filter(nodes::family.eq(family.as_str())),
        None => {}
    }
    if let Some(parent) = filter.parent {
        query = query.filter(nodes::parent_id.eq(parent.uuid()));
    }
    if let Some(moment) = filter.modified_after {
        query = query.filter(nodes::modified_at.gt(Moment(moment)));
    }
    if let Some(moment) = filter.modified_before {
        query = query.filter(nodes::modified_at.lt(Moment(moment)));
    }
    if let Some(key) = &page.after {
        query = query.filter(After { place: Place::of(key)?, order: page.order });
    }
    query = match (page.sort, page.order) {
        (FileSort::CreatedAt, SortOrder::Ascending) => {
            query.order((nodes::created_at.asc(), nodes::id.asc()))
        }
        (FileSort::CreatedAt, SortOrder::Descending) => {
            query.order((nodes::created_at.desc(), nodes::id.desc()))
        }
        (FileSort::Name, SortOrder::Ascending) => query.order((nodes::name_sort.asc(), nodes::id.asc())),
        (FileSort::Name, SortOrder::Descending) => query.order((nodes::name_sort.desc(), nodes::id.desc())),
        (FileSort::Size, SortOrder::Ascending) => query.order((nodes::size_bytes.asc(), nodes::id.asc())),
        (FileSort::Size, SortOrder::Descending) => query.order((nodes::size_bytes.desc(), nodes::id.desc())),
    };
    Some(query.limit(i64::from(page.limit)))
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Where the second text begins in the first, counted from 1; 0 when it is not in it.
    fn strpos(text: Text, part: Text) -> Integer;
}

/// The place that a page begins after, as values.
enum Place {
    CreatedAt(Moment, Uuid),
    Name(String, Uuid),
    Size(i64, Uuid),
}

impl Place {
    fn of(key: &PageKey) -> Option<Self> {
        Some(match key {
            PageKey::CreatedAt(at, id) => Self::CreatedAt(Moment(*at), id.uuid()),
            PageKey::Name(name, _) if name.contains('\0') => return None,
            PageKey::Name(name, id) => Self::Name(name.clone(), id.uuid()),
            PageKey::Size(size, id) => Self::Size(bigint(size.bytes()), id.uuid()),
        })
    }
}

/// `(created_at, id) < ($1, $2)`: both columns compared as one, which an index over them serves in one descent.
struct After {
    place: Place,
    order: SortOrder,
}

impl After {
    fn compare<'b, T, U>(
        &'b self,
        column: &str,
        value: &'b U,
        id: &'b Uuid,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()>
    where
        Pg: diesel::sql_types::HasSqlType<T>,
        U: diesel::serialize::ToSql<T, Pg>,
    {
        out.push_sql("(nodes.");
        out.push_sql(column);
        out.push_sql(match self.order {
            SortOrder::Ascending => ", nodes.id) > (",
            SortOrder::Descending => ", nodes.id) < (",
        });
        out.push_bind_param::<T, U>(value)?;
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, Uuid>(id)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Pg> for After {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match &self.place {
            Place::CreatedAt(at, id) => self.compare::<Timestamptz, _>("created_at", at, id, out),
            Place::Name(name, id) => self.compare::<Text, _>("name_sort", name, id, out),
            Place::Size(size, id) => self.compare::<BigInt, _>("size_bytes", size, id, out),
        }
    }
}

impl Expression for After {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for After {}
impl<QS> SelectableExpression<QS> for After {}

impl<G> diesel::expression::ValidGrouping<G> for After {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

/// Its text depends on the order.
impl QueryId for After {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
