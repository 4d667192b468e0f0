//! Pages of the entries of a folder by keyset.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use fm_domain::access::Access;
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::tree::{ChildFilter, ChildKey, ChildPage, ChildSort, ChildValue, ItemKind};
use uuid::Uuid;

use crate::access::leads_to_root;
use crate::keyset::{KeyValue, direction};
use crate::rows::node_columns;
use crate::subtree::levels;
use crate::trash::{NodeColumns, TOP_COLUMNS, TrashedTypes, below_top, held_bytes};
use crate::value::{Moment, bigint};

/// A page of what hangs in a folder, by one walk for each kind: folders and files are apart in the index on names.
struct Entries {
    folder: Uuid,
    /// The top that took the folder into the trash; its entries are those that it took too.
    trash: Option<Uuid>,
    parts: Vec<Part>,
    sort: ChildSort,
    order: SortOrder,
    mixed: bool,
    limit: i64,
}

/// The entries of one kind, from after a place on.
struct Part {
    kind: ItemKind,
    after: Option<(KeyValue, Uuid)>,
}

impl Entries {
    /// The page; `None` where nothing can be in it.
    fn of(folder: NodeId, trash: Option<NodeId>, filter: ChildFilter, page: &ChildPage) -> Option<Self> {
        let mut parts = Vec::with_capacity(2);
        for kind in [ItemKind::Folder, ItemKind::File] {
            if filter.kind.is_some_and(|only| only != kind) {
                continue;
            }
            let after = page.after.as_ref().filter(|after| after.value.sort() == page.sort);
            match after {
                Some(after) if page.mixed || after.kind == kind => {
                    let (value, id) = place(after);
                    parts.push(Part { kind, after: Some((value.known()?, id)) });
                }
                // The page before ended among the files: no folder comes after those.
                Some(after) if after.kind > kind => {}
                Some(_) | None => parts.push(Part { kind, after: None }),
            }
        }
        (!parts.is_empty()).then(|| Self {
            folder: folder.uuid(),
            trash: trash.map(NodeId::uuid),
            parts,
            sort: page.sort,
            order: page.order,
            mixed: page.mixed,
            limit: i64::from(page.limit),
        })
    }

    /// What entries are sorted by, before their ids.
    const fn keys(&self) -> &'static [&'static str] {
        match self.sort {
            ChildSort::Name => &["page.name_sort"],
            ChildSort::ModifiedAt => &["page.modified_at"],
            ChildSort::CreatedAt => &["page.created_at"],
            ChildSort::Size => &["coalesce(page.size_bytes, 0)"],
            ChildSort::Type => &["coalesce(page.content_type, '')", "page.name_sort"],
        }
    }

    fn push_order(&self, out: &mut AstPass<'_, '_, Pg>) {
        for key in self.keys() {
            out.push_sql(key);
            out.push_sql(direction(self.order));
            out.push_sql(", ");
        }
        out.push_sql("page.id");
        out.push_sql(direction(self.order));
    }

    fn push_part<'b>(&'b self, part: &'b Part, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(SELECT page.* FROM nodes AS page WHERE page.parent_id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.folder)?;
        out.push_sql(match part.kind {
            ItemKind::Folder => " AND page.kind = 'folder'",
            ItemKind::File => " AND page.kind = 'file'",
        });
        match &self.trash {
            Some(top) => {
                // Wrapped, so that the planner expects many of them, and looks for the entries of the folder, not for all of a trash.
                out.push_sql(" AND coalesce(page.trash_id = ");
                out.push_bind_param::<SqlUuid, Uuid>(top)?;
                out.push_sql(", false)");
            }
            None => out.push_sql(" AND page.trash_id IS NULL"),
        }
        if let Some((value, id)) = &part.after {
            out.push_sql(" AND (");
            for key in self.keys() {
                out.push_sql(key);
                out.push_sql(", ");
            }
            out.push_sql(match self.order {
                SortOrder::Ascending => "page.id) > (",
                SortOrder::Descending => "page.id) < (",
            });
            value.push(out)?;
            out.push_sql(", ");
            out.push_bind_param::<SqlUuid, Uuid>(id)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY ");
        self.push_order(out);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.limit)?;
        out.push_sql(")");
        Ok(())
    }

    fn push_parts<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (number, part) in self.parts.iter().enumerate() {
            if number > 0 {
                out.push_sql(" UNION ALL ");
            }
            self.push_part(part, out)?;
        }
        Ok(())
    }

    fn push_end<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(" ORDER BY ");
        if !self.mixed {
            // In this order of the words folders come first.
            out.push_sql("page.kind DESC, ");
        }
        self.push_order(out);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.limit)
    }
}

