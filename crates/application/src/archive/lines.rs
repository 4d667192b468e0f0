//! Lines and the domain's values, and how they become each other. What is read is not trusted: another program, or a hand, may
//! have written it.

use fm_domain::access::Client;
use fm_domain::accounts::{Account, DisplayName, Email, PasswordHash, User};
use fm_domain::archive::{ArchivedKey, LooseBlob, LooseState};
use fm_domain::audit::AuditEntry;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileName, Sha256};
use fm_domain::idempotency::FinishedUpload;
use fm_domain::ids::{AuditEntryId, BlobId, FileId, UserId};
use fm_domain::tree::Seq;
use uuid::Uuid;

use super::format::{AuditLine, BlobLine, BlobStanding, KeyLine, UserLine};

/// A field of a line holds what no database of ours has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it. It does not show the value.
    pub problem: String,
}

pub(super) type Read<T> = Result<T, InvalidField>;

pub(super) fn invalid<T: ToString + ?Sized>(field: &'static str, problem: &T) -> InvalidField {
    InvalidField { field, problem: problem.to_string() }
}

/// The first moment after year 9999: every database has those before it.
const TOO_LATE: i64 = 253_402_300_800_000_000;

pub(super) fn moment(field: &'static str, micros: i64) -> Read<Timestamp> {
    if (0..TOO_LATE).contains(&micros) {
        Ok(Timestamp::from_unix_micros(micros))
    } else {
        Err(invalid(field, "must be a moment from year 1970 to 9999, in microseconds"))
    }
}

/// Databases count in 63 bits.
pub(super) fn number(field: &'static str, number: u64) -> Read<u64> {
    if i64::try_from(number).is_ok() { Ok(number) } else { Err(invalid(field, "is too large")) }
}

pub(super) fn size(field: &'static str, bytes: u64) -> Read<ByteSize> {
    number(field, bytes).map(ByteSize::new)
}

/// Databases count these in 31 bits.
pub(super) fn small(field: &'static str, number: u32) -> Read<u32> {
    if i32::try_from(number).is_ok() { Ok(number) } else { Err(invalid(field, "is too large")) }
}

/// An id that an id source may have given: pages begin after nil.
pub(super) fn id(field: &'static str, id: Uuid) -> Read<Uuid> {
    if id.is_nil() || id.is_max() { Err(invalid(field, "is no id")) } else { Ok(id) }
}

pub(super) fn hash(field: &'static str, text: &str) -> Read<Sha256> {
    Sha256::parse(text).ok_or_else(|| invalid(field, "must be 64 hexadecimal digits"))
}

/// A text that every database takes.
pub(super) fn text(field: &'static str, text: String) -> Read<String> {
    if text.contains('\0') { Err(invalid(field, "holds U+0000")) } else { Ok(text) }
}

pub(super) fn name(text: &str) -> Read<FileName> {
    FileName::from_stored(text).map_err(|error| invalid("name", &error))
}

impl UserLine {
    pub(super) fn of(account: &Account, seq: Seq) -> Self {
        let User { id, email, name, role, password_hash, created_at } = &account.user;
        Self {
            id: id.uuid(),
            email: email.as_str().to_owned(),
            name: name.as_ref().map(|name| name.as_str().to_owned()),
            role: role.as_str().to_owned(),
            password_hash: password_hash.expose().to_owned(),
            created_at: created_at.unix_micros(),
            suspended_at: account.suspended_at.map(Timestamp::unix_micros),
            quota: account.quota.map(ByteSize::bytes),
            seq: seq.number(),
        }
    }

    /// The account, which keeps nothing yet, and the number of its drive's last change.
    pub(super) fn account(self) -> Read<(Account, Seq)> {
        let name = self.name.as_deref().map(DisplayName::from_stored).transpose();
        let user = User {
            id: UserId::new(id("id", self.id)?),
            email: Email::from_stored(&self.email).map_err(|error| invalid("email", &error))?,
            name: name.map_err(|error| invalid("name", &error))?,
            role: self.role.parse().map_err(|error| invalid("role", &error))?,
            password_hash: PasswordHash::new(text("password_hash", self.password_hash)?),
            created_at: moment("created_at", self.created_at)?,
        };
        let suspended_at = self.suspended_at.map(|at| moment("suspended_at", at)).transpose()?;
        let quota = self.quota.map(|bytes| size("quota", bytes)).transpose()?;
        let seq = Seq::new(number("seq", self.seq)?);
        Ok((Account { quota, suspended_at, ..Account::new(user) }, seq))
    }
}

