//! Cursors of the trail: the place in a list, authenticated and bound to its filter.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuditFilter, AuditKey};
use crate::claims::{self, Binding, Claims};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::files::InvalidCursor;
use crate::ids::AuditEntryId;
use crate::list_hash::ListHash;
use crate::mac::{MacSigner, Purpose};

/// Microseconds since 1970, and the id.
#[derive(Serialize, Deserialize)]
struct Place(i64, Uuid);

impl Claims for Place {
    const PURPOSE: Purpose = Purpose::Cursor;
}

/// Writes the cursor of the page after `key`.
pub fn encode_audit_cursor(key: AuditKey, filter: &AuditFilter, macs: &dyn MacSigner) -> PortResult<String> {
    let AuditKey(at, id) = key;
    claims::seal(&Place(at.unix_micros(), id.uuid()), Binding::Suffix(&hash_of_list(filter)), macs)
}

/// Reads the cursor of a list with this filter.
pub fn decode_audit_cursor(
    text: &str,
    filter: &AuditFilter,
    macs: &dyn MacSigner,
) -> Result<AuditKey, InvalidCursor> {
    let place = claims::open(text, Binding::Suffix(&hash_of_list(filter)), macs);
    let Place(at, id) = place.ok_or(InvalidCursor)?;
    Ok(AuditKey(Timestamp::from_unix_micros(at), AuditEntryId::new(id)))
}

/// A hash of the list that a cursor is bound to. Its first field keeps it apart from lists of files.
fn hash_of_list(filter: &AuditFilter) -> [u8; 32] {
    let AuditFilter { account, action, since, until } = filter;
    let mut hash = ListHash::new();
    hash.field(b'a', b"audit");
    if let Some(account) = account {
        hash.field(b'u', account.uuid().as_bytes());
    }
    if let Some(action) = action {
        hash.field(b'n', action.as_str().as_bytes());
    }
    for (tag, moment) in [(b's', since), (b'e', until)] {
        if let Some(moment) = moment {
            hash.field(tag, &moment.unix_micros().to_be_bytes());
        }
    }
    hash.finish()
}
