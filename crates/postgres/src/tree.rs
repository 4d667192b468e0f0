//! Questions about drives and what is in them, outside of any unit of work.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
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

use crate::access::{leads_to_root, living_nodes, visible_nodes, visible_operations};
use crate::archive;
use crate::children::{ChildList, TrashedChildList};
use crate::error::corrupt;
use crate::read::PgReadRepos;
use crate::rows::{NodeRow, OperationRow, VersionRow, ancestor};
use crate::schema::{nodes, operations, users};
use crate::shared::Shared;
use crate::sql::{statement, typed};
use crate::subtree::{cycle, levels};
use crate::trash::{self, TrashList, TrashedRow, trashed_item};
use crate::value::{count, integer, size};
use crate::walks::{self, AncestorRow, UsageRow};

/// In the order of [`VersionRow`].
const VERSIONS: &str = concat!(
    "SELECT file_id, number, content_type, charset, size_bytes, sha256, blob_id, created_by, \
        created_at, replaced_at, is_pinned, label \
    FROM file_versions WHERE file_id = ? AND number BETWEEN ? AND ? \
    AND EXISTS (SELECT FROM nodes WHERE nodes.id = ? AND drive_id = ? AND kind = 'file' AND trash_id IS NULL AND ",
    leads_to_root!("nodes"),
    ") AND NOT EXISTS (SELECT FROM users WHERE users.id = ? AND users.removed_at IS NOT NULL) \
    ORDER BY number DESC LIMIT ?"
);

type VersionColumns = SqlTypeOf<AsSelect<VersionRow, Pg>>;

/// The versions of a living file with numbers in this range, the newest first.
fn numbered(
    access: &Access,
    file: FileId,
    first: i32,
    last: i32,
    limit: u32,
) -> impl Query<SqlType = VersionColumns> + QueryFragment<Pg> + QueryId + Send + use<> {
    let values = (
        typed::<SqlUuid, _>(file.uuid()),
        typed::<Integer, _>(first),
        typed::<Integer, _>(last),
        typed::<SqlUuid, _>(file.uuid()),
        typed::<SqlUuid, _>(access.drive().uuid()),
        typed::<SqlUuid, _>(access.owner().uuid()),
        typed::<BigInt, _>(i64::from(limit)),
    );
    statement::<VersionColumns, _>(VERSIONS, values)
}

type DriveRow = (i64, i64, i64, i64, i64, i64, i64);

fn drive(id: DriveId, (seq, nodes, used, trash, versions, reserved, files): DriveRow) -> PortResult<Drive> {
    Ok(Drive {
        id,
        owner: id.owner(),
        nodes: count("users.node_count", nodes)?,
        storage: StorageUse {
            used: size("users.used_bytes", used)?,
            trash: size("users.trash_bytes", trash)?,
            versions: size("users.version_bytes", versions)?,
            reserved: size("users.reserved_bytes", reserved)?,
            file_count: count("users.file_count", files)?,
        },
        seq: Seq::new(count("users.seq", seq)?),
    })
}

type RecordRow = (Uuid, Uuid, Option<Uuid>, String, String, Option<Uuid>, i64);

fn record((id, drive, parent, kind, key, trash, changed): RecordRow) -> PortResult<NodeRecord> {
    Ok(NodeRecord {
        id: NodeId::new(id),
        drive: DriveId::new(drive),
        parent: parent.map(NodeId::new),
        kind: kind.parse().map_err(corrupt("nodes.kind"))?,
        key,
        trash: trash.map(NodeId::new),
        changed: Seq::new(count("nodes.changed_seq", changed)?),
    })
}

