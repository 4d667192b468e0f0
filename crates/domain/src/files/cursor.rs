//! Cursors: the place in a list, as a text that a client hands back. It is authenticated, and bound to its owner,
//! filters and order, so that a client can neither make one up nor use it for another list.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FileFilter, FileSort, PageKey, SortOrder, TypeFilter};
use crate::body::ByteSize;
use crate::claims::{self, Binding, Claims};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::{FileId, UserId};
use crate::list_hash::ListHash;
use crate::mac::{MacSigner, Purpose};

/// The cursor was not made by us for this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct InvalidCursor;

#[derive(Serialize, Deserialize)]
enum Place {
    #[serde(rename = "c")]
    CreatedAt(i64, Uuid),
    #[serde(rename = "n")]
    Name(String, Uuid),
    #[serde(rename = "s")]
    Size(u64, Uuid),
}

impl Claims for Place {
    const PURPOSE: Purpose = Purpose::Cursor;
}

/// Writes the cursor of the page after `key`.
pub fn encode_cursor(
    key: &PageKey,
    owner: UserId,
    filter: &FileFilter,
    order: SortOrder,
    macs: &dyn MacSigner,
) -> PortResult<String> {
    let place = match key {
        PageKey::CreatedAt(at, id) => Place::CreatedAt(at.unix_micros(), id.uuid()),
        PageKey::Name(name, id) => Place::Name(name.clone(), id.uuid()),
        PageKey::Size(size, id) => Place::Size(size.bytes(), id.uuid()),
    };
    claims::seal(&place, Binding::Suffix(&hash_of_list(owner, filter, order)), macs)
}

/// Reads the cursor of a page sorted by `sort`.
pub fn decode_cursor(
    text: &str,
    owner: UserId,
    filter: &FileFilter,
    sort: FileSort,
    order: SortOrder,
    macs: &dyn MacSigner,
) -> Result<PageKey, InvalidCursor> {
    let place = claims::open(text, Binding::Suffix(&hash_of_list(owner, filter, order)), macs);
    let key = match place.ok_or(InvalidCursor)? {
        Place::CreatedAt(at, id) => PageKey::CreatedAt(Timestamp::from_unix_micros(at), FileId::new(id)),
        Place::Name(name, id) => PageKey::Name(name, FileId::new(id)),
        Place::Size(size, id) => PageKey::Size(ByteSize::new(size), FileId::new(id)),
    };
    if key.sort() == sort { Ok(key) } else { Err(InvalidCursor) }
}

/// A hash of the list that a cursor is bound to.
fn hash_of_list(owner: UserId, filter: &FileFilter, order: SortOrder) -> [u8; 32] {
    let mut hash = ListHash::new();
    hash.field(b'o', owner.uuid().as_bytes());
    hash.field(b'd', if order == SortOrder::Ascending { b"asc" } else { b"desc" });
    if let Some(text) = &filter.name_contains {
        hash.field(b'q', text.as_bytes());
    }
    if let Some(sha256) = &filter.sha256 {
        hash.field(b'h', sha256.as_bytes());
    }
    match &filter.content_type {
        Some(TypeFilter::Exactly(exactly)) => hash.field(b't', exactly.as_str().as_bytes()),
        Some(TypeFilter::Family(family)) => hash.field(b'f', family.as_bytes()),
        None => {}
    }
    if let Some(parent) = filter.parent {
        hash.field(b'p', parent.uuid().as_bytes());
    }
    for (tag, bound) in [(b'a', filter.modified_after), (b'b', filter.modified_before)] {
        if let Some(moment) = bound {
            hash.field(tag, &moment.unix_micros().to_be_bytes());
        }
    }
    hash.finish()
}

#[cfg(test)]
mod tests;