fn place(key: &ChildKey) -> (KeyValue, Uuid) {
    let value = match &key.value {
        ChildValue::Name(name) => KeyValue::Text(name.clone()),
        ChildValue::ModifiedAt(at) | ChildValue::CreatedAt(at) => KeyValue::At(Moment(*at)),
        ChildValue::Size(size) => KeyValue::Number(bigint(size.bytes())),
        ChildValue::Type(content_type, name) => KeyValue::Texts(content_type.clone(), name.clone()),
    };
    (value, key.id.uuid())
}

/// A page of the living entries of a living folder, ready to be sent.
pub(crate) struct ChildList {
    entries: Entries,
    drive: Uuid,
    owner: Uuid,
}

impl ChildList {
    /// The page of a folder that `access` has to reach; `None` where nothing can be in it.
    pub(crate) fn of(access: &Access, folder: NodeId, filter: ChildFilter, page: &ChildPage) -> Option<Self> {
        let entries = Entries::of(folder, None, filter, page)?;
        Some(Self { entries, drive: access.drive().uuid(), owner: access.owner().uuid() })
    }
}

impl QueryFragment<Pg> for ChildList {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(node_columns!("page"));
        out.push_sql(" FROM (");
        self.entries.push_parts(&mut out)?;
        out.push_sql(") AS page WHERE EXISTS (SELECT FROM nodes AS folder WHERE folder.id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.entries.folder)?;
        out.push_sql(" AND folder.drive_id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.drive)?;
        out.push_sql(" AND folder.kind = 'folder' AND folder.trash_id IS NULL AND ");
        out.push_sql(leads_to_root!("folder"));
        out.push_sql(")");
        out.push_sql(" AND NOT EXISTS (SELECT FROM users WHERE users.removed_at IS NOT NULL AND users.id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.owner)?;
        out.push_sql(")");
        self.entries.push_end(&mut out)
    }
}

/// A page of the entries of a folder in the trash that went there with it, ready to be sent.
pub(crate) struct TrashedChildList {
    entries: Entries,
    levels: i64,
}

impl TrashedChildList {
    /// The page of a folder that this top took into the trash; `None` where nothing can be in it.
    pub(crate) fn of(folder: NodeId, top: NodeId, page: &ChildPage) -> Option<Self> {
        let entries = Entries::of(folder, Some(top), ChildFilter::default(), page)?;
        Some(Self { entries, levels: levels() })
    }
}

impl QueryFragment<Pg> for TrashedChildList {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (way, way_end) = below_top!("page").split_once('?').unwrap_or_default();
        let (walk, walk_end) = held_bytes!("page").split_once('?').unwrap_or_default();
        out.push_sql("SELECT ");
        out.push_sql(node_columns!("page"));
        out.push_sql(TOP_COLUMNS);
        out.push_sql(" || ");
        out.push_sql(way);
        out.push_bind_param::<BigInt, i64>(&self.levels)?;
        out.push_sql(way_end);
        // The folder is the one whose entries are listed.
        out.push_sql(", true, held.bytes FROM (");
        self.entries.push_parts(&mut out)?;
        out.push_sql(") AS page JOIN nodes AS top ON top.id = page.trash_id, LATERAL (");
        out.push_sql(walk);
        out.push_bind_param::<BigInt, i64>(&self.levels)?;
        out.push_sql(walk_end);
        out.push_sql(") AS held");
        self.entries.push_end(&mut out)
    }
}

macro_rules! queries {
    ($($list:ty: $columns:ty),+) => {
        $(
            /// Its text depends on the page.
            impl QueryId for $list {
                type QueryId = ();

                const HAS_STATIC_QUERY_ID: bool = false;
            }

            impl Query for $list {
                type SqlType = $columns;
            }
        )+
    };
}

queries!(ChildList: NodeColumns, TrashedChildList: TrashedTypes);

#[cfg(test)]
mod tests;
