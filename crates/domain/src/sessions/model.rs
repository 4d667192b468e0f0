//! The session.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{SessionId, UserId};

/// How long a spent refresh token still answers, so that parallel refreshes and lost answers log no user out.
pub const GRACE: Duration = Duration::from_secs(10);

/// `last_seen_at` moves at most this often.
pub const TOUCH_INTERVAL: Duration = Duration::from_mins(1);

/// How often the refresh token of a session was rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// The generation of a new session.
    pub const FIRST: Self = Self(0);

    /// The generation with this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// One login, alive until it expires or is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The user who logged in.
    pub user: UserId,
    /// When the login was.
    pub created_at: Timestamp,
    /// When it was last used, to about a minute.
    pub last_seen_at: Timestamp,
    /// The address it was last refreshed or opened from, as text; kept as it is (SES-24).
    pub ip: Option<String>,
    /// The `User-Agent` it was opened with, cut to 512 characters.
    pub user_agent: Option<String>,
    /// The state of its refresh tokens.
    pub refresh: RefreshState,
}

/// A session to be created. The same as [`Session`]; the name says that it is not stored yet.
pub type NewSession = Session;

/// The state of the refresh tokens of a session. Nothing in it gives a token away: that takes the secret too.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshState {
    /// The generation whose token is current.
    pub generation: Generation,
    /// Mixed into every token of the session; constant for its life.
    pub salt: [u8; 16],
    /// When the session ends unless it is refreshed before: it slides with each refresh.
    pub expires_at: Timestamp,
    /// When the latest generations were spent, newest first: `[0]` is when `generation - 1` was. Only times within
    /// the grace are kept, at most [`RefreshState::KEPT`].
    pub spent_at: Vec<Timestamp>,
}

impl RefreshState {
    /// How many times of rotations are kept at most.
    pub const KEPT: usize = 16;

    /// The state of a fresh session.
    #[must_use]
    pub const fn first(salt: [u8; 16], expires_at: Timestamp) -> Self {
        Self { generation: Generation::FIRST, salt, expires_at, spent_at: Vec::new() }
    }

    /// The state after one more rotation at `now`.
    #[must_use]
    pub fn rotated(&self, now: Timestamp, expires_at: Timestamp) -> Self {
        let recent = self.spent_at.iter().copied().filter(|at| now.since(*at) <= GRACE);
        Self {
            generation: Generation(self.generation.0.saturating_add(1)),
            salt: self.salt,
            expires_at,
            spent_at: std::iter::once(now).chain(recent).take(Self::KEPT).collect(),
        }
    }

    /// Whether `spent`, an older generation, was spent so recently that it still answers.
    #[must_use]
    pub fn within_grace(&self, spent: Generation, now: Timestamp) -> bool {
        let age = self.generation.0.saturating_sub(spent.0);
        let Some(index) = age.checked_sub(1) else { return false };
        self.spent_at.get(index as usize).is_some_and(|at| now.since(*at) <= GRACE)
    }
}

/// Shows where the rotation stands, never the salt.
impl fmt::Debug for RefreshState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshState")
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .field("spent_at", &self.spent_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
