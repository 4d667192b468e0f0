#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use super::{ATTEMPTS, contended};
use crate::store::{Retry, StoreError, Stored};
use crate::usecase::fixture::{lost_race, unavailable};

/// How often a unit is run that answers `error` until its `wins`th run.
async fn runs(wins: u32, error: fn() -> StoreError) -> (u32, Stored<u32>) {
    let runs = Cell::new(0);
    let outcome = contended(|| async {
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
    assert!(matches!(outcome, Err(StoreError::Contended(_))));
}

#[tokio::test]
async fn nothing_else_is_run_again() {
    for error in [unavailable, || StoreError::Poisoned, || StoreError::Unexpected("no".into())] {
        let (count, outcome) = runs(2, error).await;
        assert_eq!(count, 1);
        assert_ne!(outcome.unwrap_err().retry(), Retry::Now);
    }
}
