//! Where sessions live: a store of its own, apart from the database, so that it can be a faster one.

use async_trait::async_trait;

use super::{Generation, NewSession, RefreshState, Session};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::{SessionId, UserId};

/// Keeps sessions. Every answer is durable before it is given, and seen by every node at once (SES-01): a revoked
/// session authenticates nobody from that answer on.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session.
    async fn create(&self, session: &NewSession) -> PortResult<()>;

    /// The session, unless it is unknown, revoked or expired at `now` (`expires_at <= now`): the given clock
    /// decides, never the store's own (SES-02).
    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>>;

    /// Moves `last_seen_at` to `now`, never backwards, and replaces the address when one is given. An unknown
    /// session is no error.
    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()>;

    /// Replaces the refresh state, only if the generation is still `seen`: compare and swap, so that of N parallel
    /// rotations one wins (SES-04). False when it is not, or when there is no such session. The session then lives
    /// until `next.expires_at`.
    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool>;

    /// Ends one session of this user; false when there is none (or it is another user's).
    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool>;

    /// Ends all sessions of the user that were created before `created_before`, but for `but`.
    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()>;

    /// The user's living sessions at `now`, newest first.
    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>>;

    /// Forgets sessions that expired before `now`, at most `limit`; how many. A store that expires by itself
    /// answers 0.
    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32>;

    /// Answers as soon as the store does.
    async fn ping(&self) -> PortResult<()>;
}
