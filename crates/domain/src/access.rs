//! Who asks, and what they may do: the one place that decides it.
//!
//! ```text
//! credential ─▶ Actor ──access(Right)──▶ Access ─▶ queries ─▶ one filter in each adapter
//! ```
//!
//! What grants more later (folders, shares, tokens) changes [`Actor::access`], the fields of [`Access`], and that filter.

use crate::ids::{DriveId, SessionId, UserId};

/// What can be done to files and uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Lists them, shows them, signs links to them.
    Read,
    /// Creates and changes them; of an upload also cancelling it.
    Write,
    /// Removes files.
    Delete,
}

impl Right {
    /// Each of them once.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Delete];

    /// Its name, as refusals show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 1 << 1,
            Self::Delete => 1 << 2,
        }
    }
}

/// The rights that a credential can use; its user may have more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Every right.
    pub const ALL: Self = Self::NONE.with(Right::Read).with(Right::Write).with(Right::Delete);

    /// These, and `right`.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right.bit())
    }

    const fn give(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }
}

/// What an actor has shown to prove who they are. A new kind of credential does not compile until each use case that
/// needs a session says what it does without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An access token of this session.
    Session(SessionId),
}

/// The client that a request comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The address, as text.
    pub ip: Option<String>,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
}

impl Client {
    /// The most characters of a `User-Agent` that are stored.
    const USER_AGENT_CHARS: usize = 512;

    /// The client as it is stored: its `User-Agent` cut to 512 characters.
    #[must_use]
    pub fn shortened(self) -> Self {
        let cut = |text: String| text.chars().take(Self::USER_AGENT_CHARS).collect();
        Self { user_agent: self.user_agent.map(cut), ..self }
    }
}

/// Who asks a use case to do something: a user, by a credential, within its scopes, from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    user: UserId,
    credential: Credential,
    scopes: Scopes,
    client: Client,
}

impl Actor {
    /// The user in one of their sessions, with every scope.
    #[must_use]
    pub const fn in_session(user: UserId, session: SessionId) -> Self {
        let client = Client { ip: None, user_agent: None };
        Self { user, credential: Credential::Session(session), scopes: Scopes::ALL, client }
    }

    /// The same, who asks through this client.
    #[must_use]
    pub fn through(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The same, with these scopes instead.
    #[must_use]
    pub fn limited_to(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }

    /// Their account. It owns what they create; it does not decide what they may see: that is [`Actor::access`].
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The session that they act in.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        let Credential::Session(session) = self.credential;
        session
    }

    /// Where they ask from. It decides nothing: the audit trail names it.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The files and uploads to which they have `right`.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`] when the scopes of their credential do not give this right, whatever the file or upload.
    pub const fn access(&self, right: Right) -> Result<Access, AccessDenied> {
        if self.scopes.give(right) {
            Ok(Access { owner: self.user, right })
        } else {
            Err(AccessDenied { right })
        }
    }
}

/// The credential's scopes do not give a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scopes of the credential do not give the right to {}", .right.name())]
pub struct AccessDenied {
    right: Right,
}

impl AccessDenied {
    /// The missing right.
    #[must_use]
    pub const fn right(&self) -> Right {
        self.right
    }
}

/// The files and uploads that a query reaches. Queries answer others like ones that do not exist.
///
/// Requests get theirs from [`Actor::access`] alone. An adapter reads it in one function, the filter of its queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    owner: UserId,
    right: Right,
}

impl Access {
    /// Of the program itself to what `owner` has: for jobs, for operators' commands, for a link that was signed for the
    /// owner, and for a use case that reads back its own commit. Never for what a client names.
    #[must_use]
    pub const fn on_behalf_of(owner: UserId, right: Right) -> Self {
        Self { owner, right }
    }

    /// The user whose files and uploads are reached; no others are.
    #[must_use]
    pub const fn owner(&self) -> UserId {
        self.owner
    }

    /// The drive that holds all of it: the owner's. A unit of work enters it before it asks for an item of it.
    #[must_use]
    pub const fn drive(&self) -> DriveId {
        DriveId::of_user(self.owner)
    }

    /// The right that is needed to each of them. Owners have every right.
    #[must_use]
    pub const fn right(&self) -> Right {
        self.right
    }
}

#[cfg(test)]
mod tests;
