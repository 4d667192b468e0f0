//! Statements that are parsed once per connection where diesel would have them parsed each time: it can't know whether the texts
//! of an UPDATE, or of what `sql_query` is given, change.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

/// A statement of which there are few texts.
pub(crate) struct Fixed<Q>(Q);

/// A statement that is kept by its text: values are bound, never written into it.
pub(crate) const fn fixed<Q>(statement: Q) -> Fixed<Q> {
    Fixed(statement)
}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Fixed<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is kept by its text.
impl<Q> QueryId for Fixed<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Fixed<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<SqliteConnection> for Fixed<Q> {}
