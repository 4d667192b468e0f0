//! Sessions, their signal and rate limits in Redis 6.2 or later, or in a server that speaks its protocol: for any number of nodes.
//!
//! What has to happen at once is a script, which Redis runs without another command in between. Every script names its keys,
//! and all keys of one script are in one hash slot, as a Redis Cluster asks for: a session and its tombstone go by the
//! session's id, the list of a user's sessions by the user's. All keys begin with `fm:`. The client
//! speaks to one server, to the primary that sentinels name, or to every node of a cluster.
//!
//! An answer is durable (SES-01) only where Redis makes it so: run it with `appendonly yes`, `appendfsync always` and
//! `maxmemory-policy noeviction`.

mod client;
mod error;
mod facts;
mod fields;
mod limiter;
mod sessions;
mod signal;

pub use client::{InvalidRedisUrl, InvalidRoots, RedisClient, RedisUrl};
pub use facts::RedisFacts;
pub use limiter::RedisRateLimiter;
pub use sessions::RedisSessionStore;
pub use signal::RedisSessionSignal;