#[async_trait]
impl TreeQueries for PgReadRepos {
    async fn drive(&mut self, access: &Access, id: DriveId) -> PortResult<Option<Drive>> {
        if access.drive() != id {
            return Ok(None);
        }
        let find = |shared: Arc<Shared>| async move {
            let row = users::table.find(id.uuid()).filter(users::removed_at.is_null()).select((
                users::seq,
                users::node_count,
                users::used_bytes,
                users::trash_bytes,
                users::version_bytes,
                users::reserved_bytes,
                users::file_count,
            ));
            row.get_result::<DriveRow>(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(|row| drive(id, row)).transpose()
    }

    async fn item(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        let find = |shared: Arc<Shared>| async move {
            let item = nodes::table.find(id.uuid()).filter(living_nodes(access)).select(NodeRow::as_select());
            item.get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(NodeRow::into_item).transpose()
    }

    async fn children(
        &mut self,
        access: &Access,
        folder: NodeId,
        filter: &ChildFilter,
        page: &ChildPage,
    ) -> PortResult<Vec<Item>> {
        let Some(list) = ChildList::of(access, folder, *filter, page) else { return Ok(Vec::new()) };
        let mut lease = self.pool.lease().await?;
        let rows: Vec<NodeRow> = lease.run(|connection| list.load(connection)).await?;
        rows.into_iter().map(NodeRow::into_item).collect()
    }

    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> {
        let walk = walks::ancestors(access, items);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<AncestorRow> = lease.run(|connection| walk.load(connection)).await?;
        let mut ways: HashMap<Uuid, Vec<Ancestor>> = HashMap::with_capacity(items.len());
        for (item, id, name, level) in rows {
            if i64::from(level) > levels() {
                return Err(cycle());
            }
            ways.entry(item).or_default().push(ancestor(id, name));
        }
        Ok(items.iter().map(|id| ways.get(&id.uuid()).cloned().unwrap_or_default()).collect())
    }

    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> {
        // No tree is as deep, and no name has a NUL, which PostgreSQL does not take.
        let steps = i64::try_from(keys.len()).unwrap_or(i64::MAX);
        if steps > levels() || keys.iter().any(|key| key.contains('\0')) {
            return Ok(None);
        }
        let find = |shared: Arc<Shared>| async move {
            let walk = walks::resolve(access, from, keys, steps);
            walk.get_result::<NodeRow>(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(NodeRow::into_item).transpose()
    }

    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
        let walk = walks::usage(access, folder);
        let mut lease = self.pool.lease().await?;
        let row: Option<UsageRow> =
            lease.run(async |connection| walk.get_result(connection).await.optional()).await?;
        row.map(walks::used).transpose()
    }

    async fn trash(
        &mut self,
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> PortResult<Vec<TrashedItem>> {
        let Some(list) = TrashList::of(access, drive, filter, page) else { return Ok(Vec::new()) };
        let mut lease = self.pool.lease().await?;
        let rows: Vec<TrashedRow> = lease.run(|connection| list.load(connection)).await?;
        rows.into_iter().map(trashed_item).collect()
    }

    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let item = trash::find(access, id);
        let mut lease = self.pool.lease().await?;
        let row: Option<TrashedRow> =
            lease.run(async |connection| item.get_result(connection).await.optional()).await?;
        row.map(trashed_item).transpose()
    }

    async fn trashed_children(
        &mut self,
        access: &Access,
        folder: NodeId,
        page: &ChildPage,
    ) -> PortResult<Option<Vec<TrashedItem>>> {
        let top = nodes::table
            .find(folder.uuid())
            .filter(visible_nodes(access))
            .filter(nodes::kind.eq("folder"))
            .filter(nodes::trash_id.is_not_null())
            .select(nodes::trash_id.assume_not_null());
        let mut lease = self.pool.lease().await?;
        let top: Option<Uuid> =
            lease.run(async |connection| top.get_result(connection).await.optional()).await?;
        let Some(top) = top else { return Ok(None) };
        let list = TrashedChildList::of(folder, NodeId::new(top), page);
        let Some(list) = list else { return Ok(Some(Vec::new())) };
        let rows: Vec<TrashedRow> = lease.run(|connection| list.load(connection)).await?;
        rows.into_iter().map(trashed_item).collect::<PortResult<_>>().map(Some)
    }

    async fn versions(
        &mut self,
        access: &Access,
        file: FileId,
        before: Option<VersionNumber>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        // None is numbered 0.
        let last = before.map_or(i32::MAX, |number| integer(number.number()).saturating_sub(1));
        let versions = numbered(access, file, 0, last, limit);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<VersionRow> = lease.run(|connection| versions.load(connection)).await?;
        rows.into_iter().map(VersionRow::into_version).collect()
    }

    async fn version(
        &mut self,
        access: &Access,
        file: FileId,
        number: VersionNumber,
    ) -> PortResult<Option<Version>> {
        let number = integer(number.number());
        let find = |shared: Arc<Shared>| async move {
            let version = numbered(access, file, number, number, 1);
            version.get_result::<VersionRow>(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(VersionRow::into_version).transpose()
    }

    async fn operation(&mut self, access: &Access, id: OperationId) -> PortResult<Option<Operation>> {
        let find = |shared: Arc<Shared>| async move {
            let operation = operations::table.find(id.uuid()).filter(visible_operations(access));
            operation.select(OperationRow::as_select()).get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(OperationRow::into_operation).transpose()
    }

    async fn walk_nodes(&mut self, after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let rest = nodes::table.filter(nodes::id.gt(after.map_or(Uuid::nil(), NodeId::uuid)));
        let rest = rest.order(nodes::id).limit(i64::from(limit)).select((
            nodes::id,
            nodes::drive_id,
            nodes::parent_id,
            nodes::kind,
            nodes::name_search,
            nodes::trash_id,
            nodes::changed_seq,
        ));
        let mut lease = self.pool.lease().await?;
        let rows: Vec<RecordRow> = lease.run(|connection| rest.load(connection)).await?;
        rows.into_iter().map(record).collect()
    }

    async fn walk_versions(
        &mut self,
        after: Option<(FileId, VersionNumber)>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let mut lease = self.pool.lease().await?;
        archive::walk_versions(&mut lease, after, limit).await
    }
}
