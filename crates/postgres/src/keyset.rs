//! Places in lists that are sorted by more than one kind of value.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use fm_domain::files::SortOrder;

use crate::value::Moment;

/// What the last row of the page before is sorted by.
pub(crate) enum KeyValue {
    At(Moment),
    Number(i64),
    Text(String),
    /// By one text, then by another.
    Texts(String, String),
}

impl KeyValue {
    /// The value; `None` where no row has it: PostgreSQL takes no NUL.
    pub(crate) fn known(self) -> Option<Self> {
        let has_nul = match &self {
            Self::At(_) | Self::Number(_) => false,
            Self::Text(text) => text.contains('\0'),
            Self::Texts(first, second) => first.contains('\0') || second.contains('\0'),
        };
        (!has_nul).then_some(self)
    }

    /// Adds it to a statement.
    pub(crate) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::At(moment) => out.push_bind_param::<Timestamptz, Moment>(moment),
            Self::Number(number) => out.push_bind_param::<BigInt, i64>(number),
            Self::Text(text) => out.push_bind_param::<Text, String>(text),
            Self::Texts(first, second) => {
                out.push_bind_param::<Text, String>(first)?;
                out.push_sql(", ");
                out.push_bind_param::<Text, String>(second)
            }
        }
    }
}

/// The words after a column that is sorted in this order.
pub(crate) const fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Ascending => " ASC",
        SortOrder::Descending => " DESC",
    }
}
