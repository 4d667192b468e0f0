//! What an access reaches, as conditions on rows: the one place that reads it.

use diesel::dsl::{exists, not};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::Bool;
use diesel::{Expression, QueryResult};
use fm_domain::access::Access;
use uuid::Uuid;

use crate::schema::{nodes, operations, uploads, users};
use crate::sql::of_any_row;

/// The row is one of a living file. Kind and trash are no values of the statement, so that every plan of it can use the indexes on such
/// rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LivingFile;

impl QueryFragment<Pg> for LivingFile {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("nodes.kind = 'file' AND nodes.trash_id IS NULL");
        Ok(())
    }
}

impl Expression for LivingFile {
    type SqlType = Bool;
}

/// The row, of this name, hangs below the root of its drive, as a condition. While an operation runs what hangs below a top that it has
/// not taken along yet does not; no other item is asked for the way up.
macro_rules! leads_to_root {
    ($row:literal) => {
        concat!(
            "(NOT EXISTS (SELECT FROM operations WHERE operations.owner_id = ",
            $row,
            ".drive_id AND operations.ended_at IS NULL) OR EXISTS (WITH RECURSIVE up (id, parent_id, step) AS (SELECT ",
            $row,
            ".id, ",
            $row,
            ".parent_id, 0 UNION ALL SELECT above.id, above.parent_id, step + 1 \
             FROM up JOIN nodes AS above ON above.id = up.parent_id WHERE step <= 65\
             ) SELECT FROM up WHERE up.id = ",
            $row,
            ".drive_id))"
        )
    };
}
pub(crate) use leads_to_root;

/// The row of `nodes` is a living item that is reached and hangs below the root of its drive, in the text of a statement. Its values are
/// the drive and the owner.
macro_rules! living_node {
    () => {
        concat!(
            "drive_id = ? AND trash_id IS NULL \
             AND NOT EXISTS (SELECT FROM users WHERE users.id = ? AND users.removed_at IS NOT NULL) AND ",
            $crate::access::leads_to_root!("nodes")
        )
    };
}
pub(crate) use living_node;

/// `leads_to_root!` of `nodes`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeadsToRoot;

impl QueryFragment<Pg> for LeadsToRoot {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(leads_to_root!("nodes"));
        Ok(())
    }
}

impl Expression for LeadsToRoot {
    type SqlType = Bool;
}

of_any_row!(LivingFile, LeadsToRoot);

/// The user, if they are marked as removed: nothing of them is reached any more.
#[diesel::dsl::auto_type]
pub(crate) fn removed_user(id: Uuid) -> _ {
    users::table.find(id).filter(users::removed_at.is_not_null())
}

/// The user whose drive holds a node, if they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_node() -> _ {
    users::table.filter(users::id.eq(nodes::drive_id)).filter(users::removed_at.is_not_null())
}

/// The owner of an upload, if they are marked as removed.
#[diesel::dsl::auto_type]
pub(crate) fn removed_owner_of_upload() -> _ {
    users::table.filter(users::id.eq(uploads::owner_id)).filter(users::removed_at.is_not_null())
}

/// The items that `access` reaches, living and in the trash.
#[diesel::dsl::auto_type]
pub(crate) fn visible_nodes(access: &Access) -> _ {
    let drive: Uuid = access.drive().uuid();
    let owner: Uuid = access.owner().uuid();
    let removed: removed_user = removed_user(owner);
    nodes::drive_id.eq(drive).and(not(exists(removed)))
}

/// The living items that `access` reaches and that hang below the root of their drive.
#[diesel::dsl::auto_type]
pub(crate) fn living_nodes(access: &Access) -> _ {
    let visible: visible_nodes = visible_nodes(access);
    let leads_to_root: LeadsToRoot = LeadsToRoot;
    visible.and(nodes::trash_id.is_null()).and(leads_to_root)
}

/// The living files that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_files(access: &Access) -> _ {
    let visible: visible_nodes = visible_nodes(access);
    let living: LivingFile = LivingFile;
    visible.and(living)
}

/// The operations that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_operations(access: &Access) -> _ {
    let owner: Uuid = access.owner().uuid();
    let removed: removed_user = removed_user(owner);
    operations::owner_id.eq(owner).and(not(exists(removed)))
}

/// The uploads that `access` reaches.
#[diesel::dsl::auto_type]
pub(crate) fn visible_uploads(access: &Access) -> _ {
    let owner: Uuid = access.owner().uuid();
    let removed: removed_user = removed_user(owner);
    uploads::owner_id.eq(owner).and(not(exists(removed)))
}
