//! What was done.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The stable name of an act: `session.created`. A trail may hold names of newer versions, which have no constant here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditAction(Cow<'static, str>);

/// No act of this version has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is the name of no action")]
pub struct UnknownAction;

/// Makes a constant for each action, and the list of all.
macro_rules! actions {
    ($($(#[$doc:meta])+ $constant:ident = $name:literal;)+) => {
        impl AuditAction {
            $($(#[$doc])+ pub const $constant: Self = Self(Cow::Borrowed($name));)+

            /// Every action of this version.
            pub const ALL: &[Self] = &[$(Self::$constant,)+];
        }
    };
}

actions! {
    /// An account was registered.
    ACCOUNT_REGISTERED = "account.registered";
    /// An account got another display name.
    ACCOUNT_RENAMED = "account.renamed";
    /// An account was removed: by its user, an admin or an operator.
    ACCOUNT_REMOVED = "account.removed";
    /// An account was suspended, which ends all sessions.
    ACCOUNT_SUSPENDED = "account.suspended";
    /// A suspended account may log in again.
    ACCOUNT_RESUMED = "account.resumed";
    /// A user became an admin.
    ACCOUNT_PROMOTED = "account.promoted";
    /// An admin became a user like any other.
    ACCOUNT_DEMOTED = "account.demoted";
    /// An account got a quota of its own, or that of the configuration again.
    ACCOUNT_QUOTA_CHANGED = "account.quota_changed";
    /// A password was changed, which ends all sessions but one.
    PASSWORD_CHANGED = "password.changed";
    /// A password was replaced by an operator, which ends all sessions.
    PASSWORD_RESET = "password.reset";
    /// A user in a session gave a wrong password where it is asked for again.
    PASSWORD_REFUSED = "password.refused";
    /// A login. The target is the session.
    SESSION_CREATED = "session.created";
    /// A login with a wrong password, or to no account.
    LOGIN_FAILED = "login.failed";
    /// A session ended because a refresh token was used again after its grace. The target is the session.
    SESSION_REFRESH_REUSED = "session.refresh_reused";
    /// A session was ended: by a logout, by its user elsewhere, or by a login beyond the limit. The target is the session.
    SESSION_REVOKED = "session.revoked";
    /// All sessions were ended: by their user but the one that asked, or by an operator.
    SESSIONS_REVOKED = "sessions.revoked";
    /// A file was uploaded, in one request or many. The target is the file.
    FILE_UPLOADED = "file.uploaded";
    /// The content of a file was replaced. The target is the file.
    FILE_REPLACED = "file.replaced";
    /// A file got another name. The target is the file.
    FILE_RENAMED = "file.renamed";
    /// A file was removed. The target is the file.
    FILE_REMOVED = "file.removed";
    /// A folder was made. The target is the folder.
    FOLDER_CREATED = "folder.created";
    /// A file or folder got another place, or a folder another name. The target is the item.
    ITEM_MOVED = "item.moved";
    /// A file or folder was copied. The target is the copy.
    ITEM_COPIED = "item.copied";
    /// A file or folder was put into the trash. The target is the item.
    ITEM_TRASHED = "item.trashed";
    /// A file or folder was brought back from the trash. The target is the item.
    ITEM_RESTORED = "item.restored";
    /// A folder, or a file of the trash, was removed for good. The target is the item.
    ITEM_REMOVED = "item.removed";
    /// An old version of a file was pinned or released, or got another label. The target is the file.
    VERSION_CHANGED = "version.changed";
    /// Old versions of a file were removed for good: one, or all that are not pinned. The target is the file.
    VERSIONS_REMOVED = "versions.removed";
    /// A change of many items was begun that goes on after its request, or a batch that a retry finds again; what it does to items has entries of
    /// its own. The target is the operation.
    OPERATION_BEGUN = "operation.begun";
    /// An operation was cancelled. The target is the operation.
    OPERATION_CANCELLED = "operation.cancelled";
    /// A signed URL was made, to hand on. The target is the file.
    LINK_CREATED = "link.created";
    /// An operator or admin had a dead job tried again. The target is the dead job.
    JOB_RETRIED = "job.retried";
    /// An operator discarded a dead job. The target is the job.
    JOB_DISCARDED = "job.discarded";
    /// An operator had blobs deleted that no row knows.
    ORPHANS_DELETED = "orphans.deleted";
    /// An operator had the database exported, password hashes and all: written before the export reads, so that it is in it.
    DATABASE_EXPORTED = "database.exported";
    /// An operator filled the database from an export.
    DATABASE_IMPORTED = "database.imported";
}

impl AuditAction {
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An action as a store has it.
impl From<String> for AuditAction {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

/// An action of this version, by its name.
impl FromStr for AuditAction {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().find(|action| action.as_str() == name).cloned().ok_or(UnknownAction)
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