impl KeyLine {
    pub(super) fn of(owner: UserId, archived: &ArchivedKey) -> Self {
        let ArchivedKey { key, upload, expires_at } = archived;
        Self {
            owner: owner.uuid(),
            key: key.as_str().to_owned(),
            file: upload.file.uuid(),
            name: upload.name.as_str().to_owned(),
            sha256: upload.sha256.to_string(),
            expires_at: expires_at.unix_micros(),
        }
    }

    pub(super) fn archived(self) -> Read<(UserId, ArchivedKey)> {
        let upload = FinishedUpload {
            file: FileId::new(id("file", self.file)?),
            name: name(&self.name)?,
            sha256: hash("sha256", &self.sha256)?,
        };
        let key = self.key.parse().map_err(|error| invalid("key", &error))?;
        let expires_at = moment("expires_at", self.expires_at)?;
        Ok((UserId::new(id("owner", self.owner)?), ArchivedKey { key, upload, expires_at }))
    }
}

impl BlobLine {
    /// A blob that no row needs is to be deleted `now`.
    pub(super) fn of(blob: &LooseBlob, now: Timestamp) -> Self {
        let standing = match blob.state {
            LooseState::Intent { expires_at } => {
                BlobStanding::Intent { expires_at: expires_at.unix_micros() }
            }
            LooseState::Unreferenced => {
                let now = now.unix_micros();
                BlobStanding::Deleted { deleted_at: now, due_at: now, was_stored: true }
            }
            LooseState::Deleted { deleted_at, due_at, was_stored } => {
                let (deleted_at, due_at) = (deleted_at.unix_micros(), due_at.unix_micros());
                BlobStanding::Deleted { deleted_at, due_at, was_stored }
            }
        };
        Self {
            id: blob.key.id.uuid(),
            bucket: blob.key.bucket.as_str().to_owned(),
            owner: blob.owner.uuid(),
            standing,
        }
    }

    pub(super) fn loose(self) -> Read<LooseBlob> {
        let bucket = self.bucket.parse().map_err(|error| invalid("bucket", &error))?;
        let state = match self.standing {
            BlobStanding::Intent { expires_at } => {
                LooseState::Intent { expires_at: moment("standing.expires_at", expires_at)? }
            }
            BlobStanding::Deleted { deleted_at, due_at, was_stored } => LooseState::Deleted {
                deleted_at: moment("standing.deleted_at", deleted_at)?,
                due_at: moment("standing.due_at", due_at)?,
                was_stored,
            },
        };
        let key = BlobKey { bucket, id: BlobId::new(id("id", self.id)?) };
        Ok(LooseBlob { key, owner: UserId::new(id("owner", self.owner)?), state })
    }
}

/// The most characters of the name of an action.
const ACTION_CHARS: usize = 64;

impl AuditLine {
    pub(super) fn of(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id.uuid(),
            at: entry.at.unix_micros(),
            action: entry.action.as_str().to_owned(),
            actor: entry.actor.map(UserId::uuid),
            account: entry.account.map(UserId::uuid),
            target: entry.target,
            ip: entry.client.ip.clone(),
            user_agent: entry.client.user_agent.clone(),
        }
    }

    pub(super) fn entry(self) -> Read<AuditEntry> {
        let action = text("action", self.action)?;
        if !(1..=ACTION_CHARS).contains(&action.chars().count()) {
            return Err(invalid("action", "must be 1 to 64 characters"));
        }
        let user = |field, user: Option<Uuid>| user.map(|user| id(field, user).map(UserId::new)).transpose();
        Ok(AuditEntry {
            id: AuditEntryId::new(id("id", self.id)?),
            at: moment("at", self.at)?,
            action: action.into(),
            actor: user("actor", self.actor)?,
            account: user("account", self.account)?,
            target: self.target,
            client: Client {
                ip: self.ip.map(|ip| text("ip", ip)).transpose()?,
                user_agent: self.user_agent.map(|agent| text("user_agent", agent)).transpose()?,
            },
        })
    }
}

#[cfg(test)]
mod tests;
