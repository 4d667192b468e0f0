//! Sessions.
//!
//! A session is a hash, `fm:session:{<id>}`; the sessions of a user are a sorted set, `fm:sessions-of:{<user>}`, of their ids and
//! creations by when Redis forgets them. The two may be on different nodes of a cluster, so no script changes both:
//!
//! - A session is listed before it is stored, and before its end moves: whatever is stored is listed. What is listed and
//!   not stored is no session, and leaves the list with its end.
//! - A revocation of all reads the list and deletes each session. A listed one that is not stored may be on its way: a
//!   tombstone, `fm:revoked:{<id>}`, keeps it out. So a session that was listed in time is revoked, whichever of the two
//!   came first.
//! - What a rotation or a touch finds deleted stays deleted: each changes a session that is there, in one script.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{EXPIRY_MARGIN, Generation, NewSession, RefreshState, Session, SessionStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use redis::Script;

use crate::client::RedisClient;
use crate::fields;

/// How long a tombstone stays. A session that was listed longer ago is not stored any more.
const TOMBSTONE: Duration = Duration::from_hours(1);

/// Commands of one call that are under way at the same time.
const AT_ONCE: usize = 64;

/// Members that one command removes from a list.
const REMOVED_AT_ONCE: usize = 500;

/// `KEYS`: the list. `ARGV`: when Redis forgets the session, in milliseconds, and its member. Answers the time of Redis, in
/// milliseconds. What Redis has forgotten leaves the list, and the list ends with its last session.
static LIST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
    redis.call('ZADD', KEYS[1], 'GT', ARGV[1], ARGV[2])
    redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
    return now",
    )
});

/// `KEYS`: the session, its tombstone. `ARGV`: when it was listed, how long ago that may be, when Redis forgets it (all in
/// milliseconds), then its fields. Answers `created`, `revoked`, `taken` or `late`.
static CREATE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local time = redis.call('TIME')
    if time[1] * 1000 - ARGV[1] > tonumber(ARGV[2]) then return 'late' end
    if redis.call('EXISTS', KEYS[1]) == 1 then return 'taken' end
    if redis.call('EXISTS', KEYS[2]) == 1 then return 'revoked' end
    redis.call('HSET', KEYS[1], unpack(ARGV, 4))
    redis.call('PEXPIREAT', KEYS[1], ARGV[3])
    return 'created'",
    )
});

/// `KEYS`: the session. `ARGV`: now, the address (empty: none).
static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local seen = redis.call('HGET', KEYS[1], 'last_seen_at')
    if not seen then return end
    if tonumber(ARGV[1]) > tonumber(seen) then redis.call('HSET', KEYS[1], 'last_seen_at', ARGV[1]) end
    if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'ip', ARGV[2]) end",
    )
});

/// `KEYS`: the session. `ARGV`: the generation seen, when Redis forgets the session, then fields. Answers whether it had that
/// generation.
static ROTATE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], unpack(ARGV, 3))
    redis.call('PEXPIREAT', KEYS[1], ARGV[2])
    return 1",
    )
});

/// `KEYS`: the session, its tombstone. `ARGV`: the user, how long a tombstone stays where there is no session (in
/// milliseconds; empty: none is left). Answers the creation of the session that was deleted.
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "
    local found = redis.call('HMGET', KEYS[1], 'user', 'created_at')
    if found[1] == ARGV[1] then
        redis.call('DEL', KEYS[1])
        return found[2]
    end
    if not found[1] and ARGV[2] ~= '' then redis.call('SET', KEYS[2], '', 'PX', ARGV[2]) end
    return false",
    )
});

/// Sessions in a Redis server. Redis expires them by its own clock, ten minutes after their end: the clocks of the nodes and of
/// Redis may differ by that much.
#[derive(Debug, Clone)]
pub struct RedisSessionStore {
    redis: RedisClient,
}

/// What the list of a user says of a session.
#[derive(Clone, Copy)]
struct Listed {
    id: SessionId,
    created_at: Timestamp,
}

impl Listed {
    const fn of(session: &Session) -> Self {
        Self { id: session.id, created_at: session.created_at }
    }

    fn member(self) -> String {
        format!("{} {}", self.id, self.created_at.unix_micros())
    }

    fn parse(member: &str) -> PortResult<Self> {
        let parse = || {
            let (id, created_at) = member.split_once(' ')?;
            let created_at = Timestamp::from_unix_micros(created_at.parse().ok()?);
            Some(Self { id: SessionId::parse(id)?, created_at })
        };
        let corrupt =
            || PortError::Corrupt { what: "a list of sessions", source: "a member can't be read".into() };
        parse().ok_or_else(corrupt)
    }
}

fn session_key(id: SessionId) -> String {
    format!("fm:session:{{{id}}}")
}

fn tombstone_key(id: SessionId) -> String {
    format!("fm:revoked:{{{id}}}")
}

fn list_key(user: UserId) -> String {
    format!("fm:sessions-of:{{{user}}}")
}

/// When Redis forgets a session, in milliseconds: its clock may be ahead of ours (SES-02).
fn forgotten_at(refresh: &RefreshState) -> i64 {
    refresh.expires_at.plus(EXPIRY_MARGIN).unix_micros() / 1000
}

