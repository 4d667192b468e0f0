//! Idempotency keys.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{FileName, Sha256};
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::FileId;

use super::{Bytes, Id};
use crate::error::corrupt;
use crate::schema::idempotency_keys;

/// A row of `idempotency_keys`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys, check_for_backend(Sqlite))]
pub(crate) struct KeyRow {
    user_id: Id,
    key: String,
    attempt: Id,
    valid_until: i64,
    file: Option<Id>,
    name: Option<String>,
    sha256: Option<Bytes<32>>,
}

impl From<&KeyClaim> for KeyRow {
    fn from(claim: &KeyClaim) -> Self {
        Self {
            user_id: Id::of(claim.user.uuid()),
            key: claim.key.as_str().to_owned(),
            attempt: Id::of(claim.attempt.uuid()),
            valid_until: claim.lease_until.unix_micros(),
            file: None,
            name: None,
            sha256: None,
        }
    }
}

impl KeyRow {
    /// What another claim of the same key meets at `now`; [`Claimed::Held`] where nothing stands against it.
    pub(crate) fn meets(self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let valid_until = Timestamp::from_unix_micros(self.valid_until);
        if valid_until <= now {
            return Ok(Claimed::Held);
        }
        match (self.file, self.name, self.sha256) {
            (Some(file), Some(name), Some(sha256)) => Ok(Claimed::Done(FinishedUpload {
                file: FileId::new(file.uuid()),
                name: FileName::from_stored(&name).map_err(corrupt("idempotency_keys.name"))?,
                sha256: Sha256::new(sha256.0),
            })),
            _ if self.attempt == Id::of(claim.attempt.uuid()) => Ok(Claimed::Held),
            _ => Ok(Claimed::Running { lease_until: valid_until }),
        }
    }
}
