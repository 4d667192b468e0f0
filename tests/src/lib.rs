//! Support for the end-to-end tests: the real program, started as a process, and a client that speaks to it over a
//! real socket and knows nothing but its HTTP contract. Most of it is the harness `fm-testkit`; what only these tests
//! need is here.
//!
//! A test is one plain `async fn` that takes a [`Lane`]; [`on_every_lane!`] makes an ordinary test of it for each.
//! Tests of one lane that run at the same time share a server and keep apart by fresh users.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::disallowed_methods,
    reason = "this crate serves tests alone: whatever goes wrong must fail them loudly"
)]

pub mod collector;
mod crash;
mod jwt;
mod moving;
pub mod pictures;
mod resume;
mod shipped_proxy;
mod site;
mod tls;

pub use crash::{CrashCounts, CrashPlan, InjectedFault, UpgradeCounts, UpgradePlan, crash, upgrade};
pub use fm_testkit::e2e::{
    AT_LAST, Answer, Api, Backup, ChaosProxy, Ended, Fault, Finished, Form, Front, Lane, NewStore, Nginx,
    Page, Part, PgBouncer, Request, RunningCommand, Scrape, Server, User, asked_name, binary, direct,
    eventually, names, raw, run, tool, tus, unique, within,
};
pub use fm_testkit::random::letters as noise;
pub use fm_testkit::redis::{REDIS_RIGHTS, RedisServer};
pub use jwt::{Forged, forge};
pub use moving::{MoveCounts, MovePlan, move_between_servers, move_blobs, summary};
pub use resume::{ResumeCounts, ResumePlan, resume};
pub use shipped_proxy::{PROXY_CLIENT, ProxyKind, ShippedProxy};
pub use site::Site;

use base64::Engine as _;
use sha2::Digest as _;

/// The SHA-256 of `bytes` in lower-case hexadecimal, as the contract writes it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

/// The SHA-256 of `bytes` as a digest field writes it (RFC 9530).
pub fn digest_field(bytes: &[u8]) -> String {
    let hash = sha2::Sha256::digest(bytes);
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(hash))
}

/// Makes an ordinary test of every named function on each lane: `subject::embedded::the_sentence`.
#[macro_export]
macro_rules! on_every_lane {
    ($($name:ident),+ $(,)?) => {
        mod ephemeral {
            $(#[tokio::test] async fn $name() { super::$name($crate::Lane::Ephemeral).await; })+
        }
        mod embedded {
            $(#[tokio::test] async fn $name() { super::$name($crate::Lane::Embedded).await; })+
        }
        mod postgres_s3 {
            $(#[tokio::test] async fn $name() { super::$name($crate::Lane::PostgresS3).await; })+
        }
    };
}

/// Makes an ordinary test of every named function on each lane whose data outlives a process.
#[macro_export]
macro_rules! on_durable_lanes {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $name() { super::$name($crate::Lane::Embedded).await; })+
        }
        mod postgres_s3 {
            $(#[tokio::test] async fn $name() { super::$name($crate::Lane::PostgresS3).await; })+
        }
    };
}
