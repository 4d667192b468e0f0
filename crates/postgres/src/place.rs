//! Expressions of statements that place items.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Bool, Text, Uuid as SqlUuid};
use diesel::{Expression, QueryResult};
use fm_domain::files::FileName;
use fm_domain::ids::{DriveId, NodeId};
use uuid::Uuid;

use crate::sql::of_any_row;

/// A living folder of the drive has no entry of this name but the row itself. It holds for the rest of a unit that has entered the drive.
#[derive(Debug, Clone)]
pub(crate) struct FreePlace {
    folder: Uuid,
    drive: Uuid,
    key: String,
}

impl FreePlace {
    pub(crate) fn of(drive: DriveId, folder: NodeId, name: &FileName) -> Self {
        Self { folder: folder.uuid(), drive: drive.uuid(), key: name.search_key() }
    }
}

impl QueryFragment<Pg> for FreePlace {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("EXISTS (SELECT FROM nodes AS folder WHERE folder.id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.folder)?;
        out.push_sql(" AND folder.drive_id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.drive)?;
        out.push_sql(" AND folder.kind = 'folder' AND folder.trash_id IS NULL)");
        out.push_sql(" AND NOT EXISTS (SELECT FROM nodes AS entry WHERE entry.parent_id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&self.folder)?;
        out.push_sql(" AND entry.name_search = ");
        out.push_bind_param::<Text, String>(&self.key)?;
        out.push_sql(" AND entry.id <> nodes.id)");
        Ok(())
    }
}

impl Expression for FreePlace {
    type SqlType = Bool;
}

/// The bytes of a file's versions; 0 of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VersionBytes;

impl QueryFragment<Pg> for VersionBytes {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "(SELECT coalesce(sum(size_bytes), 0)::bigint FROM file_versions WHERE file_id = nodes.id)",
        );
        Ok(())
    }
}

impl Expression for VersionBytes {
    type SqlType = BigInt;
}

of_any_row!(FreePlace, VersionBytes);
