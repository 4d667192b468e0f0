//! The rules that every adapter owes its port, as ordinary tests.
//!
//! The author of an adapter writes a harness (see [`harness`]) that makes fresh, isolated fixtures, and calls the macro
//! of the port in a module of its own, `fm_contract::blob_store!(super::MyHarness)`. The macro makes one test for every
//! rule and runtime. `docs/WRITING-AN-ADAPTER.md` lists the rules and shows a whole adapter.
//!
//! A rule is a function whose name is its number and its sentence: `uow_03_a_refusal_does_not_poison_the_unit` is
//! UOW-03. A rule that is not in the table of its suite is dead code, so none can be forgotten.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this crate is test code that is published: a broken rule is a panic, and so is a broken fixture"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "fixtures make their own ids, compare clocks with the machine's, and wait for every task they spawn"
)]

pub mod fakes;
pub mod harness;
pub mod runtime;

mod fixture;
mod rules;
mod suite;

/// What rules and scenarios are set up with: a moment to begin at, and bytes.
pub mod samples {
    pub use crate::fixture::at;
    pub use crate::fixture::body::{collect, noise};
}

pub use harness::{
    ArchiveHarness, BlobStoreHarness, ClockHarness, DatabaseHarness, DirectAccess, DirectHarness, Fetched,
    IdSourceHarness, Impossible, MacSignerHarness, PasswordHasherHarness, RateLimiterHarness,
    ResumableHarness, SendPart, SessionSignalHarness, SessionStoreHarness, SignDownloadHarness,
    SignPartsHarness, ThumbnailerHarness, TokenSignerHarness,
};
pub use rules::{
    SUITES, archive, blob_store, clock, database, direct_store, id_source, job_queue, mac_signer,
    password_hasher, rate_limiter, resumable_store, session_signal, session_store, sign_download, sign_parts,
    thumbnailer, token_signer,
};
pub use suite::{Check, Rule, Suite};