impl RedisSessionStore {
    /// Sessions in the server of this client.
    #[must_use]
    pub const fn new(redis: RedisClient) -> Self {
        Self { redis }
    }

    /// Lists a session until Redis forgets it; the time of Redis in milliseconds.
    async fn enlist(&self, user: UserId, listed: Listed, refresh: &RefreshState) -> PortResult<i64> {
        let mut script = LIST.key(list_key(user));
        self.redis.run(script.arg(forgotten_at(refresh)).arg(listed.member())).await
    }

    async fn listed(&self, user: UserId) -> PortResult<Vec<Listed>> {
        let mut command = redis::cmd("ZRANGE");
        let members: Vec<String> = self.redis.query(command.arg(list_key(user)).arg(0).arg(-1)).await?;
        members.iter().map(|member| Listed::parse(member)).collect()
    }

    /// Removes deleted sessions from the list. What stays there is no session: it leaves at its end.
    async fn delist(&self, user: UserId, listed: &[Listed]) {
        for some in listed.chunks(REMOVED_AT_ONCE) {
            let mut command = redis::cmd("ZREM");
            command.arg(list_key(user));
            for listed in some {
                command.arg(listed.member());
            }
            if let Err(error) = self.redis.query::<()>(&command).await {
                tracing::debug!(error = %fm_domain::error::chain(&error), "a list of sessions was not tidied up");
            }
        }
    }

    /// Deletes a session of this user; its creation, in microseconds.
    async fn delete(
        &self,
        user: UserId,
        id: SessionId,
        tombstone: Option<Duration>,
    ) -> PortResult<Option<i64>> {
        let mut script = REVOKE.key(session_key(id));
        script.key(tombstone_key(id)).arg(user.to_string());
        self.redis
            .run(script.arg(tombstone.map_or_else(String::new, |stays| stays.as_millis().to_string())))
            .await
    }

    async fn read(&self, id: SessionId) -> PortResult<Option<Session>> {
        let found: HashMap<String, String> =
            self.redis.query(redis::cmd("HGETALL").arg(session_key(id))).await?;
        fields::read(&found)
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let listed_at = self.enlist(session.user, Listed::of(session), &session.refresh).await?;
        let mut script = CREATE.key(session_key(session.id));
        script.key(tombstone_key(session.id)).arg(listed_at);
        // Half of it: the clocks of two nodes of a cluster may differ.
        script.arg(u64::try_from(TOMBSTONE.as_millis() / 2).unwrap_or(u64::MAX));
        script.arg(forgotten_at(&session.refresh)).arg(fields::of_session(session));
        match self.redis.run::<String>(&script).await?.as_str() {
            "created" | "revoked" => Ok(()),
            "late" => Err(PortError::Unavailable("it took too long to store a session".into())),
            _ => Err(PortError::Unexpected("a second session with one id".into())),
        }
    }

    async fn find(&self, id: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        Ok(self.read(id).await?.filter(|session| session.refresh.expires_at > now))
    }

    async fn touch(&self, id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        let mut script = TOUCH.key(session_key(id));
        self.redis.run(script.arg(now.unix_micros()).arg(ip.unwrap_or_default())).await
    }

    async fn rotate(&self, id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let Some(session) = self.read(id).await?.filter(|found| found.refresh.generation == seen) else {
            return Ok(false);
        };
        self.enlist(session.user, Listed::of(&session), next).await?;
        let mut script = ROTATE.key(session_key(id));
        self.redis.run(script.arg(seen.number()).arg(forgotten_at(next)).arg(fields::of_refresh(next))).await
    }

    async fn revoke(&self, user: UserId, id: SessionId) -> PortResult<bool> {
        let Some(created_at) = self.delete(user, id, None).await? else { return Ok(false) };
        self.delist(user, &[Listed { id, created_at: Timestamp::from_unix_micros(created_at) }]).await;
        Ok(true)
    }

    async fn revoke_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let mut older = self.listed(user).await?;
        older.retain(|listed| listed.created_at < created_before && Some(listed.id) != but);
        let ids: Vec<SessionId> = older.iter().map(|listed| listed.id).collect();
        let deletions = ids.into_iter().map(|id| self.delete(user, id, Some(TOMBSTONE)));
        stream::iter(deletions).buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await?;
        self.delist(user, &older).await;
        Ok(())
    }

    async fn list(&self, user: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let listed = self.listed(user).await?;
        let reads = listed.into_iter().map(|listed| self.read(listed.id));
        let found: Vec<Option<Session>> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut sessions: Vec<Session> = found.into_iter().flatten().collect();
        // A second session with one id was listed for its user before it was refused (SES-19).
        sessions.retain(|session| session.user == user && session.refresh.expires_at > now);
        sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        sessions.dedup_by_key(|session| session.id);
        Ok(sessions)
    }

    async fn purge_expired(&self, _now: Timestamp, _limit: u32) -> PortResult<u32> {
        // Redis does it by itself, if it is there.
        self.ping().await.map(|()| 0)
    }

    async fn ping(&self) -> PortResult<()> {
        self.redis.ping().await
    }
}

#[cfg(test)]
mod tests;
