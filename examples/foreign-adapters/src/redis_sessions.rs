//! Sessions in Redis: for any number of machines. Redis expires them by itself.
//!
//! A session is a hash, `session:<id>`; the sessions of a user are a sorted set, `sessions-of:<user>`, by when Redis forgets
//! them. What has to happen at once is a script, which Redis runs without another command in between. The scripts find keys
//! by what they read, which a cluster of Redis refuses: use one server, with as many replicas as you like.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use fm_app::StartError;
use fm_app::adapters::{OpenContext, OpenDatabase, SessionStoreFactory};
use fm_app::config::{Reader, Secret, Variable};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{EXPIRY_MARGIN, Generation, NewSession, RefreshState, Session, SessionStore};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, FromRedisValue, RedisError, Script, ScriptInvocation, ServerErrorKind};

/// How long Redis may take to answer, or to be connected to.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What every script begins with: `keep` lists a session among those of its user and tells Redis when to forget it, in
/// milliseconds. Sessions that Redis has forgotten leave the list, and the list ends with its last session.
const KEEP: &str = "
local function keep(user, id, forgotten_at)
    local all, time = 'sessions-of:' .. user, redis.call('TIME')
    redis.call('ZREMRANGEBYSCORE', all, '-inf', time[1] * 1000)
    redis.call('ZADD', all, forgotten_at, id)
    redis.call('PEXPIREAT', 'session:' .. id, forgotten_at)
    redis.call('PEXPIREAT', all, redis.call('ZRANGE', all, -1, -1, 'WITHSCORES')[2])
end
local function remove(user, id)
    redis.call('DEL', 'session:' .. id)
    redis.call('ZREM', 'sessions-of:' .. user, id)
end
";

/// A script behind `KEEP`.
fn script(code: &str) -> Script {
    Script::new(&format!("{KEEP}{code}"))
}

/// `id, user, forgotten_at, field, value, …`: 1, or 0 where the id is taken.
static CREATE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    local key = 'session:' .. ARGV[1]
    if redis.call('EXISTS', key) == 1 then return 0 end
    redis.call('HSET', key, unpack(ARGV, 4))
    keep(ARGV[2], ARGV[1], ARGV[3])
    return 1",
    )
});

/// `id, now, ip` (empty: none).
static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    local key = 'session:' .. ARGV[1]
    local seen = redis.call('HGET', key, 'last_seen_at')
    if not seen then return end
    if tonumber(ARGV[2]) > tonumber(seen) then redis.call('HSET', key, 'last_seen_at', ARGV[2]) end
    if ARGV[3] ~= '' then redis.call('HSET', key, 'ip', ARGV[3]) end",
    )
});

/// `id, generation, forgotten_at, field, value, …`: 1, or 0 where the session has another generation.
static ROTATE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    local key = 'session:' .. ARGV[1]
    local found = redis.call('HMGET', key, 'generation', 'user')
    if found[1] ~= ARGV[2] then return 0 end
    redis.call('HSET', key, unpack(ARGV, 4))
    keep(found[2], ARGV[1], ARGV[3])
    return 1",
    )
});

/// `user, id`: 1, or 0 where the user has no such session.
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    if redis.call('HGET', 'session:' .. ARGV[2], 'user') ~= ARGV[1] then return 0 end
    remove(ARGV[1], ARGV[2])
    return 1",
    )
});

/// `user, id to keep` (empty: none)`, created_before`.
static REVOKE_ALL: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    for _, id in ipairs(redis.call('ZRANGE', 'sessions-of:' .. ARGV[1], 0, -1)) do
        local created = redis.call('HGET', 'session:' .. id, 'created_at')
        if id ~= ARGV[2] and created and tonumber(created) < tonumber(ARGV[3]) then remove(ARGV[1], id) end
    end",
    )
});

/// `user`: the fields of all of the user's sessions.
static LIST: LazyLock<Script> = LazyLock::new(|| {
    script(
        "
    local found = {}
    for _, id in ipairs(redis.call('ZRANGE', 'sessions-of:' .. ARGV[1], 0, -1)) do
        local fields = redis.call('HGETALL', 'session:' .. id)
        if #fields > 0 then found[#found + 1] = fields end
    end
    return found",
    )
});

/// `SESSION_STORE=redis`.
#[derive(Debug)]
pub struct RedisConfig {
    url: Secret,
}

#[async_trait]
impl SessionStoreFactory for RedisConfig {
    fn name() -> &'static str {
        "redis"
    }

    fn variables() -> Vec<Variable> {
        vec![Variable::secret("REDIS_URL")]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self { url: reader.required_secret("REDIS_URL") }
    }

    async fn open(&self, _: &mut OpenContext, _: &OpenDatabase) -> Result<Arc<dyn SessionStore>, StartError> {
        // The URL may hold a password: it is in no message.
        let failed = |error| StartError::adapter("REDIS_URL can't be used".to_owned(), error);
        let store = RedisSessionStore::new(self.url.expose()).map_err(failed)?;
        store.ping().await.map_err(failed)?;
        Ok(Arc::new(store))
    }
}

/// Sessions in a Redis server.
#[derive(Clone)]
pub struct RedisSessionStore {
    connection: ConnectionManager,
}

impl RedisSessionStore {
    /// A store in the server at `url`, for instance `redis://:password@host:6379/0`. It connects with the first call, and
    /// again when the connection is lost. Must be called on a Tokio runtime.
    pub fn new(url: &str) -> PortResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let client = Client::open(url).map_err(failed)?;
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(failed)?;
        Ok(Self { connection })
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> PortResult<T> {
        script.invoke_async(&mut self.connection.clone()).await.map_err(failed)
    }
}

