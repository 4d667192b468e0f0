//! Kill points: every use case, killed before, during and after each call of a port.
//!
//! A [`Scenario`] is a use case with what it needs. It is run once undisturbed, which tells the calls it makes; then,
//! for each call and each [`Strike`], once more with that strike there. A process that is killed is dropped where it
//! stands, and a new one, on the same adapters, with a clock beyond every lease and age, runs the workers and the sweep
//! until nothing is left to do. Then the [invariants] must hold, the client's retry must be served, and
//! once the account is removed nothing at all may be left.
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

mod cast;
mod coarse;
mod driver;
pub mod invariants;
mod process;
mod scenario;
pub mod scenarios;
mod strike;
mod world;

pub use cast::Cast;
pub use driver::{Broken, strike};
pub use process::Process;
pub use scenario::{Retry, Scenario, Told};
pub use strike::{Meanwhile, Strike, Struck};
pub use world::World;

use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};

/// Kills the scenario at each of its kill points; how many there were.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the kill point, or when there was no kill point.
pub async fn survives_kills<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> usize {
    survives::<D, B, S>(scenario, Strike::KILLS).await
}

/// Lets each call of the scenario fail, lose its answer, lose a race or be made twice; how often that was.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the call, or when there was no call.
pub async fn survives_faults<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> usize {
    survives::<D, B, S>(scenario, Strike::FAULTS).await
}

/// Lets the scenario stand still at each of its calls, outside of units of work, while other processes take over, do
/// the same, or take the file or the account away; how often that was.
///
/// # Panics
/// When an invariant is broken, naming the scenario and the call, or when there was no call.
pub async fn survives_pauses<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
) -> usize {
    survives::<D, B, S>(scenario, Strike::PAUSES).await
}

async fn survives<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
    strikes: &[Strike],
) -> usize {
    let points = match strike::<D, B, S>(scenario, strikes).await {
        Ok(points) => points,
        Err(broken) => panic!("{broken}"),
    };
    assert!(points > 0, "{}: there was nowhere to strike", scenario.name);
    points
}
