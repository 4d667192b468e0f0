//! Items inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileName, Revision};
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Ancestor, Item, ItemKind, Marked, Measure, NodeRepo, PlaceItem, Removed, TrashedItem, UpdateItem,
};
use uuid::Uuid;

use crate::access::living_nodes;
use crate::error::corrupt;
use crate::place::{FreePlace, VersionBytes};
use crate::rows::{NewNode, NewNodes, NodePlace, NodeRow, ancestor, node_columns};
use crate::schema::nodes;
use crate::sql::{fixed, statement, typed};
use crate::subtree::{self, MarkedRow, RemovedRow, TrashRow, cycle, levels};
use crate::trash::{self, NodeColumns, TrashedRow};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::{Moment, bigint, count};

/// Each key is looked for by itself, so that no plan reads all entries of a large folder. The keys are the answer of a query:
/// [`crate::sql`] says why.
const TAKEN: &str = "SELECT key FROM unnest((SELECT ?)) AS wanted (key), LATERAL (\
        SELECT FROM nodes WHERE parent_id = ? AND name_search = key LIMIT 1\
    ) AS entry";

/// In the order of their index, so that no plan looks for them in the whole table.
const COUNT_ENTRIES: &str = "SELECT count(*) FROM (\
        SELECT FROM nodes WHERE parent_id = ? ORDER BY name_search LIMIT ?\
    ) AS entries";

const ENTRIES: &str = concat!(
    "SELECT ",
    node_columns!("nodes"),
    " FROM nodes WHERE parent_id = ANY (?) AND id > ? AND trash_id IS NULL ORDER BY id LIMIT ?"
);

/// The folder, with the entry that another item's name belongs to.
const PLACE: &str = "SELECT entry.id, entry.kind FROM nodes AS folder \
    LEFT JOIN nodes AS entry ON entry.parent_id = folder.id AND entry.name_search = ? AND entry.id <> ? \
    WHERE folder.id = ? AND folder.drive_id = ? AND folder.kind = 'folder' AND folder.trash_id IS NULL";

type PlaceTypes = (Nullable<SqlUuid>, Nullable<Text>);
type PlaceRow = (Option<Uuid>, Option<String>);

#[async_trait]
impl NodeRepo for PgUnitOfWork {
    async fn find(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        let item = nodes::table.find(id.uuid()).filter(living_nodes(access)).select(NodeRow::as_select());
        let row = self.run(async |connection| item.get_result(connection).await.optional()).await?;
        self.understood(row.map(NodeRow::into_item).transpose())
    }

