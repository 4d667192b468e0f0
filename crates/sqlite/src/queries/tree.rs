//! Questions about drives and what is in them.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use fm_domain::access::Access;
use fm_domain::accounts::StorageUse;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::{DriveId, FileId, NodeId, OperationId};
use fm_domain::tree::{
    Ancestor, ChildFilter, ChildPage, Drive, Item, NodeRecord, Operation, Seq, TrashFilter, TrashPage,
    TrashedItem, TreeQueries, Usage, Version,
};
use uuid::Uuid;

use super::children::{self, Listed};
use super::living::{LeadsToRoot, reached_files};
use super::{trash, walks};
use crate::access::{reached, removed_user, visible_items};
use crate::archive;
use crate::database::SqliteReadRepos;
use crate::error::store_error;
use crate::rows::{CounterRow, Id, NodeRow, OperationRow, VersionRow, kind, number};
use crate::schema::{file_versions as versions, nodes, operations, users};

/// The living item, if `access` reaches it.
pub(crate) fn item(
    connection: &mut SqliteConnection,
    access: &Access,
    id: NodeId,
) -> PortResult<Option<Item>> {
    nodes::table
        .find(Id::of(id.uuid()))
        .filter(nodes::trash.is_null())
        .filter(visible_items(access))
        .filter(LeadsToRoot)
        .select(NodeRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?
        .map(Item::try_from)
        .transpose()
}

type RecordColumns = (Id, Id, Option<Id>, String, String, Option<Id>, i64);

fn record((id, drive, parent, text, key, trash, changed): RecordColumns) -> PortResult<NodeRecord> {
    let node = |id: Id| NodeId::new(id.uuid());
    Ok(NodeRecord {
        id: node(id),
        drive: DriveId::new(drive.uuid()),
        parent: parent.map(node),
        kind: kind(&text)?,
        key,
        trash: trash.map(node),
        changed: Seq::new(number("nodes.changed_seq", changed)?),
    })
}

fn drive(connection: &mut SqliteConnection, access: &Access, id: DriveId) -> PortResult<Option<Drive>> {
    if id != access.drive() {
        return Ok(None);
    }
    let row: Option<CounterRow> = users::table
        .find(reached(access))
        .filter(users::removed_at.is_null())
        .select(CounterRow::as_select())
        .first(connection)
        .optional()
        .map_err(store_error)?;
    let drive = |row: CounterRow| {
        let nodes = number("users.node_count", row.node_count)?;
        let seq = Seq::new(number("users.seq", row.seq)?);
        Ok(Drive { id, owner: id.owner(), nodes, storage: StorageUse::try_from(row.storage)?, seq })
    };
    row.map(drive).transpose()
}

/// Whether `access` reaches the living file.
fn is_visible(connection: &mut SqliteConnection, access: &Access, file: FileId) -> PortResult<bool> {
    let file = nodes::table.find(Id::of(file.uuid())).filter(reached_files(access));
    diesel::select(exists(file)).get_result(connection).map_err(store_error)
}

/// Old versions of a living file from the newest on: those with numbers from `first` on and below `before`.
fn old_versions(
    connection: &mut SqliteConnection,
    access: &Access,
    file: FileId,
    (first, before): (i64, i64),
    limit: u32,
) -> PortResult<Vec<Version>> {
    if !is_visible(connection, access, file)? {
        return Ok(Vec::new());
    }
    let rows: Vec<VersionRow> = versions::table
        .filter(versions::file.eq(Id::of(file.uuid())))
        .filter(versions::number.ge(first))
        .filter(versions::number.lt(before))
        .order(versions::number.desc())
        .limit(limit.into())
        .select(VersionRow::as_select())
        .load(connection)
        .map_err(store_error)?;
    rows.into_iter().map(Version::try_from).collect()
}

#[async_trait]
impl TreeQueries for SqliteReadRepos {
    async fn drive(&mut self, access: &Access, id: DriveId) -> PortResult<Option<Drive>> {
        let access = access.clone();
        self.ask(move |connection| drive(connection, &access, id)).await
    }

    async fn item(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        let access = access.clone();
        self.ask(move |connection| item(connection, &access, id)).await
    }

    async fn children(
        &mut self,
        access: &Access,
        folder: NodeId,
        filter: &ChildFilter,
        page: &ChildPage,
    ) -> PortResult<Vec<Item>> {
        let listed = Listed { drive: reached(access), folder: Id::of(folder.uuid()), trash: None };
        let (kind, page) = (filter.kind, page.clone());
        self.ask(move |connection| children::page(connection, listed, kind, &page)).await
    }

    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> {
        let access = access.clone();
        let items: Vec<Id> = items.iter().map(|item| Id::of(item.uuid())).collect();
        self.ask(move |connection| walks::ancestors(connection, &access, &items)).await
    }

    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> {
        let (access, keys) = (access.clone(), keys.to_vec());
        self.ask(move |connection| walks::resolve(connection, &access, from, &keys)).await
    }

    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
        let access = access.clone();
        self.ask(move |connection| walks::usage(connection, &access, folder)).await
    }

    async fn trash(
        &mut self,
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> PortResult<Vec<TrashedItem>> {
        let (access, filter, page) = (access.clone(), filter.clone(), page.clone());
        self.ask(move |connection| trash::list(connection, &access, drive, filter, page)).await
    }

    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let access = access.clone();
        self.ask(move |connection| trash::find(connection, &access, id)).await
    }

    async fn trashed_children(
        &mut self,
        access: &Access,
        folder: NodeId,
        page: &ChildPage,
    ) -> PortResult<Option<Vec<TrashedItem>>> {
        let (access, page) = (access.clone(), page.clone());
        self.ask(move |connection| trash::children(connection, &access, folder, &page)).await
    }

    async fn versions(
        &mut self,
        access: &Access,
        file: FileId,
        before: Option<VersionNumber>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let access = access.clone();
        let before = before.map_or(i64::MAX, |number| number.number().into());
        self.ask(move |connection| old_versions(connection, &access, file, (0, before), limit)).await
    }

    async fn version(
        &mut self,
        access: &Access,
        file: FileId,
        number: VersionNumber,
    ) -> PortResult<Option<Version>> {
        let (access, number): (Access, i64) = (access.clone(), number.number().into());
        let found = self.ask(move |connection| {
            old_versions(connection, &access, file, (number, number.saturating_add(1)), 1)
        });
        Ok(found.await?.pop())
    }

    async fn operation(&mut self, access: &Access, id: OperationId) -> PortResult<Option<Operation>> {
        let owner = Id::of(access.owner().uuid());
        self.ask(move |connection| {
            operations::table
                .find(Id::of(id.uuid()))
                .filter(operations::owner.eq(owner))
                .filter(not(exists(removed_user(owner))))
                .select(OperationRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Operation::try_from)
                .transpose()
        })
        .await
    }

    async fn walk_nodes(&mut self, after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), NodeId::uuid));
        self.ask(move |connection| {
            let rows: Vec<RecordColumns> = nodes::table
                .filter(nodes::id.gt(after))
                .order(nodes::id)
                .limit(limit.into())
                .select((
                    nodes::id,
                    nodes::drive,
                    nodes::parent,
                    nodes::kind,
                    nodes::name_search,
                    nodes::trash,
                    nodes::changed_seq,
                ))
                .load(connection)
                .map_err(store_error)?;
            rows.into_iter().map(record).collect()
        })
        .await
    }

    async fn walk_versions(
        &mut self,
        after: Option<(FileId, VersionNumber)>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        self.ask(move |connection| archive::walk_versions(connection, after, limit)).await
    }
}
