//! Support for the end-to-end tests: the real program, started as a process, and a client that speaks to it over a
//! real socket and knows nothing but its HTTP contract.
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
    clippy::return_self_not_must_use,
    reason = "this crate serves tests alone: whatever goes wrong must fail them loudly"
)]

mod account;
mod answer;
mod api;
mod behind;
mod browser;
mod chaos;
mod cluster;
mod crash;
mod database;
mod dice;
pub mod direct;
mod environment;
mod folder;
mod form;
mod jwt;
mod lane;
mod listing;
mod nginx;
pub mod pictures;
mod process;
pub mod raw;
mod resume;
mod s3;
mod secrets;
mod server;
mod site;
mod small_disk;
pub mod tus;
mod user;
mod wait;

pub use answer::Answer;
pub use api::{Api, Request};
pub use behind::Backup;
pub use browser::Page;
pub use chaos::{ChaosProxy, Fault};
pub use crash::{CrashCounts, CrashPlan, Disturbance, crash};
pub use form::{Form, Part};
pub use jwt::{Forged, forge};
pub use lane::Lane;
pub use listing::names;
pub use nginx::Nginx;
pub use process::{Finished, binary, run};
pub use resume::{ResumeCounts, ResumePlan, resume};
pub use server::Server;
pub use site::Site;
pub use user::User;
pub use wait::{eventually, within};

use base64::Engine as _;
use sha2::Digest as _;

/// A fresh text that no other test uses, of letters and digits.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::now_v7().simple())
}

/// The SHA-256 of `bytes` in lower-case hexadecimal, as the contract writes it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha2::Sha256::digest(bytes))
}

/// The SHA-256 of `bytes` as a digest field writes it (RFC 9530).
pub fn digest_field(bytes: &[u8]) -> String {
    let hash = sha2::Sha256::digest(bytes);
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(hash))
}

/// `length` bytes that repeat nowhere soon and begin with no magic number.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Letters alone: text to every sniffer.
        b'a' + u8::try_from(state % 26).unwrap_or(0)
    })
    .take(length)
    .collect()
}

/// The program or folder that this variable names; `scripts/test` finds or installs all of them.
pub fn tool(variable: &str) -> std::path::PathBuf {
    let given = std::env::var_os(variable).filter(|given| !given.is_empty()).map(std::path::PathBuf::from);
    let path = given.unwrap_or_else(|| panic!("{variable} is not set: run scripts/test"));
    assert!(path.exists(), "{variable} names nothing: {}", path.display());
    path
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
