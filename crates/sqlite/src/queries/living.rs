//! Which items are living, as conditions. They are literal, so that SQLite sees which index holds all that is asked for; and kept
//! prepared, which text that diesel does not know is not.

use diesel::BoolExpressionMethods as _;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use diesel::sqlite::Sqlite;
use fm_domain::access::Access;

use crate::access::{leads_to_root, visible_items};
use crate::schema::nodes;

/// Files that are not in the trash.
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct LivingFiles;

impl QueryFragment<Sqlite> for LivingFiles {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("`nodes`.`kind` = 'file' AND `nodes`.`trash` IS NULL");
        Ok(())
    }
}

impl Expression for LivingFiles {
    type SqlType = Bool;
}

impl AppearsOnTable<nodes::table> for LivingFiles {}

impl SelectableExpression<nodes::table> for LivingFiles {}

impl<GroupBy> ValidGrouping<GroupBy> for LivingFiles {
    type IsAggregate = is_aggregate::No;
}

/// Items that hang below the root of their drive.
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct LeadsToRoot;

impl QueryFragment<Sqlite> for LeadsToRoot {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(leads_to_root!("nodes"));
        Ok(())
    }
}

impl Expression for LeadsToRoot {
    type SqlType = Bool;
}

impl AppearsOnTable<nodes::table> for LeadsToRoot {}

impl SelectableExpression<nodes::table> for LeadsToRoot {}

impl<GroupBy> ValidGrouping<GroupBy> for LeadsToRoot {
    type IsAggregate = is_aggregate::No;
}

/// The living files that `access` reaches and that hang below the root of their drive.
#[diesel::dsl::auto_type]
pub(super) fn reached_files(access: &Access) -> _ {
    let living: LivingFiles = LivingFiles;
    let visible: visible_items = visible_items(access);
    let leads_to_root: LeadsToRoot = LeadsToRoot;
    living.and(visible).and(leads_to_root)
}
