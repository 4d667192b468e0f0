//! Statements that are prepared once per connection where diesel would prepare them each time, which costs two more round
//! trips.
//!
//! diesel caches neither what `sql_query` and `dsl::sql` make nor any UPDATE or upsert: it can't know whether their texts
//! change. Those of ours are fixed ([`statement`], [`fixed`]).
//!
//! Where a statement with an array of few elements is sent often, the array is the answer of a query: `(SELECT ?)`. The server always
//! expects the same number of elements of that. Of a plain array it sees the length: a plan for a short one looks cheaper than the one that it
//! keeps, and so it would plan for every call (ADR 54).

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// A fixed statement: `?` stands for the next of its values, `ST` is the type of its rows.
pub(crate) struct Sql<ST, V> {
    text: &'static str,
    values: V,
    rows: PhantomData<ST>,
}

/// A value with the SQL type that it is sent as.
pub(crate) struct Typed<T, U>(U, PhantomData<T>);

/// Sends `value` as the SQL type `T`.
pub(crate) const fn typed<T, U>(value: U) -> Typed<T, U> {
    Typed(value, PhantomData)
}

/// A fixed statement with its values, in the order of its question marks.
pub(crate) const fn statement<ST, V>(text: &'static str, values: V) -> Sql<ST, V> {
    Sql { text, values, rows: PhantomData }
}

/// Values that can be pushed into a statement one by one.
pub(crate) trait Values {
    /// Pushes the value at `index`, if there is one.
    fn push<'b>(&'b self, index: usize, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

macro_rules! values {
    ($($type:ident $value:ident $index:tt),+) => {
        impl<$($type, $value),+> Values for ($(Typed<$type, $value>,)+)
        where
            $(Pg: HasSqlType<$type>, $value: ToSql<$type, Pg>,)+
        {
            fn push<'b>(&'b self, index: usize, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                match index {
                    $($index => out.push_bind_param::<$type, $value>(&self.$index.0),)+
                    _ => Ok(()),
                }
            }
        }
    };
}

values!(T0 V0 0);
values!(T0 V0 0, T1 V1 1);
values!(T0 V0 0, T1 V1 1, T2 V2 2);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4, T5 V5 5);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4, T5 V5 5, T6 V6 6);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4, T5 V5 5, T6 V6 6, T7 V7 7);
values!(T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4, T5 V5 5, T6 V6 6, T7 V7 7, T8 V8 8);
values!(
    T0 V0 0, T1 V1 1, T2 V2 2, T3 V3 3, T4 V4 4, T5 V5 5, T6 V6 6, T7 V7 7, T8 V8 8, T9 V9 9, T10 V10 10, T11 V11 11
);

impl<ST, V: Values> QueryFragment<Pg> for Sql<ST, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (index, text) in self.text.split('?').enumerate() {
            if let Some(before) = index.checked_sub(1) {
                self.values.push(before, out.reborrow())?;
            }
            out.push_sql(text);
        }
        Ok(())
    }
}

/// No id of its own: the text is what it is cached by.
impl<ST, V> QueryId for Sql<ST, V> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, V> Query for Sql<ST, V> {
    type SqlType = ST;
}

/// A statement of diesel's whose text is the same each time.
pub(crate) struct Fixed<Q>(Q);

/// A statement that sets the same columns each time, with NULL for what is absent.
pub(crate) const fn fixed<Q>(statement: Q) -> Fixed<Q> {
    Fixed(statement)
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Fixed<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is cached by its text.
impl<Q> QueryId for Fixed<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Fixed<Q> {
    type SqlType = Q::SqlType;
}

/// A statement that changes rows, and the writes that are sent with it, of which those that take a condition are made only where it changes
/// one: `WITH called AS (UPDATE … RETURNING …), w0 AS (INSERT … SELECT … WHERE EXISTS (SELECT FROM called)) SELECT … FROM called`. It
/// answers with a row for each that was changed. Their texts are fixed.
pub(crate) struct Called<Q> {
    pub(crate) call: Q,
    /// Each with whether it takes a condition.
    pub(crate) writes: Vec<(Write, bool)>,
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Called<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH called AS (");
        self.call.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING true AS is_changed)");
        for (number, (write, takes_condition)) in self.writes.iter().enumerate() {
            out.push_sql(&format!(", w{number} AS ("));
            write.walk_ast(out.reborrow())?;
            out.push_sql(if *takes_condition { " WHERE EXISTS (SELECT FROM called))" } else { ")" });
        }
        out.push_sql(" SELECT is_changed FROM called");
        Ok(())
    }
}

/// Expressions whose text is always the same, and that any statement about their tables may have.
macro_rules! of_any_row {
    ($($expression:ty),+) => {
        $(
            impl<QS> diesel::AppearsOnTable<QS> for $expression {}
            impl<QS> diesel::SelectableExpression<QS> for $expression {}

            impl<G> diesel::expression::ValidGrouping<G> for $expression {
                type IsAggregate = diesel::expression::is_aggregate::Never;
            }

            impl diesel::query_builder::QueryId for $expression {
                type QueryId = Self;

                const HAS_STATIC_QUERY_ID: bool = true;
            }
        )+
    };
}
pub(crate) use of_any_row;

/// A write whose outcome is not looked at.
pub(crate) type Write = Box<dyn QueryFragment<Pg> + Send + Sync>;

/// A statement and the writes that are sent in it: `WITH w0 AS (INSERT …), w1 AS (DELETE …) UPDATE …`. None of them sees what
/// another does, their order is the server's, and the answer is that of the last. Their texts are fixed.
pub(crate) struct Together<Q> {
    pub(crate) writes: Vec<Write>,
    pub(crate) last: Q,
    /// Whether the statement begins with queries of its own: `next AS (…) SELECT …`.
    pub(crate) has_queries: bool,
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Together<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (number, write) in self.writes.iter().enumerate() {
            let before = if number == 0 { "WITH" } else { "," };
            out.push_sql(&format!("{before} w{number} AS ("));
            write.walk_ast(out.reborrow())?;
            out.push_sql(") ");
        }
        if self.has_queries {
            out.push_sql(if self.writes.is_empty() { "WITH " } else { ", " });
        }
        self.last.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is cached by its text.
impl<Q> QueryId for Together<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Together<Q> {
    type SqlType = Q::SqlType;
}
