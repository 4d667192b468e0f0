#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::database::UnitOfWork as _;

use super::*;
use crate::plans::common::Fixture;
use crate::plans::{Explain, OWNER, filled, plan};
use crate::turns::Turns;

fn now() -> Moment {
    Moment(Timestamp::from_unix_seconds(1_767_400_000))
}

#[tokio::test]
async fn claims_walk_along_their_indexes() {
    let fixture = filled().await;
    let now = || typed::<Timestamptz, _>(now());
    let claim = statement::<(), _>(
        CLAIM,
        (typed::<Array<Text>, _>(vec!["sweep_blobs"]), now(), typed::<BigInt, _>(5_i64), now(), now()),
    );
    let claim = plan(&fixture, claim).await;
    assert!(claim.contains("using jobs_priority_due_at_idx") && !claim.contains("Sort"), "{claim}");
    let fairly = statement::<(), _>(
        CLAIM_FAIRLY,
        (
            typed::<SqlUuid, _>(OWNER),
            typed::<Array<Text>, _>(vec!["sweep_blobs"]),
            now(),
            now(),
            typed::<Array<Text>, _>(vec!["sweep_blobs"]),
            now(),
            now(),
            now(),
            now(),
        ),
    );
    let fairly = plan(&fixture, fairly).await;
    let walks = ["jobs_owner_id_priority_due_at_idx", "jobs_running_owner_id_idx"];
    assert!(
        walks.iter().all(|index| fairly.contains(index)) && !fairly.contains("Seq Scan on jobs"),
        "{fairly}"
    );
}

/// More jobs than the statistics know: they saw an empty table, and are not renewed.
const BURST: &str = "
    ALTER TABLE jobs SET (autovacuum_enabled = false);
    ANALYZE jobs;
    INSERT INTO jobs (id, kind, payload, priority, run_at, due_at, owner_id)
    SELECT gen_random_uuid(), 'sweep_blobs', '{}', 0, moment, moment, gen_random_uuid()
    FROM generate_series(1, 6000) AS n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute') AS m (moment);";

#[tokio::test]
async fn after_a_burst_claims_walk_along_their_index_in_their_own_transaction_alone() {
    let fixture = Fixture::fresh().await;
    fixture.client().await.batch_execute(BURST).await.unwrap();
    let now = now().0;
    let kinds = [JobKind::new("sweep_blobs")];
    let claim = Claim { kinds: &kinds, now, lease_until: now };
    let lease = fixture.pool.lease().await.unwrap();
    let mut unit = PgUnitOfWork::new(fixture.pool.clone(), lease, Turns::default());
    assert!(unit.is_any_due(&claim).await.unwrap());
    unit.plan_without_sorts().await.unwrap();
    let (kinds, now) =
        (|| typed::<Array<Text>, _>(vec!["sweep_blobs"]), || typed::<Timestamptz, _>(Moment(now)));
    let first = statement::<(), _>(CLAIM, (kinds(), now(), typed::<BigInt, _>(5_i64), now(), now()));
    let first = unit.run(|connection| Explain(first).load::<String>(connection)).await.unwrap().join("\n");
    let sorts = first.contains("Sort Key: jobs.priority") || first.contains("Sort Key: jobs_1.priority");
    assert!(first.contains("using jobs_priority_due_at_idx") && !sorts, "{first}");
    let turn = typed::<SqlUuid, _>(OWNER);
    let fairly =
        statement::<(), _>(CLAIM_FAIRLY, (turn, kinds(), now(), now(), kinds(), now(), now(), now(), now()));
    let fairly = unit.run(|connection| Explain(fairly).load::<String>(connection)).await.unwrap().join("\n");
    assert!(fairly.contains("using jobs_priority_due_at_idx"), "the first jobs of all: {fairly}");
    Box::new(unit).commit().await.unwrap();
    let setting = statement::<Text, _>("SELECT current_setting(?)", (typed::<Text, _>("enable_sort"),));
    let setting: String =
        fixture.pool.lease().await.unwrap().run(|connection| setting.get_result(connection)).await.unwrap();
    assert_eq!(setting, "on", "the next transaction of the connection");
}
