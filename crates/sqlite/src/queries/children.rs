//! Pages of the entries of a folder.

use std::cmp::Ordering;

use diesel::dsl::{exists, not};
use diesel::expression::expression_types::NotSelectable;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool};
use diesel::sqlite::Sqlite;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::tree::{ChildKey, ChildPage, ChildSort, ChildValue, Item, ItemKind};

use super::keyset::After;
use crate::access::{leads_to_root, removed_user};
use crate::error::store_error;
use crate::rows::{Id, NodeRow};
use crate::schema::nodes;

/// A folder whose entries are listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) drive: Id,
    pub(super) folder: Id,
    /// What took it into the trash; none of a living one.
    pub(super) trash: Option<Id>,
}

/// A page of entries of these kinds. Folders come first unless they are mixed: each kind is a walk of its own, along the index of folders where
/// the order is that of names.
pub(super) fn page(
    connection: &mut SqliteConnection,
    listed: Listed,
    kind: Option<ItemKind>,
    page: &ChildPage,
) -> PortResult<Vec<Item>> {
    if page.after.as_ref().is_some_and(|after| after.value.sort() != page.sort) {
        return Err(PortError::Unexpected("the key of the page belongs to another order".into()));
    }
    let kinds =
        [ItemKind::Folder, ItemKind::File].into_iter().filter(|one| kind.is_none_or(|kind| kind == *one));
    let mut items: Vec<Item> = Vec::new();
    for kind in kinds {
        let mut limit = page.limit;
        let mut after = page.after.clone();
        if !page.mixed {
            let found = u32::try_from(items.len()).unwrap_or(u32::MAX);
            limit = limit.saturating_sub(found);
            // Folders before a file are behind the page, and no file is before a folder.
            match page.after.as_ref().map(|after| kind.cmp(&after.kind)) {
                Some(Ordering::Less) => continue,
                Some(Ordering::Greater) => after = None,
                Some(Ordering::Equal) | None => {}
            }
        }
        if limit > 0 {
            items.extend(walk(connection, listed, kind, page, after, limit)?);
        }
    }
    if page.mixed {
        items.sort_by_cached_key(|item| place(item, page.sort));
        if page.order == SortOrder::Descending {
            items.reverse();
        }
        items.truncate(page.limit as usize);
    }
    Ok(items)
}

/// Where an item stands in a list in which kinds are mixed.
fn place(item: &Item, sort: ChildSort) -> (ChildValue, NodeId) {
    let key = ChildKey::of(item, sort);
    (key.value, key.id)
}

fn walk(
    connection: &mut SqliteConnection,
    listed: Listed,
    kind: ItemKind,
    page: &ChildPage,
    after: Option<ChildKey>,
    limit: u32,
) -> PortResult<Vec<Item>> {
    let mut query = nodes::table
        .filter(Entries { listed, kind })
        .filter(not(exists(removed_user(listed.drive))))
        .into_boxed::<Sqlite>()
        .order(Sorted { sort: page.sort, kind, order: page.order })
        .limit(limit.into());
    if let Some(after) = after {
        query = query.filter(After::child(after, kind, page.order));
    }
    let rows: Vec<NodeRow> = query.select(NodeRow::as_select()).load(connection).map_err(store_error)?;
    rows.into_iter().map(Item::try_from).collect()
}

/// The entries of one kind of a folder. The plus keeps a condition from the planner, which would look for all of a trash.
struct Entries {
    listed: Listed,
    kind: ItemKind,
}

impl QueryFragment<Sqlite> for Entries {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("`nodes`.`kind` = '");
        out.push_sql(self.kind.as_str());
        out.push_sql("' AND `nodes`.`parent` = ");
        if let Some(trash) = &self.listed.trash {
            out.push_bind_param::<Binary, _>(&self.listed.folder)?;
            out.push_sql(" AND +`nodes`.`trash` = ");
            out.push_bind_param::<Binary, _>(trash)?;
            return Ok(());
        }
        // An `EXISTS` here is made a join by the planner, which then sorts all of the folder.
        out.push_sql("(SELECT folder.id FROM nodes AS folder WHERE folder.id = ");
        out.push_bind_param::<Binary, _>(&self.listed.folder)?;
        out.push_sql(" AND folder.drive = ");
        out.push_bind_param::<Binary, _>(&self.listed.drive)?;
        out.push_sql(" AND folder.trash IS NULL AND ");
        out.push_sql(leads_to_root!("folder"));
        out.push_sql(") AND `nodes`.`trash` IS NULL");
        Ok(())
    }
}

/// Its text depends on its value, so it is told apart by its text.
impl QueryId for Entries {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Entries {
    type SqlType = Bool;
}

impl AppearsOnTable<nodes::table> for Entries {}

impl SelectableExpression<nodes::table> for Entries {}

impl<GroupBy> ValidGrouping<GroupBy> for Entries {
    type IsAggregate = is_aggregate::No;
}

/// The order of a list of entries of one kind. All folders have one size and no type.
struct Sorted {
    sort: ChildSort,
    kind: ItemKind,
    order: SortOrder,
}

impl Sorted {
    const fn columns(&self) -> &'static [&'static str] {
        match (self.sort, self.kind) {
            (ChildSort::Name, _) | (ChildSort::Type, ItemKind::Folder) => &["name_sort", "id"],
            (ChildSort::ModifiedAt, _) => &["modified_at", "id"],
            (ChildSort::CreatedAt, _) => &["created_at", "id"],
            (ChildSort::Size, ItemKind::File) => &["size", "id"],
            (ChildSort::Size, ItemKind::Folder) => &["id"],
            (ChildSort::Type, ItemKind::File) => &["content_type", "name_sort", "id"],
        }
    }
}

impl QueryFragment<Sqlite> for Sorted {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for (place, column) in self.columns().iter().enumerate() {
            out.push_sql(if place == 0 { "`nodes`." } else { ", `nodes`." });
            out.push_identifier(column)?;
            out.push_sql(match self.order {
                SortOrder::Ascending => " ASC",
                SortOrder::Descending => " DESC",
            });
        }
        Ok(())
    }
}

impl Expression for Sorted {
    type SqlType = NotSelectable;
}

impl AppearsOnTable<nodes::table> for Sorted {}
