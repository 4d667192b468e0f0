//! Doubles for unit tests against the ports: mocks joined into units of work, a clock that stands still, ids that can
//! be foreseen, and builders of models.
//!
//! The mocks themselves (`MockBlobStore`, `MockUserRepo`, …) stand beside the port they mock.

mod builders;
mod effects;
mod fake_database;
mod fixed;
mod ports;

pub use builders::{a_file, a_session, a_user, an_account};
pub use effects::Effects;
pub use fake_database::{FakeDatabase, FakeReads, FakeUnitOfWork};
pub use fixed::{CountingIds, FixedClock, PlainMacs};
pub use ports::{TestPorts, settings};
