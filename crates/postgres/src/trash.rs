//! What is in the trash, as it is read.

use diesel::QueryResult;
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::SortOrder;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{TrashFilter, TrashKey, TrashPage, TrashSort, TrashedItem};
use uuid::Uuid;

use crate::error::corrupt;
use crate::keyset::{KeyValue, direction};
use crate::rows::{NodeRow, node_columns};
use crate::sql::{statement, typed};
use crate::subtree::levels;
use crate::value::{Moment, bigint, size};

/// What is read of an item.
pub(crate) type NodeColumns = SqlTypeOf<AsSelect<NodeRow, Pg>>;

/// An item, its top with its time, the item's path, whether its folder is there, and the bytes of the item and of what is below.
pub(crate) type TrashedTypes = (NodeColumns, SqlUuid, Nullable<Timestamptz>, Nullable<Text>, Bool, BigInt);
pub(crate) type TrashedRow = (NodeRow, Uuid, Option<Moment>, Option<String>, bool, i64);

/// The item in the trash that a row holds.
pub(crate) fn trashed_item((item, top, at, path, has_parent, bytes): TrashedRow) -> PortResult<TrashedItem> {
    Ok(TrashedItem {
        item: item.into_item()?,
        has_parent,
        top: NodeId::new(top),
        trashed_at: at.ok_or_else(|| corrupt("nodes.trashed_at")("a top of the trash lacks it"))?.0,
        original_path: path.ok_or_else(|| corrupt("nodes.trashed_path")("a top of the trash lacks it"))?,
        size: size("nodes.size_bytes", bytes)?,
    })
}

/// What [`TrashedTypes`] has next to the item, out of the table of its top; the path follows.
pub(crate) const TOP_COLUMNS: &str = ", top.id, top.trashed_at, top.trashed_path";

/// The way from a top down to an item that it took along, by a walk that goes so many levels: what follows the path of the top in that of
/// the item.
macro_rules! below_top {
    ($of:literal) => {
        concat!(
            "(WITH RECURSIVE way (parent_id, path, level) AS (SELECT ",
            $of,
            ".parent_id, '/' || ",
            $of,
            ".name, 0 UNION ALL SELECT folder.parent_id, '/' || folder.name || way.path, level + 1 \
                FROM way JOIN nodes AS folder ON folder.id = way.parent_id \
                WHERE folder.trash_id <> folder.id AND level <= ?\
            ) SELECT path FROM way ORDER BY level DESC LIMIT 1)"
        )
    };
}
pub(crate) use below_top;

/// Whether the folder of an item is there still: that of a top may be gone. A subquery that gives a value, which no plan makes a table of
/// all folders for.
macro_rules! has_parent {
    ($of:literal) => {
        concat!(
            "coalesce((SELECT true FROM nodes AS former WHERE former.id = ",
            $of,
            ".trashed_from), ",
            $of,
            ".trash_id <> ",
            $of,
            ".id)"
        )
    };
}

/// The bytes of an item in the trash and of what went there with it, by a walk that goes so many levels. What an entry is in is looked at one
/// level later: asked of the entries themselves, a plan would look for all of a trash at each level, which takes minutes.
macro_rules! held_bytes {
    ($of:literal) => {
        concat!(
            "WITH RECURSIVE below (id, size_bytes, trash_id, level) AS (SELECT ",
            $of,
            ".id, ",
            $of,
            ".size_bytes, ",
            $of,
            ".trash_id, 0 UNION ALL SELECT entry.id, entry.size_bytes, entry.trash_id, level + 1 \
                FROM below JOIN nodes AS entry ON entry.parent_id = below.id \
                WHERE below.trash_id = ",
            $of,
            ".trash_id AND level <= ?\
            ) SELECT coalesce(sum(size_bytes) FILTER (WHERE below.trash_id = ",
            $of,
            ".trash_id), 0)::bigint AS bytes FROM below"
        )
    };
}
pub(crate) use held_bytes;

/// Of a top all that it took is counted, without a walk.
const FIND: &str = concat!(
    "SELECT ",
    node_columns!("node"),
    ", top.id, top.trashed_at, CASE WHEN node.id = node.trash_id THEN top.trashed_path ELSE top.trashed_path || ",
    below_top!("node"),
    " END, ",
    has_parent!("node"),
    ", CASE WHEN node.id = node.trash_id THEN (\
        SELECT coalesce(sum(taken.size_bytes), 0)::bigint FROM nodes AS taken WHERE taken.trash_id = node.id\
    ) ELSE (",
    held_bytes!("node"),
    ") END FROM nodes AS node JOIN nodes AS top ON top.id = node.trash_id WHERE node.id = ? AND node.drive_id = ? \
    AND NOT EXISTS (SELECT FROM users WHERE users.id = ? AND users.removed_at IS NOT NULL)"
);

