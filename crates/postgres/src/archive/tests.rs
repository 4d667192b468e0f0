#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};

use super::*;
use crate::plans::common::Fixture;
use crate::sql::{statement, typed};

/// Whether tables may be read whole.
fn reads_tables() -> impl Query<SqlType = Text> + QueryFragment<Pg> + QueryId + Send + 'static {
    statement::<Text, _>("SELECT current_setting(?)", (typed::<Text, _>("enable_seqscan"),))
}

#[tokio::test]
async fn what_is_about_all_rows_may_read_tables_whole() {
    let fixture = Fixture::fresh().await;
    let mut lease = fixture.pool.lease().await.unwrap();
    let of_requests: String = lease.run(|connection| reads_tables().get_result(connection)).await.unwrap();
    assert_eq!(of_requests, "off");
    lease.begin().await.unwrap();
    lease.batch(SNAPSHOT).await.unwrap();
    let of_snapshots: String = lease.run(|connection| reads_tables().get_result(connection)).await.unwrap();
    assert_eq!(of_snapshots, "on");
    drop(lease);
    let lease = fixture.pool.lease().await.unwrap();
    let mut unit = PgUnitOfWork::new(fixture.pool.clone(), lease, Turns::default());
    unit.begin_by(ROWS).await.unwrap();
    let of_rows: String = unit.run(|connection| reads_tables().get_result(connection)).await.unwrap();
    assert_eq!(of_rows, "on");
}
