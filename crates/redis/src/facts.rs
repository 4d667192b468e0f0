//! What a check of the installation asks a server about itself.

use std::time::Instant;

use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use crate::client::RedisClient;

/// What a server says of itself; of a cluster one node does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisFacts {
    /// `redis_version`: `7.2.4`.
    pub version: String,
    /// `maxmemory_policy`: `noeviction`; empty where the server does not tell.
    pub eviction: String,
    /// Whether a memory limit is set, in bytes; zero: none.
    pub max_memory: u64,
    /// Whether `appendonly` is on.
    pub is_durable: bool,
}

impl RedisClient {
    /// Asks a server about itself (`INFO`).
    pub async fn facts(&self) -> PortResult<RedisFacts> {
        let info: String = self.query(&redis::cmd("INFO")).await?;
        Ok(read(&info))
    }

    /// How much the clock of the server (`TIME`) is ahead of the one that `now` tells, in microseconds; negative: behind.
    pub async fn ahead_micros(&self, now: impl Fn() -> Timestamp + Send) -> PortResult<i64> {
        let (asked, here) = (Instant::now(), now());
        let (seconds, micros): (i64, i64) = self.query(&redis::cmd("TIME")).await?;
        // It read its clock somewhere between: in the middle, as far as is known.
        let here = here.plus(asked.elapsed() / 2);
        let there = seconds.checked_mul(1_000_000).and_then(|there| there.checked_add(micros));
        let there = there.ok_or_else(|| PortError::Unexpected("TIME answered no time".into()))?;
        Ok(there.saturating_sub(here.unix_micros()))
    }
}

fn read(info: &str) -> RedisFacts {
    let value = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim_end()
    };
    RedisFacts {
        version: value("redis_version").to_owned(),
        eviction: value("maxmemory_policy").to_owned(),
        max_memory: value("maxmemory").parse().unwrap_or(0),
        is_durable: value("aof_enabled") == "1",
    }
}

#[cfg(test)]
mod tests {
    use super::{RedisFacts, read};

    #[test]
    fn facts_are_found_among_others() {
        let info = "# Server\r\nredis_version:7.2.4\r\n\r\n# Memory\r\nmaxmemory:1048576\r\n\
            maxmemory_human:1.00M\r\nmaxmemory_policy:allkeys-lru\r\n\r\n# Persistence\r\naof_enabled:1\r\n";
        let facts = RedisFacts {
            version: "7.2.4".to_owned(),
            eviction: "allkeys-lru".to_owned(),
            max_memory: 1_048_576,
            is_durable: true,
        };
        assert_eq!(read(info), facts);
    }

    #[test]
    fn what_is_not_told_is_left_empty() {
        let facts =
            RedisFacts { version: String::new(), eviction: String::new(), max_memory: 0, is_durable: false };
        assert_eq!(read("# Server\r\n"), facts);
    }
}
