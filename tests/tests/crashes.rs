//! Nothing that was acknowledged is lost when the program is killed: a short run of what `scripts/crash` does at length.

use fm_e2e::{CrashPlan, Lane, crash};

async fn every_acknowledged_change_survives_a_kill(lane: Lane) {
    let counts = crash(lane, CrashPlan { kills: 8, clients: 4, seed: 8 }).await;
    assert!(counts.acknowledged > 0 && counts.read_back > 0, "the clients did something: {counts}");
    assert!(counts.cut_off > 0, "the kills cut something off: {counts}");
}

mod embedded {
    #[tokio::test]
    async fn every_acknowledged_change_survives_a_kill() {
        super::every_acknowledged_change_survives_a_kill(fm_e2e::Lane::Embedded).await;
    }
}

mod postgres_s3 {
    #[tokio::test]
    async fn every_acknowledged_change_survives_a_kill() {
        super::every_acknowledged_change_survives_a_kill(fm_e2e::Lane::PostgresS3).await;
    }
}
