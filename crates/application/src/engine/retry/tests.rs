#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use super::{ATTEMPTS, retry_conflicts};
use crate::fixture::{lost_race, unavailable};
use fm_domain::error::{PortError, PortResult, Retry};

/// How often a unit is run that answers `error` until its `wins`th run.
async fn runs(wins: u32, error: fn() -> PortError) -> (u32, PortResult<u32>) {
    let runs = Cell::new(0);
    let outcome = retry_conflicts(|| async {
        runs.set(runs.get() + 1);
        if runs.get() < wins { Err(error()) } else { Ok(runs.get()) }
    })
    .await;
    (runs.get(), outcome)
}

#[tokio::test]
async fn a_lost_race_is_run_again_five_times_at_most() {
    assert_eq!(runs(1, lost_race).await.1.unwrap(), 1);
    assert_eq!(runs(ATTEMPTS, lost_race).await.1.unwrap(), ATTEMPTS);
    let (count, outcome) = runs(ATTEMPTS + 1, lost_race).await;
    assert_eq!(count, ATTEMPTS);
    assert!(matches!(outcome, Err(PortError::Contended(_))));
}

#[tokio::test]
async fn nothing_else_is_run_again() {
    for error in [unavailable, || PortError::Poisoned, || PortError::Unexpected("no".into())] {
        let (count, outcome) = runs(2, error).await;
        assert_eq!(count, 1);
        assert_ne!(outcome.unwrap_err().retry(), Retry::Now);
    }
}