    async fn find_trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let item = trash::find(access, id);
        let row: Option<TrashedRow> =
            self.run(async |connection| item.get_result(connection).await.optional()).await?;
        self.understood(row.map(trash::trashed_item).transpose())
    }

    async fn entry(&mut self, folder: NodeId, key: &str) -> PortResult<Option<Item>> {
        let entry =
            nodes::table.filter(nodes::parent_id.eq(folder.uuid())).filter(nodes::name_search.eq(key));
        let entry = entry.filter(nodes::trash_id.is_null()).select(NodeRow::as_select());
        let row = self.run(async |connection| entry.get_result(connection).await.optional()).await?;
        self.understood(row.map(NodeRow::into_item).transpose())
    }

    async fn taken(&mut self, folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> {
        let values = (typed::<Array<Text>, _>(keys.to_vec()), typed::<SqlUuid, _>(folder.uuid()));
        let taken = statement::<Text, _>(TAKEN, values);
        self.run(|connection| taken.load(connection)).await
    }

    async fn lineage(&mut self, folder: NodeId) -> PortResult<Vec<Ancestor>> {
        let lineage = subtree::lineage(folder);
        let rows: Vec<(Uuid, String)> = self.run(|connection| lineage.load(connection)).await?;
        let is_too_long = rows.len() as u64 > levels().unsigned_abs();
        let rows = if is_too_long { Err(cycle()) } else { Ok(rows) };
        let rows = self.understood(rows)?;
        Ok(rows.into_iter().map(|(id, name)| ancestor(id, name)).collect())
    }

    async fn height(&mut self, folder: NodeId) -> PortResult<u32> {
        let height = subtree::height(folder);
        let height: i32 = self.run(|connection| height.get_result(connection)).await?;
        let is_too_high = i64::from(height) >= levels();
        let height = if is_too_high { Err(cycle()) } else { u32::try_from(height).map_err(corrupt("nodes")) };
        self.understood(height)
    }

    async fn count_entries(&mut self, folder: NodeId, limit: u64) -> PortResult<u64> {
        let values = (typed::<SqlUuid, _>(folder.uuid()), typed::<BigInt, _>(bigint(limit)));
        let entries = statement::<BigInt, _>(COUNT_ENTRIES, values);
        let entries: i64 = self.run(|connection| entries.get_result(connection)).await?;
        self.understood(count("nodes", entries))
    }

    async fn entries(
        &mut self,
        folders: &[NodeId],
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<Item>> {
        let folders: Vec<Uuid> = folders.iter().map(|folder| folder.uuid()).collect();
        let values = (
            typed::<Array<SqlUuid>, _>(folders),
            // UUIDv7 begin with the time, so none of them is nil.
            typed::<SqlUuid, _>(after.map_or(Uuid::nil(), NodeId::uuid)),
            typed::<BigInt, _>(i64::from(limit)),
        );
        let entries = statement::<NodeColumns, _>(ENTRIES, values);
        let rows: Vec<NodeRow> = self.run(|connection| entries.load(connection)).await?;
        self.understood(rows.into_iter().map(NodeRow::into_item).collect())
    }

    async fn insert(&mut self, item: &Item) -> Result<(), PlaceItem> {
        let seq = self.seq_inside(item.drive())?;
        let insert = NewNode::of(item, seq).where_free();
        let insert = self.together(insert);
        if self.run(|connection| insert.execute(connection)).await? > 0 {
            return Ok(());
        }
        let refusal = self.refusal(item).await?;
        Err(self.understood(refusal.ok_or_else(freed))?)
    }

    async fn insert_behind(&mut self, item: &Item, taken: &[String]) -> PortResult<bool> {
        let seq = self.seq_inside(item.drive())?;
        let insert = NewNode::of(item, seq).where_free().behind(taken);
        let insert = self.together(insert);
        Ok(self.run(|connection| insert.execute(connection)).await? > 0)
    }

    async fn insert_many(&mut self, items: &[Item]) -> PortResult<()> {
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let seq = self.seq_inside(item.drive())?;
            rows.push(NewNode::of(item, seq));
        }
        if rows.is_empty() {
            return Ok(());
        }
        let insert: NewNodes = rows.into_iter().collect();
        self.run(|connection| insert.execute(connection)).await.map(|_count| ())
    }

    async fn update(&mut self, item: &Item, seen: Revision) -> Result<(), UpdateItem> {
        self.seq_inside(item.drive())?;
        let (Some(parent), Some(name)) = (item.parent(), item.name()) else { return Err(UpdateItem::Stale) };
        let stored = nodes::table
            .find(item.id().uuid())
            .filter(nodes::drive_id.eq(item.drive().uuid()))
            .filter(nodes::parent_id.is_not_null())
            .filter(nodes::trash_id.is_null())
            .filter(nodes::revision.eq(bigint(seen.number())))
            .filter(FreePlace::of(item.drive(), parent, name));
        let set = (NodePlace::of(item, parent, name), nodes::changed_seq.eq(self.stamp()));
        let update = fixed(diesel::update(stored).set(set));
        if self.run(|connection| update.execute(connection)).await? > 0 {
            return Ok(());
        }
        if !self.is_living(item, seen).await? {
            return Err(UpdateItem::Stale);
        }
        let refusal = self.refusal(item).await?;
        Err(refusal.map_or(UpdateItem::Stale, UpdateItem::Place))
    }

    async fn trash(&mut self, id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> {
        let inside = self.drives_inside()?;
        let update = subtree::trash(id, at, original_path, inside);
        let row: Option<TrashRow> =
            self.run(async |connection| update.get_result(connection).await.optional()).await?;
        let Some((was_living, bytes, old)) = row else { return Ok(None) };
        let measure = if was_living { subtree::measure(bytes, old) } else { Ok(Measure::default()) };
        self.understood(measure).map(Some)
    }

    async fn mark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        let inside = self.drives_inside()?;
        let mark = subtree::mark(top, limit, inside);
        let row: MarkedRow = self.run(|connection| mark.get_result(connection)).await?;
        self.understood(subtree::marked(row))
    }

    async fn restore(&mut self, item: &Item) -> Result<Measure, PlaceItem> {
        self.seq_inside(item.drive())?;
        let (Some(parent), Some(name)) = (item.parent(), item.name()) else {
            return Err(PlaceItem::NoFolder);
        };
        let id = item.id().uuid();
        let top = nodes::table
            .find(id)
            .filter(nodes::drive_id.eq(item.drive().uuid()))
            .filter(nodes::trash_id.eq(id))
            .filter(FreePlace::of(item.drive(), parent, name));
        let living = (
            nodes::trash_id.eq(None::<Uuid>),
            nodes::trashed_from.eq(None::<Uuid>),
            nodes::trashed_at.eq(None::<Moment>),
            nodes::trashed_path.eq(None::<String>),
        );
        let set = (NodePlace::of(item, parent, name), living, nodes::changed_seq.eq(self.stamp()));
        let update = diesel::update(top).set(set).returning((nodes::size_bytes, VersionBytes));
        let update = fixed(update);
        let row: Option<(Option<i64>, i64)> =
            self.run(async |connection| update.get_result(connection).await.optional()).await?;
        if let Some((bytes, old)) = row {
            return Ok(self.understood(subtree::measure(bytes, old))?);
        }
        let refusal = self.refusal(item).await?;
        Err(self.understood(refusal.ok_or_else(no_top))?)
    }

    async fn unmark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        let inside = self.drives_inside()?;
        let unmark = subtree::unmark(top, limit, inside);
        let row: MarkedRow = self.run(|connection| unmark.get_result(connection)).await?;
        self.understood(subtree::marked(row))
    }

    async fn remove(&mut self, top: NodeId, limit: u32) -> PortResult<Removed> {
        let inside = self.drives_inside()?;
        let mut removed = Removed::default();
        let mut left = i64::from(limit);
        // Folders have no entries once those are gone: one level after the other, where it is not all of it at once.
        while left > 0 {
            let remove = subtree::remove(top, left, inside.clone());
            let tables = [Target::Keys, Target::Uploads, Target::Versions];
            let remove = self.together_with_queries(&tables, remove).await?;
            let rows: Vec<RemovedRow> = self.run(|connection| remove.load(connection)).await?;
            let is_last = rows.is_empty() || rows.iter().any(|(id, ..)| *id == top.uuid());
            left -= i64::try_from(rows.len()).unwrap_or(left);
            self.understood(subtree::add_removed(&mut removed, rows))?;
            if is_last {
                break;
            }
        }
        Ok(removed)
    }
}

