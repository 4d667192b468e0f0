//! Doubles for tests against the ports: mocks joined into units of work, a clock that stands still, ids, MACs and links
//! that can be foreseen, and builders of models.
//!
//! The mocks themselves (`MockBlobStore`, `MockUserRepo`, …) stand beside the port they mock, behind the feature `mock`.

mod builders;
mod effects;
#[cfg(any(test, feature = "mock"))]
mod fake_database;
mod fixed;
mod limits;
mod links;
mod noted_trail;

pub use builders::{a_file, a_session, a_user, an_account, an_upload};
pub use effects::Effects;
#[cfg(any(test, feature = "mock"))]
pub use fake_database::{FakeDatabase, FakeReads, FakeUnitOfWork};
pub use fixed::{CountingIds, FixedClock, PlainMacs};
pub use limits::NoLimits;
pub use links::{PlainLinks, PlainPartLinks};
pub use noted_trail::NotedTrail;
