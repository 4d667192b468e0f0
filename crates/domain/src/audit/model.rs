//! An entry, and pages of them.

use uuid::Uuid;

use super::AuditAction;
use crate::access::Client;
use crate::clock::Timestamp;
use crate::ids::{AuditEntryId, UserId};

/// One act. It names things by their ids alone: no address of an account, no name of a file, no token, no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When it happened.
    pub at: Timestamp,
    /// What was done.
    pub action: AuditAction,
    /// The user who did it; `None`: a client that proved no identity, an operator, or the program itself.
    pub actor: Option<UserId>,
    /// The account that it was done to or in; `None` where there is none, as for a login to an unknown address.
    pub account: Option<UserId>,
    /// The file, session or job that the action names. It may be gone.
    pub target: Option<Uuid>,
    /// Where it was done from; empty for operators and the program itself.
    pub client: Client,
}

/// The entries to list. Default: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this account alone.
    pub account: Option<UserId>,
    /// Those of this action alone.
    pub action: Option<AuditAction>,
    /// Those at this moment or later.
    pub since: Option<Timestamp>,
    /// Those before this moment.
    pub until: Option<Timestamp>,
}

/// The sort key of an entry: its time, then its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditKey(pub Timestamp, pub AuditEntryId);

impl AuditKey {
    /// The key of this entry.
    #[must_use]
    pub const fn of(entry: &AuditEntry) -> Self {
        Self(entry.at, entry.id)
    }
}

/// A page of entries, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPage {
    /// The last entry of the page before; `None`: the first page.
    pub after: Option<AuditKey>,
    /// The most entries in it.
    pub limit: u32,
}
