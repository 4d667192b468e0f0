//! What is in the trash, as clients see it.

use fm_api_types::{ItemKind, TrashList, TrashedItem};
use fm_application::tree::{self, TrashedView};
use fm_domain::ids::NodeId;
use fm_domain::tree::{Folder, Item};
use sha2::{Digest as _, Sha256};

use super::about::ROLE;

/// An item in the trash.
pub(crate) fn trashed(view: &TrashedView) -> TrashedItem {
    let item = &view.trashed.item;
    let former = item.parent().map(NodeId::uuid);
    let (kind, file) = match item {
        Item::File(file) => (ItemKind::File, Some(file)),
        Item::Folder(_) => (ItemKind::Folder, None),
    };
    let (created_at, modified_at) = match item {
        Item::File(file) => (file.created_at, file.modified_at),
        Item::Folder(Folder { created_at, modified_at, .. }) => (*created_at, *modified_at),
    };
    TrashedItem {
        id: item.id().uuid(),
        kind,
        drive_id: item.drive().uuid(),
        parent_id: former.filter(|_| view.trashed.has_parent),
        name: item.name().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        content_type: file.map(|file| file.content_type.as_str().to_owned()),
        size: file.map(|file| file.size.bytes()),
        sha256: file.and_then(|file| file.sha256).map(|hash| hash.to_string()),
        version: file.map(|file| file.version.number()),
        created_at: created_at.into(),
        updated_at: item.updated_at().into(),
        modified_at: modified_at.into(),
        role: ROLE.to_owned(),
        shared: false,
        favorite: false,
        trashed_at: view.trashed.trashed_at.into(),
        purge_at: view.purge_at.into(),
        trash_id: view.trashed.top.uuid(),
        original_path: view.trashed.original_path.clone(),
        original_parent_id: former,
        size_bytes: view.trashed.size.bytes(),
    }
}

/// A page of what is in the trash.
pub(crate) fn trash_list(list: &tree::TrashList) -> TrashList {
    TrashList { items: list.items.iter().map(trashed).collect(), next_cursor: list.next_cursor.clone() }
}

/// The entity tag of an item in the trash that this JSON tells of, without the quotes. It begins with `r` and the revision, as those of
/// living items do. It changes with all that is told: the folder that an item was in may go, and what follows it make it larger, at one revision.
pub(super) fn trashed_etag(view: &TrashedView, json: &[u8]) -> String {
    let hash = Sha256::digest(json);
    let short = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("r{}-t{short:x}", view.trashed.item.revision().number())
}
