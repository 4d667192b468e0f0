//! Where items are put.

use std::collections::HashSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Item, ItemKind, PlaceItem, Seq};

use crate::error::store_error;
use crate::rows::{Id, NewNodeRow, kind};
use crate::schema::nodes;
use crate::unit_of_work::EnteredDrives;

/// Whether there is such a living folder in the drive.
fn is_folder(connection: &mut SqliteConnection, drive: Id, id: Id) -> PortResult<bool> {
    let folder = nodes::table
        .find(id)
        .filter(nodes::drive.eq(drive))
        .filter(nodes::kind.eq(ItemKind::Folder.as_str()))
        .filter(nodes::trash.is_null());
    diesel::select(exists(folder)).get_result(connection).map_err(store_error)
}

/// Whether the item can be placed where it says, beside what is there. A refusal is an answer: it poisons nothing.
pub(super) fn check(connection: &mut SqliteConnection, item: &Item) -> PortResult<Result<(), PlaceItem>> {
    let Some(parent) = item.parent().map(|parent| Id::of(parent.uuid())) else {
        return Ok(Err(PlaceItem::NoFolder));
    };
    if !is_folder(connection, Id::of(item.drive().uuid()), parent)? {
        return Ok(Err(PlaceItem::NoFolder));
    }
    let there: Option<(Id, String)> = nodes::table
        .filter(nodes::parent.eq(parent))
        .filter(nodes::name_search.eq(item.name().map(FileName::search_key).unwrap_or_default()))
        .filter(nodes::id.ne(Id::of(item.id().uuid())))
        .select((nodes::id, nodes::kind))
        .first(connection)
        .optional()
        .map_err(store_error)?;
    match there {
        Some((id, text)) => {
            Ok(Err(PlaceItem::NameTaken { existing: NodeId::new(id.uuid()), kind: kind(&text)? }))
        }
        None => Ok(Ok(())),
    }
}

/// Adds a living item.
pub(super) fn add(connection: &mut SqliteConnection, item: &Item, seq: Seq) -> PortResult<()> {
    diesel::insert_into(nodes::table)
        .values(NewNodeRow::of(item, seq))
        .execute(connection)
        .map(|_one| ())
        .map_err(store_error)
}

/// Adds living items, folders before what is in them, under names that have to be free.
pub(super) fn add_many(
    connection: &mut SqliteConnection,
    items: &[Item],
    entered: &EnteredDrives,
) -> PortResult<()> {
    let mut folders = HashSet::new();
    for item in items {
        let drive = Id::of(item.drive().uuid());
        let seq = entered.inside(drive)?;
        let Some(parent) = item.parent() else {
            return Err(PortError::Unexpected("a second root".into()));
        };
        if !folders.contains(&parent) {
            if !is_folder(connection, drive, Id::of(parent.uuid()))? {
                return Err(PortError::Unexpected(Box::new(PlaceItem::NoFolder)));
            }
            folders.insert(parent);
        }
        add(connection, item, seq)?;
        if item.kind() == ItemKind::Folder {
            folders.insert(item.id());
        }
    }
    Ok(())
}
