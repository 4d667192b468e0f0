//! Faults on demand: every port with a decorator that fails, delays, truncates, loses answers, repeats calls, hangs or
//! crashes, exactly where a test says so.
//!
//! A [`Faults`] handle is given to the decorators of all ports that a use case runs on. It counts their calls in one
//! sequence, and does to each what was planned for it:
//!
//! ```
//! # use std::sync::Arc;
//! # use fm_resilience::fault::{Fault, Faults, FaultyPasswordHasher, Operation, When};
//! # use fm_contract::fakes::FakePasswordHasher;
//! let faults = Faults::new();
//! let hasher = FaultyPasswordHasher::new(Arc::new(FakePasswordHasher::default()), &faults);
//! faults.plan(When::Nth(Operation::PasswordHasherVerify, 2), Fault::LoseAnswer);
//! # drop(hasher);
//! ```
//!
//! Nothing planned, nothing changed: a decorated adapter keeps every rule that it kept before. [`Decorated`] makes a
//! harness of decorated adapters out of any harness, so that the suite can be run on them.
//!
//! What can't fail has no faults: a [`MacSigner`](fm_domain::mac::MacSigner) and an
//! [`IdSource`](fm_domain::ids::IdSource) answer at once and always. A clock can jump: see [`SkewedClock`].

mod blob_store;
mod clock;
mod database;
mod decorate;
mod decorated;
mod faults;
mod job_signal;
mod operation;
mod operations;
mod plan;
mod repos;
mod rest;
mod streams;
mod tree;

pub use blob_store::{FaultyBlobStore, FaultyListBlobs};
pub use clock::SkewedClock;
pub use database::FaultyDatabase;
pub use decorated::Decorated;
pub use faults::Faults;
pub use job_signal::FaultyJobSignal;
pub use operation::Operation;
pub use plan::{Fault, Moment, When};
pub use rest::{
    FaultyDirectStore, FaultyPartReceiver, FaultyPasswordHasher, FaultyResumableStore, FaultySessionStore,
    FaultySignDownload, FaultySignParts, FaultyThumbnailer, FaultyTokenSigner,
};
