//! Nothing that was acknowledged is lost when the program is killed, or what it stands on: a short run of what
//! `scripts/crash` does at length.

use fm_e2e::{CrashCounts, CrashPlan, InjectedFault, Lane, crash};
use tokio::join;

async fn run(lane: Lane, kills: usize, injected: InjectedFault) -> CrashCounts {
    crash(lane, CrashPlan { kills, clients: 4, seed: 8, injected }).await
}

async fn amid_kills(lane: Lane) {
    let counts = run(lane, 8, InjectedFault::Kills).await;
    assert!(counts.cut_off > 0, "the kills cut something off: {counts}");
    assert_eq!(counts.refused, 0, "nothing else failed: {counts}");
}

async fn amid_kills_and_faults(lane: Lane) {
    let counts = run(lane, 8, InjectedFault::KillsAmidFaults).await;
    assert!(counts.cut_off > 0, "the kills cut something off: {counts}");
    assert!(counts.faults > 0, "there were faults: {counts}");
}

/// `pg_ctl stop -m immediate` and a start, under load: the program recovers by itself.
async fn amid_kills_of_the_database() {
    let counts = run(Lane::PostgresS3, 5, InjectedFault::DatabaseKills).await;
    assert!(counts.refused > 0, "there was no database for a while: {counts}");
    assert_eq!(counts.cut_off, 0, "the program itself went on: {counts}");
}

/// A primary is killed under load and its synchronous standby takes over: the program finds it by itself.
async fn amid_failovers() {
    let counts = run(Lane::PostgresS3, 3, InjectedFault::Failovers).await;
    assert!(counts.refused > 0, "there was no primary for a while: {counts}");
    assert_eq!(counts.cut_off, 0, "the program itself went on: {counts}");
}

// At the end each run waits for the leases of what was killed: all of them at the same time.
mod embedded {
    use super::*;

    #[tokio::test]
    async fn every_acknowledged_change_survives() {
        join!(amid_kills(Lane::Embedded), amid_kills_and_faults(Lane::Embedded));
    }
}

mod postgres_s3 {
    use super::*;

    #[tokio::test]
    async fn every_acknowledged_change_survives() {
        join!(
            amid_kills(Lane::PostgresS3),
            amid_kills_and_faults(Lane::PostgresS3),
            amid_kills_of_the_database(),
            amid_failovers()
        );
    }
}
