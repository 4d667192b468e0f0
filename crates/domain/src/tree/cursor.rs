//! Cursors of lists of children, of the trash and of versions, bound to all that makes up the list.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ChildFilter, ChildKey, ChildPage, ChildValue, ItemKind, TrashFilter, TrashKey, TrashPage};
use crate::body::ByteSize;
use crate::claims::{self, Binding, Claims};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::files::{InvalidCursor, SortOrder, VersionNumber};
use crate::ids::{DriveId, FileId, NodeId, UserId};
use crate::list_hash::ListHash;
use crate::mac::{MacSigner, Purpose};

/// A place in the list of a folder. What a list is sorted by is told by the value.
#[derive(Serialize, Deserialize)]
struct ChildPlace {
    #[serde(rename = "f")]
    is_folder: bool,
    #[serde(rename = "v")]
    value: Value,
    #[serde(rename = "i")]
    id: Uuid,
}

#[derive(Serialize, Deserialize)]
enum Value {
    #[serde(rename = "n")]
    Name(String),
    #[serde(rename = "m")]
    ModifiedAt(i64),
    #[serde(rename = "c")]
    CreatedAt(i64),
    #[serde(rename = "s")]
    Size(u64),
    #[serde(rename = "t")]
    Type(String, String),
}

/// A place in the list of a trash.
#[derive(Serialize, Deserialize)]
enum TrashPlace {
    #[serde(rename = "ta")]
    TrashedAt(i64, Uuid),
    #[serde(rename = "tn")]
    Name(String, Uuid),
    #[serde(rename = "ts")]
    Size(u64, Uuid),
}

/// A place in the list of the versions of a file.
#[derive(Serialize, Deserialize)]
struct VersionPlace {
    #[serde(rename = "vn")]
    number: u32,
}

impl Claims for ChildPlace {
    const PURPOSE: Purpose = Purpose::Cursor;
}

impl Claims for TrashPlace {
    const PURPOSE: Purpose = Purpose::Cursor;
}

impl Claims for VersionPlace {
    const PURPOSE: Purpose = Purpose::Cursor;
}

/// Writes the cursor of the page of a folder's entries after `key`. `page` is one of the same list.
pub fn encode_child_cursor(
    key: &ChildKey,
    reader: UserId,
    folder: NodeId,
    filter: &ChildFilter,
    page: &ChildPage,
    macs: &dyn MacSigner,
) -> PortResult<String> {
    let value = match &key.value {
        ChildValue::Name(name) => Value::Name(name.clone()),
        ChildValue::ModifiedAt(at) => Value::ModifiedAt(at.unix_micros()),
        ChildValue::CreatedAt(at) => Value::CreatedAt(at.unix_micros()),
        ChildValue::Size(size) => Value::Size(size.bytes()),
        ChildValue::Type(content_type, name) => Value::Type(content_type.clone(), name.clone()),
    };
    let place = ChildPlace { is_folder: key.kind == ItemKind::Folder, value, id: key.id.uuid() };
    claims::seal(&place, Binding::Suffix(&hash_of_children(reader, folder, *filter, page)), macs)
}

/// Reads the cursor of a page of a folder's entries; `page.after` does not count.
pub fn decode_child_cursor(
    text: &str,
    reader: UserId,
    folder: NodeId,
    filter: &ChildFilter,
    page: &ChildPage,
    macs: &dyn MacSigner,
) -> Result<ChildKey, InvalidCursor> {
    let hash = hash_of_children(reader, folder, *filter, page);
    let place: Option<ChildPlace> = claims::open(text, Binding::Suffix(&hash), macs);
    let ChildPlace { is_folder, value, id } = place.ok_or(InvalidCursor)?;
    let value = match value {
        Value::Name(name) => ChildValue::Name(name),
        Value::ModifiedAt(at) => ChildValue::ModifiedAt(Timestamp::from_unix_micros(at)),
        Value::CreatedAt(at) => ChildValue::CreatedAt(Timestamp::from_unix_micros(at)),
        Value::Size(size) => ChildValue::Size(ByteSize::new(size)),
        Value::Type(content_type, name) => ChildValue::Type(content_type, name),
    };
    let kind = if is_folder { ItemKind::Folder } else { ItemKind::File };
    if value.sort() == page.sort {
        Ok(ChildKey { kind, value, id: NodeId::new(id) })
    } else {
        Err(InvalidCursor)
    }
}