impl PgUnitOfWork {
    /// Why an item can't be where it says; `None` where it can.
    async fn refusal(&mut self, item: &Item) -> PortResult<Option<PlaceItem>> {
        let values = (
            typed::<Text, _>(item.name().map(FileName::search_key).unwrap_or_default()),
            typed::<SqlUuid, _>(item.id().uuid()),
            typed::<Nullable<SqlUuid>, _>(item.parent().map(NodeId::uuid)),
            typed::<SqlUuid, _>(item.drive().uuid()),
        );
        let place = statement::<PlaceTypes, _>(PLACE, values);
        let row: Option<PlaceRow> =
            self.run(async |connection| place.get_result(connection).await.optional()).await?;
        let Some(row) = row else { return Ok(Some(PlaceItem::NoFolder)) };
        let (Some(existing), Some(kind)) = row else { return Ok(None) };
        let kind = self.understood(kind.parse::<ItemKind>().map_err(corrupt("nodes.kind")))?;
        Ok(Some(PlaceItem::NameTaken { existing: NodeId::new(existing), kind }))
    }

    /// Whether an item is living in the revision that was seen, and no root.
    async fn is_living(&mut self, item: &Item, seen: Revision) -> PortResult<bool> {
        let item = nodes::table
            .find(item.id().uuid())
            .filter(nodes::drive_id.eq(item.drive().uuid()))
            .filter(nodes::parent_id.is_not_null())
            .filter(nodes::trash_id.is_null())
            .filter(nodes::revision.eq(bigint(seen.number())));
        let exists = diesel::select(diesel::dsl::exists(item));
        self.run(|connection| exists.get_result(connection)).await
    }
}

/// A node of the release before, which enters no drive, was about the same name.
fn freed() -> PortError {
    PortError::Contended("the name was taken and is free again".into())
}

fn no_top() -> PortError {
    PortError::Unexpected("what is restored is no top of the trash".into())
}

#[cfg(test)]
mod tests;
