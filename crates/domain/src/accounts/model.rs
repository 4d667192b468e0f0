//! The user and its account.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::{Email, PasswordHash};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::invisible;

/// A user, who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The address they log in with.
    pub email: Email,
    /// What they want to be called.
    pub name: Option<DisplayName>,
    /// What they may do.
    pub role: Role,
    /// What their password is checked against.
    pub password_hash: PasswordHash,
    /// When they registered.
    pub created_at: Timestamp,
}

/// A user with what they keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// What they keep.
    pub storage: StorageUse,
    /// Their own quota; `None`: the quota of the configuration.
    pub quota: Option<ByteSize>,
    /// Since when the account is suspended: no login succeeds, and it has no sessions.
    pub suspended_at: Option<Timestamp>,
}

impl Account {
    /// An account that was opened just now.
    #[must_use]
    pub fn new(user: User) -> Self {
        Self { user, storage: StorageUse::default(), quota: None, suspended_at: None }
    }

    /// Whether no login succeeds.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    /// Whether its user administers: an admin who is not suspended.
    #[must_use]
    pub const fn is_active_admin(&self) -> bool {
        matches!(self.user.role, Role::Admin) && !self.is_suspended()
    }

    /// How much its user may keep, where `default` is the quota of the configuration; `None`: any amount.
    #[must_use]
    pub fn quota_or(&self, default: Option<ByteSize>) -> Option<ByteSize> {
        self.quota.or(default)
    }
}

/// Which users to list. Default: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Those with this text, literally, in the key of their address: see [`Email::fold_part`].
    pub address_contains: Option<String>,
}

/// All users, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserCounts {
    /// How many there are.
    pub users: u64,
    /// How many of them are suspended.
    pub suspended: u64,
    /// How many of them are admins, suspended ones too.
    pub admins: u64,
    /// What all of them keep.
    pub storage: StorageUse,
}

/// What a user keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StorageUse {
    /// The sum of the sizes of their files, those in the trash and old versions too; thumbnails are free.
    pub used: ByteSize,
    /// The part of `used` that is in the trash: files and their versions.
    pub trash: ByteSize,
    /// The part of `used` that is old versions of living files.
    pub versions: ByteSize,
    /// Bytes promised to uploads that are under way.
    pub reserved: ByteSize,
    /// How many living files.
    pub file_count: u64,
}

/// Files and their bytes, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// The sum of their sizes.
    pub bytes: ByteSize,
    /// The number of files.
    pub files: u64,
}

/// The counters of an account beside the sums of its user's files: the same, unless something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The user.
    pub user: UserId,
    /// What the counters of the account say.
    pub recorded: Kept,
    /// What the files add up to.
    pub counted: Kept,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Their own files.
    User,
    /// Everything.
    Admin,
}

impl Role {
    /// `user` or `admin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither user nor admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownRole),
        }
    }
}

/// A user's name: 1 to 255 characters after NFC, no control characters, not white space alone. New names have no invisible
/// characters either but where they shape the text, as names of files have not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// The text is no name for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 characters, without control or invisible characters, and not blank")]
pub struct InvalidDisplayName;

impl DisplayName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name as it was stored: invisible characters were accepted at first, and such accounts stay readable.
    pub fn from_stored(text: &str) -> Result<Self, InvalidDisplayName> {
        // Normalising is linear but not free: a length that no normal form brings under the limit is refused first.
        if text.len() > 255 * 16 {
            return Err(InvalidDisplayName);
        }
        let name: String = text.nfc().collect();
        let blank = name.trim().is_empty();
        if blank || name.chars().count() > 255 || name.chars().any(char::is_control) {
            return Err(InvalidDisplayName);
        }
        Ok(Self(name))
    }
}

/// A name for a user.
impl FromStr for DisplayName {
    type Err = InvalidDisplayName;

    fn from_str(text: &str) -> Result<Self, InvalidDisplayName> {
        let name = Self::from_stored(text)?;
        if invisible::find(&name.0).is_some() { Err(InvalidDisplayName) } else { Ok(name) }
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
