#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tokio_postgres::SimpleQueryMessage;

use super::*;
use crate::plans::{OWNER, filled};

/// PostgreSQL makes one plan for all values once a statement was run a few times.
#[tokio::test]
async fn what_a_user_has_is_marked_along_its_index_by_a_plan_for_any_value() {
    let fixture = filled().await;
    let mark = mark_owned(OWNER, Timestamp::from_unix_seconds(1_767_400_000));
    let text = diesel::debug_query::<Pg, _>(&mark).to_string();
    let (text, _values) = text.split_once(" -- binds").unwrap();
    let client = fixture.client().await;
    let prepare = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE mark (text, timestamptz, timestamptz, uuid) AS {text}"
    );
    client.batch_execute(&prepare).await.unwrap();
    let plan = format!("EXPLAIN EXECUTE mark ('{DELETED}', now(), now(), '{OWNER}')");
    let plan = client.simple_query(&plan).await.unwrap();
    let lines = plan
        .iter()
        .filter_map(|message| if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None });
    let plan = lines.collect::<Vec<&str>>().join("\n");
    assert!(plan.contains("blobs_owner_id_id_idx") && !plan.contains("Seq Scan"), "{plan}");
}
