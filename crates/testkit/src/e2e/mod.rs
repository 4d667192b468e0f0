//! What the end-to-end tests need beyond the rest: the program on every lane, with its database and store, and a client
//! that speaks to it over a real socket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::disallowed_methods,
    clippy::return_self_not_must_use,
    reason = "this serves tests alone: whatever goes wrong must fail them loudly"
)]

mod account;
mod answer;
mod api;
mod behind;
mod browser;
mod chaos;
mod cluster;
mod database;
pub mod direct;
mod environment;
mod folder;
mod form;
mod lane;
mod listing;
mod nginx;
mod pgbouncer;
mod program;
pub mod raw;
mod secrets;
mod server;
mod small_disk;
mod store;
pub mod tus;
mod user;
mod wait;

pub use crate::AT_LAST;
pub use crate::nginx::Front;
pub use answer::Answer;
pub use api::{Api, Request};
pub use behind::Backup;
pub use browser::{Drag, Named, Page};
pub use chaos::{ChaosProxy, Fault};
pub use form::{Form, Part};
pub use lane::Lane;
pub use listing::{asked_name, names};
pub use nginx::Nginx;
pub use pgbouncer::PgBouncer;
pub use program::{Ended, Finished, binary, run};
pub use server::{NewStore, RunningCommand, Scrape, Server};
pub use user::User;
pub use wait::{eventually, within};

/// A fresh text that no other test uses, of letters and digits.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::now_v7().simple())
}

/// The program or folder that this variable names; `scripts/test` finds or installs all of them.
pub fn tool(variable: &str) -> std::path::PathBuf {
    let given = std::env::var_os(variable).filter(|given| !given.is_empty()).map(std::path::PathBuf::from);
    let path = given.unwrap_or_else(|| panic!("{variable} is not set: run scripts/test"));
    assert!(path.exists(), "{variable} names nothing: {}", path.display());
    path
}