/// The one place where errors of the technology become errors of the port.
fn failed(error: RedisError) -> PortError {
    let is_passing = match error.kind() {
        ErrorKind::Io => true,
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain
        ),
        _ => false,
    };
    if is_passing { PortError::Unavailable(error.into()) } else { PortError::Unexpected(error.into()) }
}

/// When Redis forgets a session, in milliseconds: its clock may be ahead of ours (SES-02).
fn forgotten_at(refresh: &RefreshState) -> i64 {
    refresh.expires_at.plus(EXPIRY_MARGIN).unix_micros() / 1000
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn create(&self, session: &NewSession) -> PortResult<()> {
        let mut script = CREATE.arg(id(session.id));
        script.arg(user(session.user)).arg(forgotten_at(&session.refresh)).arg(fields(session));
        let is_created = self.run::<bool>(&script).await?;
        is_created.then_some(()).ok_or_else(|| PortError::Unexpected("a second session with one id".into()))
    }

    async fn find(&self, wanted: SessionId, now: Timestamp) -> PortResult<Option<Session>> {
        let mut command = redis::cmd("HGETALL");
        command.arg(format!("session:{}", id(wanted)));
        let found = command.query_async(&mut self.connection.clone()).await.map_err(failed)?;
        Ok(read(&found)?.filter(|session| session.refresh.expires_at > now))
    }

    async fn touch(&self, touched: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> {
        self.run(TOUCH.arg(id(touched)).arg(now.unix_micros()).arg(ip.unwrap_or_default())).await
    }

    async fn rotate(&self, rotated: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> {
        let mut script = ROTATE.arg(id(rotated));
        self.run(script.arg(seen.number()).arg(forgotten_at(next)).arg(refresh_fields(next))).await
    }

    async fn revoke(&self, owner: UserId, revoked: SessionId) -> PortResult<bool> {
        self.run(REVOKE.arg(user(owner)).arg(id(revoked))).await
    }

    async fn revoke_all(
        &self,
        owner: UserId,
        but: Option<SessionId>,
        created_before: Timestamp,
    ) -> PortResult<()> {
        let but = but.map(id).unwrap_or_default();
        self.run(REVOKE_ALL.arg(user(owner)).arg(but).arg(created_before.unix_micros())).await
    }

    async fn list(&self, owner: UserId, now: Timestamp) -> PortResult<Vec<Session>> {
        let found: Vec<HashMap<String, String>> = self.run(&LIST.arg(user(owner))).await?;
        let sessions = found.iter().filter_map(|fields| read(fields).transpose());
        let mut sessions: Vec<Session> = sessions.collect::<PortResult<_>>()?;
        sessions.retain(|session| session.refresh.expires_at > now);
        sessions.sort_unstable_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn purge_expired(&self, _now: Timestamp, _limit: u32) -> PortResult<u32> {
        // Redis does it by itself, if it is there.
        self.ping().await.map(|()| 0)
    }

    async fn ping(&self) -> PortResult<()> {
        redis::cmd("PING").exec_async(&mut self.connection.clone()).await.map_err(failed)
    }
}

fn id(id: SessionId) -> String {
    id.to_string()
}

fn user(id: UserId) -> String {
    id.to_string()
}

type Field = (&'static str, String);

/// A session as the fields of a hash; times are microseconds since 1970, and what is `None` has no field.
fn fields(session: &Session) -> Vec<Field> {
    let mut fields = refresh_fields(&session.refresh);
    fields.extend([
        ("id", id(session.id)),
        ("user", user(session.user)),
        ("created_at", session.created_at.unix_micros().to_string()),
        ("last_seen_at", session.last_seen_at.unix_micros().to_string()),
    ]);
    fields.extend(session.ip.clone().map(|ip| ("ip", ip)));
    fields.extend(session.user_agent.clone().map(|agent| ("user_agent", agent)));
    fields
}

/// What a rotation replaces.
fn refresh_fields(refresh: &RefreshState) -> Vec<Field> {
    let spent: Vec<String> = refresh.spent_at.iter().map(|at| at.unix_micros().to_string()).collect();
    vec![
        ("generation", refresh.generation.number().to_string()),
        ("salt", hex::encode(refresh.salt)),
        ("expires_at", refresh.expires_at.unix_micros().to_string()),
        ("spent_at", spent.join(" ")),
    ]
}

/// The session of a hash; no fields are no session. The error does not show what is stored.
fn read(fields: &HashMap<String, String>) -> PortResult<Option<Session>> {
    if fields.is_empty() {
        return Ok(None);
    }
    let text = |name: &str| fields.get(name).map(String::as_str);
    let time = |text: &str| Some(Timestamp::from_unix_micros(text.parse().ok()?));
    let parse = || {
        let mut salt = [0; 16];
        hex::decode_to_slice(text("salt")?, &mut salt).ok()?;
        Some(Session {
            id: SessionId::parse(text("id")?)?,
            user: UserId::parse(text("user")?)?,
            created_at: time(text("created_at")?)?,
            last_seen_at: time(text("last_seen_at")?)?,
            ip: text("ip").map(str::to_owned),
            user_agent: text("user_agent").map(str::to_owned),
            refresh: RefreshState {
                generation: Generation::new(text("generation")?.parse().ok()?),
                salt,
                expires_at: time(text("expires_at")?)?,
                spent_at: text("spent_at")?.split_whitespace().map(time).collect::<Option<_>>()?,
            },
        })
    };
    let corrupt = || PortError::Corrupt { what: "a session", source: "a field can't be read".into() };
    parse().map(Some).ok_or_else(corrupt)
}