/// Writes the cursor of the page of the trash after `key`. `page` is one of the same list.
pub fn encode_trash_cursor(
    key: &TrashKey,
    reader: UserId,
    drive: DriveId,
    filter: &TrashFilter,
    page: &TrashPage,
    macs: &dyn MacSigner,
) -> PortResult<String> {
    let place = match key {
        TrashKey::TrashedAt(at, id) => TrashPlace::TrashedAt(at.unix_micros(), id.uuid()),
        TrashKey::Name(name, id) => TrashPlace::Name(name.clone(), id.uuid()),
        TrashKey::Size(size, id) => TrashPlace::Size(size.bytes(), id.uuid()),
    };
    claims::seal(&place, Binding::Suffix(&hash_of_trash(reader, drive, filter, page)), macs)
}

/// Reads the cursor of a page of the trash; `page.after` does not count.
pub fn decode_trash_cursor(
    text: &str,
    reader: UserId,
    drive: DriveId,
    filter: &TrashFilter,
    page: &TrashPage,
    macs: &dyn MacSigner,
) -> Result<TrashKey, InvalidCursor> {
    let hash = hash_of_trash(reader, drive, filter, page);
    let place: Option<TrashPlace> = claims::open(text, Binding::Suffix(&hash), macs);
    let key = match place.ok_or(InvalidCursor)? {
        TrashPlace::TrashedAt(at, id) => {
            TrashKey::TrashedAt(Timestamp::from_unix_micros(at), NodeId::new(id))
        }
        TrashPlace::Name(name, id) => TrashKey::Name(name, NodeId::new(id)),
        TrashPlace::Size(size, id) => TrashKey::Size(ByteSize::new(size), NodeId::new(id)),
    };
    if key.sort() == page.sort { Ok(key) } else { Err(InvalidCursor) }
}

/// Writes the cursor of the page of a file's versions after the one with this number.
pub fn encode_version_cursor(
    last: VersionNumber,
    reader: UserId,
    file: FileId,
    macs: &dyn MacSigner,
) -> PortResult<String> {
    let place = VersionPlace { number: last.number() };
    claims::seal(&place, Binding::Suffix(&hash_of_versions(reader, file)), macs)
}

/// Reads the cursor of a page of a file's versions: the number of the last one of the page before.
pub fn decode_version_cursor(
    text: &str,
    reader: UserId,
    file: FileId,
    macs: &dyn MacSigner,
) -> Result<VersionNumber, InvalidCursor> {
    let place: Option<VersionPlace> =
        claims::open(text, Binding::Suffix(&hash_of_versions(reader, file)), macs);
    place.map(|place| VersionNumber::new(place.number)).ok_or(InvalidCursor)
}

fn hash_of_children(reader: UserId, folder: NodeId, filter: ChildFilter, page: &ChildPage) -> [u8; 32] {
    let mut hash = ListHash::new();
    hash.field(b'l', b"children");
    hash.field(b'o', reader.uuid().as_bytes());
    hash.field(b'p', folder.uuid().as_bytes());
    hash.field(b'd', direction(page.order));
    hash.field(b'm', if page.mixed { b"1" } else { b"0" });
    if let Some(kind) = filter.kind {
        hash.field(b'k', kind.as_str().as_bytes());
    }
    hash.finish()
}

fn hash_of_trash(reader: UserId, drive: DriveId, filter: &TrashFilter, page: &TrashPage) -> [u8; 32] {
    let mut hash = ListHash::new();
    hash.field(b'l', b"trash");
    hash.field(b'o', reader.uuid().as_bytes());
    hash.field(b'v', drive.uuid().as_bytes());
    hash.field(b'd', direction(page.order));
    if let Some(text) = &filter.name_contains {
        hash.field(b'q', text.as_bytes());
    }
    if let Some(folder) = filter.from {
        hash.field(b'p', folder.uuid().as_bytes());
    }
    if let Some(before) = filter.before {
        hash.field(b'b', &before.unix_micros().to_be_bytes());
    }
    hash.finish()
}

fn hash_of_versions(reader: UserId, file: FileId) -> [u8; 32] {
    let mut hash = ListHash::new();
    hash.field(b'l', b"versions");
    hash.field(b'o', reader.uuid().as_bytes());
    hash.field(b'f', file.uuid().as_bytes());
    hash.finish()
}

const fn direction(order: SortOrder) -> &'static [u8] {
    match order {
        SortOrder::Ascending => b"asc",
        SortOrder::Descending => b"desc",
    }
}

#[cfg(test)]
mod tests;