/// An item in the trash.
pub(crate) fn find(
    access: &Access,
    id: NodeId,
) -> impl Query<SqlType = TrashedTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let values = (
        typed::<BigInt, _>(levels()),
        typed::<BigInt, _>(levels()),
        typed::<SqlUuid, _>(id.uuid()),
        typed::<SqlUuid, _>(access.drive().uuid()),
        typed::<SqlUuid, _>(access.owner().uuid()),
    );
    statement::<TrashedTypes, _>(FIND, values)
}

/// A page of the tops of the trash of a drive, ready to be sent.
pub(crate) struct TrashList {
    drive: Uuid,
    owner: Uuid,
    name_contains: Option<String>,
    from: Option<Uuid>,
    before: Option<Moment>,
    sort: TrashSort,
    order: SortOrder,
    after: Option<(KeyValue, Uuid)>,
    limit: i64,
}

impl TrashList {
    /// The page of the tops that `access` reaches and `filter` lets through; `None` where none can be in it.
    pub(crate) fn of(
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> Option<Self> {
        let after = page.after.as_ref().filter(|after| after.sort() == page.sort).map(place);
        let after = match after {
            Some((value, id)) => Some((value.known()?, id)),
            None => None,
        };
        // No name has a NUL, and PostgreSQL takes none.
        let can_match = filter.name_contains.as_ref().is_none_or(|text| !text.contains('\0'));
        (access.drive() == drive && can_match).then(|| Self {
            drive: drive.uuid(),
            owner: access.owner().uuid(),
            name_contains: filter.name_contains.clone(),
            from: filter.from.map(NodeId::uuid),
            before: filter.before.map(Moment),
            sort: page.sort,
            order: page.order,
            after,
            limit: i64::from(page.limit),
        })
    }

    const fn key(&self) -> &'static str {
        match self.sort {
            TrashSort::TrashedAt => "top.trashed_at",
            TrashSort::Name => "top.name_sort",
            TrashSort::Size => "top.bytes",
        }
    }
}

fn place(key: &TrashKey) -> (KeyValue, Uuid) {
    match key {
        TrashKey::TrashedAt(at, id) => (KeyValue::At(Moment(*at)), id.uuid()),
        TrashKey::Name(name, id) => (KeyValue::Text(name.clone()), id.uuid()),
        TrashKey::Size(bytes, id) => (KeyValue::Number(bigint(bytes.bytes())), id.uuid()),
    }
}

impl QueryFragment<Pg> for TrashList {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(node_columns!("top"));
        out.push_sql(TOP_COLUMNS);
        out.push_sql(concat!(", ", has_parent!("top")));
        out.push_sql(
            ", top.bytes FROM (SELECT nodes.*, (\
                SELECT coalesce(sum(taken.size_bytes), 0)::bigint FROM nodes AS taken WHERE taken.trash_id = nodes.id\
            ) AS bytes FROM nodes WHERE trash_id = id AND drive_id = ",
        );
        out.push_bind_param::<SqlUuid, Uuid>(&self.drive)?;
        out.push_sql(" AND NOT EXISTS (SELECT FROM users WHERE users.removed_at IS NOT NULL AND users.id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.owner)?;
        out.push_sql(")");
        if let Some(text) = &self.name_contains {
            out.push_sql(" AND strpos(name_search, ");
            out.push_bind_param::<Text, String>(text)?;
            out.push_sql(") > 0");
        }
        if let Some(folder) = &self.from {
            out.push_sql(" AND trashed_from = ");
            out.push_bind_param::<SqlUuid, Uuid>(folder)?;
        }
        if let Some(before) = &self.before {
            out.push_sql(" AND trashed_at < ");
            out.push_bind_param::<Timestamptz, Moment>(before)?;
        }
        out.push_sql(") AS top");
        if let Some((value, id)) = &self.after {
            out.push_sql(" WHERE (");
            out.push_sql(self.key());
            out.push_sql(match self.order {
                SortOrder::Ascending => ", top.id) > (",
                SortOrder::Descending => ", top.id) < (",
            });
            value.push(&mut out)?;
            out.push_sql(", ");
            out.push_bind_param::<SqlUuid, Uuid>(id)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY ");
        out.push_sql(self.key());
        out.push_sql(direction(self.order));
        out.push_sql(", top.id");
        out.push_sql(direction(self.order));
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.limit)
    }
}

/// Its text depends on the filter and the page.
impl QueryId for TrashList {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for TrashList {
    type SqlType = TrashedTypes;
}
