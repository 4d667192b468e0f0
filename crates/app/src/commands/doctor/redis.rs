//! The Redis of `REDIS_URL`, and the rate limits, which are counted there or in each process.

use std::num::NonZeroU64;
use std::time::Duration;

use fm_domain::clock::Clock;
use fm_domain::error::{PortError, chain};
use fm_domain::ids::{IdSource, UserId};
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateLimiter, RatePolicies, RatePolicy};
use fm_memory::MemoryRateLimiter;
use fm_redis::{RedisClient, RedisFacts, RedisRateLimiter};

use super::recorder::Recorder;
use super::report::Step;
use crate::adapters::checkup::{ClockLimits, clock};
use crate::adapters::plain::problem_of_plain_redis;
use crate::adapters::{DatabaseScope, Diagnosis, OpenContext, RedisSessions, SessionStoreFactory as _};
use crate::config::Config;

/// Redis forgets sessions ten minutes after their end, so that clocks may differ by so much at most.
const CLOCK_LIMITS: ClockLimits = ClockLimits { warning: 30, failure: 300 };

/// The policy of the scratch counter: it is gone after a second.
const POLICY: RatePolicy = RatePolicy { limit: NonZeroU64::MIN, window: Duration::from_secs(1) };

const RIGHTS: &str = "let the account of REDIS_URL read and write the keys fm:* and run EVALSHA, SCRIPT LOAD, TIME, PUBLISH and SUBSCRIBE \
    (ACL SETUSER … ~fm:* &fm:* +@all -@dangerous +info)";

/// What errors say of a right that the account lacks: of a command, a key or a channel, or of a command of a script.
const DENIED: [&str; 4] = ["NOPERM", "NoPerm", "no permissions", "can't run this command"];

/// The steps of `REDIS_URL`, where it is set, and those of the rate limits.
pub(super) async fn check(config: &Config, context: OpenContext, ids: &dyn IdSource) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut is_up = true;
    if let Some(redis) = &context.redis {
        let mut recorder = Recorder::new(
            "redis",
            "see whether Redis runs and a firewall lets this host reach the one of REDIS_URL",
        );
        is_up = recorder.check("connect", Box::pin(connect(config, redis))).await;
        if is_up {
            recorder.check("clock", Box::pin(measured(redis, &*context.clock))).await;
            recorder.check("memory", Box::pin(memory(config, redis))).await;
        } else {
            recorder.skip(&["clock", "memory"], "connect");
        }
        steps.extend(recorder.into_steps());
    }
    let mut recorder = Recorder::new("rate limits", "see whether Redis runs");
    let user = UserId::new(ids.uuid());
    match context.redis.clone() {
        _ if config.limits.policies == RatePolicies::none() => recorder.note("counter", unlimited(config)),
        Some(_) if !is_up => {
            recorder.skip(&["counter"], "Redis, which can't be reached: each process counts alone meanwhile");
        }
        Some(redis) => {
            recorder
                .check("counter", counted(&RedisRateLimiter::new(redis), user, "for all nodes together"))
                .await;
        }
        None => {
            let limiter = MemoryRateLimiter::new(context.clock.clone());
            let how = if config.storage.database.scope() == DatabaseScope::Cluster {
                "by each process alone: several nodes need REDIS_URL to count together"
            } else {
                "in the process"
            };
            recorder.check("counter", counted(&limiter, user, how)).await;
        }
    }
    steps.extend(recorder.into_steps());
    steps
}

fn unlimited(config: &Config) -> Diagnosis {
    let is_public = config.http.public_url.as_deref().is_some_and(super::configuration::is_public);
    Diagnosis::unless(
        !is_public,
        "no rate limit is set",
        "set RATE_LIMITS=1: passwords of a public service can be guessed without a limit otherwise",
    )
}

async fn connect(config: &Config, redis: &RedisClient) -> Diagnosis {
    if let Err(error) = redis.ping().await {
        return refused(&error);
    }
    match config.storage.redis.as_ref().and_then(problem_of_plain_redis) {
        Some(problem) => Diagnosis::warning(problem, "use rediss:// for it"),
        None => Diagnosis::fine("Redis answers"),
    }
}

fn refused(error: &PortError) -> Diagnosis {
    let text = chain(error);
    let remedy = if ["NOAUTH", "WRONGPASS", "AuthenticationFailed", "authentication", "password"]
        .iter()
        .any(|part| text.contains(part))
    {
        "correct the user and the password in REDIS_URL; special characters of a password are percent-encoded"
    } else if DENIED.iter().any(|part| text.contains(part)) {
        RIGHTS
    } else if text.contains("certificate") {
        "name the host in REDIS_URL as its certificate does, and the authority that issued it in REDIS_CA_CERTIFICATES, where it is your own"
    } else {
        "start Redis, or correct host, port and scheme (rediss:// for TLS) in REDIS_URL"
    };
    Diagnosis::failure(text, remedy)
}

async fn measured(redis: &RedisClient, now: &dyn Clock) -> Diagnosis {
    match redis.ahead_micros(|| now.now()).await {
        Ok(ahead) => clock("Redis", ahead, &CLOCK_LIMITS),
        Err(error) => refused(&error),
    }
}

async fn memory(config: &Config, redis: &RedisClient) -> Diagnosis {
    let holds_sessions = config.storage.session_store == RedisSessions::name();
    match redis.facts().await {
        Ok(facts) => judged(&facts, holds_sessions),
        Err(error) => Diagnosis::warning(
            format!("Redis does not tell of itself (INFO): {}", chain(&error)),
            "see to it that maxmemory-policy is noeviction and appendonly is on, or let the account run INFO",
        ),
    }
}

fn judged(facts: &RedisFacts, holds_sessions: bool) -> Diagnosis {
    let RedisFacts { version, eviction, max_memory, is_durable } = facts;
    let detail = format!(
        "Redis {version}, maxmemory-policy {}, appendonly {}",
        told(eviction),
        if *is_durable { "yes" } else { "no" }
    );
    if *max_memory > 0 && !eviction.is_empty() && eviction != "noeviction" {
        return Diagnosis::warning(
            format!("{detail}: a full Redis throws sessions and counters away"),
            "set maxmemory-policy noeviction",
        );
    }
    Diagnosis::unless(
        *is_durable || !holds_sessions,
        if *is_durable || !holds_sessions {
            detail
        } else {
            format!("{detail}: sessions are lost with the server")
        },
        "set appendonly yes and appendfsync always",
    )
}

fn told(value: &str) -> &str {
    if value.is_empty() { "not told" } else { value }
}

/// The second of two calls is refused.
async fn counted(limiter: &dyn RateLimiter, user: UserId, how: &str) -> Diagnosis {
    let key = LimitKey::new(LimitedAction::UserRequests, LimitSubject::User(user));
    let take = || limiter.take(&key, &POLICY, NonZeroU64::MIN);
    match (take().await, take().await) {
        (Ok(first), Ok(second)) if first.is_allowed && !second.is_allowed => {
            Diagnosis::fine(format!("requests are counted {how}"))
        }
        (Ok(_), Ok(_)) => Diagnosis::warning(
            "two calls were counted, and not the second alone refused",
            "see whether the clock of Redis runs evenly",
        ),
        (Err(error), _) | (_, Err(error)) => refused(&error),
    }
}

#[cfg(test)]
mod tests;
