//! A short run of what `scripts/upgrade` does at length with the program of an older commit: here both are the same version.

use std::time::Duration;

use fm_e2e::{UpgradePlan, binary, upgrade};

#[tokio::test]
async fn a_rolling_restart_fails_no_request_and_loses_nothing() {
    let plan = UpgradePlan { old: binary(), stage: Duration::from_secs(2), clients: 3, seed: 5 };
    let counts = Box::pin(upgrade(&plan)).await;
    assert!(counts.load.acknowledged > 0 && counts.load.read_back > 0, "the clients did something: {counts}");
}
