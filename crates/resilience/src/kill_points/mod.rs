//! Kill points: every use case, killed before, during and after each call of a port.
//!
//! A [`Scenario`] is a use case with what it needs. It is run once undisturbed, which tells the calls it makes; then,
//! for each call and each [`InjectedFault`], once more with that fault there. A process that is killed is dropped where it
//! stands, and a new one, on the same adapters, with a clock beyond every lease and age, runs the workers and the sweep
//! until nothing is left to do. Then the [invariants] must hold, the drive must be what it was before or what it becomes
//! undisturbed ([`Whole`]), the client's retry must be served, and once the account is removed nothing at all may be left.
//!
//! ```text
//! mod kill_points {
//!     fm_resilience::kill_points!(super::MyDatabase, super::MyBlobs, super::MySessions);
//! }
//! ```
//!
//! makes one test for every scenario out of three harnesses. [`fault_points!`](crate::fault_points) makes one where
//! the process lives and calls fail, lose their answers, lose races or are made twice instead, and
//! [`pause_points!`](crate::pause_points) one where the process stands still for longer than its leases while others
//! work, and then goes on.
//!
//! The harness of the store of bytes says what it has beyond [`BlobStore`](fm_domain::blobs::BlobStore): `resumable()`, and
//! `direct()` with what takes its parts, the program's receiver or a client that sends them to the store. The scenarios of
//! resumable and direct uploads run where it has them. `fm_memory::harness` (feature `harness`) has harnesses for the
//! ports that a team did not write.
//! A scenario of resumable uploads runs twice, on the store's own way to write blobs over many requests and on
//! numbered parts as S3 has them, so that states, rewinding and reading back are tried whatever the store.

mod actors;
mod course;
mod driver;
mod environment;
mod injected_fault;
pub mod invariants;
mod numbered_parts;
mod process;
mod scenario;
pub mod scenarios;
mod small_chunks;
mod stored;

pub use actors::Actors;
pub use driver::{Broken, inject};
pub use environment::{Environment, Resuming};
pub use injected_fault::{InjectedFault, InjectionPoint, Meanwhile};
pub use process::Process;
pub use scenario::{Needs, Outcome, Retry, Scenario, Whole};

use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};

/// Kills the scenario at each of its kill points; how many there were, if the store has the port that it needs.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the kill point, or when there was no kill point.
pub async fn survives_kills<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> Option<usize> {
    survives::<D, B, S>(scenario, InjectedFault::KILLS).await
}

/// Lets each call of the scenario fail, lose its answer, lose a race or be made twice; how often that was, if the store
/// has the port that it needs.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the call, or when there was no call.
pub async fn survives_faults<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> Option<usize> {
    survives::<D, B, S>(scenario, InjectedFault::FAULTS).await
}

/// Lets the scenario stand still at each of its calls, outside of units of work, while other processes take over, do
/// the same, or take the file or the account away; how often that was, if the store has the port that it needs.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the call, or when there was no call.
pub async fn survives_pauses<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> Option<usize> {
    survives::<D, B, S>(scenario, InjectedFault::PAUSES).await
}

async fn survives<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
    injected: &[InjectedFault],
) -> Option<usize> {
    let points = match inject::<D, B, S>(scenario, injected).await {
        Ok(points) => points,
        Err(broken) => panic!("{broken}"),
    };
    assert_ne!(points, Some(0), "{}: there was nowhere to inject a fault", scenario.name);
    points
}
