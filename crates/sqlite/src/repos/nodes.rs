//! Items of drives.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::Revision;
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Ancestor, Item, Marked, Measure, NodeRepo, PlaceItem, Removed, TrashedItem, UpdateItem,
};

use super::{entries, place, trash};
use crate::error::store_error;
use crate::queries;
use crate::rows::{Id, PlaceRow, stored_number};
use crate::schema::nodes;
use crate::sql::fixed;
use crate::unit_of_work::{EnteredDrives, SqliteUnitOfWork};

/// Replaces the place of a living item.
fn update(
    connection: &mut SqliteConnection,
    item: &Item,
    seen: Revision,
    entered: &EnteredDrives,
) -> PortResult<Result<(), UpdateItem>> {
    let (id, drive) = (Id::of(item.id().uuid()), Id::of(item.drive().uuid()));
    let seq = entered.inside(drive)?;
    let stored = nodes::table
        .find(id)
        .filter(nodes::drive.eq(drive))
        .filter(nodes::drive.ne(id))
        .filter(nodes::trash.is_null())
        .filter(nodes::revision.eq(stored_number(seen.number())));
    if !diesel::select(exists(stored)).get_result::<bool>(connection).map_err(store_error)? {
        return Ok(Err(UpdateItem::Stale));
    }
    if let Err(refusal) = place::check(connection, item)? {
        return Ok(Err(UpdateItem::Place(refusal)));
    }
    fixed(diesel::update(nodes::table.find(id)).set(PlaceRow::of(item, seq)))
        .execute(connection)
        .map(|_one| Ok(()))
        .map_err(store_error)
}

#[async_trait]
impl NodeRepo for SqliteUnitOfWork {
    async fn find(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        let access = access.clone();
        self.run(move |connection| queries::tree::item(connection, &access, id)).await
    }

    async fn find_trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let access = access.clone();
        self.run(move |connection| queries::trash::find(connection, &access, id)).await
    }

    async fn entry(&mut self, folder: NodeId, key: &str) -> PortResult<Option<Item>> {
        let key = key.to_owned();
        self.run(move |connection| entries::entry(connection, folder, &key)).await
    }

    async fn taken(&mut self, folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> {
        let keys = keys.to_vec();
        self.run(move |connection| entries::taken(connection, folder, &keys)).await
    }

    async fn lineage(&mut self, folder: NodeId) -> PortResult<Vec<Ancestor>> {
        self.run(move |connection| queries::walks::lineage(connection, folder)).await
    }

    async fn height(&mut self, folder: NodeId) -> PortResult<u32> {
        self.run(move |connection| queries::walks::height(connection, folder)).await
    }

    async fn count_entries(&mut self, folder: NodeId, limit: u64) -> PortResult<u64> {
        self.run(move |connection| entries::count_entries(connection, folder, limit)).await
    }

    async fn entries(
        &mut self,
        folders: &[NodeId],
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<Item>> {
        let folders: Vec<Id> = folders.iter().map(|folder| Id::of(folder.uuid())).collect();
        self.run(move |connection| entries::entries(connection, &folders, after, limit)).await
    }

    async fn insert(&mut self, item: &Item) -> Result<(), PlaceItem> {
        let (item, entered) = (item.clone(), self.entered.clone());
        let added: PortResult<Result<(), PlaceItem>> = self
            .run(move |connection| {
                let seq = entered.inside(Id::of(item.drive().uuid()))?;
                match place::check(connection, &item)? {
                    Ok(()) => place::add(connection, &item, seq).map(Ok),
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
            .await;
        added?
    }

    async fn insert_many(&mut self, items: &[Item]) -> PortResult<()> {
        let (items, entered) = (items.to_vec(), self.entered.clone());
        self.run(move |connection| place::add_many(connection, &items, &entered)).await
    }

    async fn update(&mut self, item: &Item, seen: Revision) -> Result<(), UpdateItem> {
        let (item, entered) = (item.clone(), self.entered.clone());
        let updated = self.run(move |connection| update(connection, &item, seen, &entered)).await;
        updated?
    }

    async fn trash(&mut self, id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> {
        let (path, entered) = (original_path.to_owned(), self.entered.clone());
        self.run(move |connection| trash::trash(connection, id, at, path, &entered)).await
    }

    async fn mark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        let entered = self.entered.clone();
        self.run(move |connection| trash::mark_below(connection, top, limit, &entered)).await
    }

    async fn restore(&mut self, item: &Item) -> Result<Measure, PlaceItem> {
        let (item, entered) = (item.clone(), self.entered.clone());
        let restored: PortResult<Result<Measure, PlaceItem>> =
            self.run(move |connection| trash::restore(connection, &item, &entered)).await;
        restored?
    }

    async fn unmark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        let entered = self.entered.clone();
        self.run(move |connection| trash::unmark_below(connection, top, limit, &entered)).await
    }

    async fn remove(&mut self, top: NodeId, limit: u32) -> PortResult<Removed> {
        let entered = self.entered.clone();
        self.run(move |connection| trash::remove(connection, top, limit, &entered)).await
    }
}
