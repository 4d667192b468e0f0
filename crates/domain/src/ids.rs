//! Identifiers, and the source of everything random.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A UUIDv7 (RFC 9562), written in lower case with hyphens.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID as this kind of id.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Reads the hyphenated form in either case; any other text names nothing.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                if text.len() == 36 { Uuid::try_parse(text).ok().map(Self) } else { None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

id!(
    /// Names a user.
    UserId
);
id!(
    /// Names a session: the family of all tokens that descend from one login.
    SessionId
);
id!(
    /// Names a file.
    FileId
);
id!(
    /// Names a drive: a tree of folders and files, with counters of its own.
    DriveId
);
id!(
    /// Names an item of a drive: a file or a folder.
    NodeId
);
id!(
    /// Names an operation that goes on after its request was answered.
    OperationId
);
id!(
    /// Names one immutable run of bytes in a blob store.
    BlobId
);
id!(
    /// Names an upload that takes many requests.
    UploadId
);
id!(
    /// Names a job of the queue.
    JobId
);
id!(
    /// Names an entry of the audit trail.
    AuditEntryId
);

impl DriveId {
    /// The personal drive of a user: it has the user's id.
    #[must_use]
    pub const fn of_user(user: UserId) -> Self {
        Self(user.0)
    }

    /// The user whose personal drive it is.
    #[must_use]
    pub const fn owner(self) -> UserId {
        UserId(self.0)
    }
}

impl NodeId {
    /// The root folder of a drive: it has the drive's id.
    #[must_use]
    pub const fn root(drive: DriveId) -> Self {
        Self(drive.0)
    }

    /// The id as that of a file; where the item is a folder it names nothing.
    #[must_use]
    pub const fn as_file(self) -> FileId {
        FileId(self.0)
    }
}

/// A file is an item of its drive, under the same id.
impl From<FileId> for NodeId {
    fn from(file: FileId) -> Self {
        Self(file.0)
    }
}

/// Makes ids and randomness, passed in so that tests can foresee them.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A fresh UUIDv7, never given before. Ids made later by one process sort after earlier ones.
    fn uuid(&self) -> Uuid;

    /// 32 bytes from a cryptographically secure source.
    fn random(&self) -> [u8; 32];
}

#[cfg(test)]
mod tests;
