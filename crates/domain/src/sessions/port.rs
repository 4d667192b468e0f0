//! Where sessions live: a store of its own, apart from the database, so that it can be a faster one.

use std::time::Duration;

use async_trait::async_trait;

use super::{Generation, NewSession, RefreshState, Session};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::{SessionId, UserId};

/// How long after its end, by the store's own clock, a session is kept at least. The clocks of nodes and of the store
/// may differ by so much before a store that expires by itself logs a user out.
pub const EXPIRY_MARGIN: Duration = Duration::from_mins(10);

/// Keeps sessions. Every answer is durable before it is given, and seen by every node at once (SES-01): a revoked
/// session authenticates no request from that answer on. A call that is dropped gives back what it held (SES-25).
///
/// A session ends at `refresh.expires_at`, by the clock that the caller gives. A store removes a session that was revoked,
/// that `purge_expired` takes, or, where it expires entries by itself (as Redis does), that ended by the store's own
/// clock at least [`EXPIRY_MARGIN`] ago. It removes no other (SES-02).
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a new session. A second one with the same id is an error, and the first stays as it is (SES-19).
    async fn create(&self, session: &NewSession) -> PortResult<()>;

    /// The session; `None` when it is unknown, revoked, removed or expired at `now` (`expires_at <= now`).
    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>>;

    /// The session as [`find`](Self::find) gives it, or as it was a few seconds ago: for requests that only ask whether it
    /// lives. One that this node revoked is not found from that answer on, and one that another node revoked not a second
    /// later, or where nodes can't hear each other, as soon as copies are too old (SES-26, SES-27). A store without copies of sessions has no need of its own.
    async fn find_recent(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        self.find(id, now).await
    }

    /// Moves `last_seen_at` to `now`, never backwards, and replaces the address when one is given. An unknown
    /// session is no error. Beside a rotation or a revocation it undoes neither (SES-23).
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

    /// All of the user's living sessions at `now`, the one created last first; of those created at the same moment the
    /// one with the larger id first (SES-16). Their number has no limit (SES-17).
    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>>;

    /// Removes sessions that expired before `now`, at most `limit`; answers how many. A store that expires entries by
    /// itself may do nothing and answer 0, once the store has answered (SES-21).
    async fn purge_expired(&self, now: Timestamp, limit: u32) -> PortResult<u32>;

    /// Asks the store, and answers as soon as it does: an error when it is out of reach (SES-21).
    async fn ping(&self) -> PortResult<()>;
}
