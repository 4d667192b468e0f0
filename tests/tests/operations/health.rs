//! `/health/live` and `/health/ready`

use fm_e2e::{Api, Lane, on_every_lane};
use serde_json::json;

async fn a_server_that_serves_is_live(lane: Lane) {
    let api = Api::on(lane);
    assert_eq!(api.get("/health/live").send().await.expect(200).json(), json!({"status": "ok"}));
}

async fn a_server_that_reaches_everything_is_ready(lane: Lane) {
    let api = Api::on(lane);
    let ready = api.get("/health/ready").send().await.expect(200).json();
    let expected =
        json!({"status": "ok", "checks": {"database": "ok", "blob_store": "ok", "session_store": "ok"}});
    assert_eq!(ready, expected);
}

async fn health_takes_no_credentials_and_tells_no_more(lane: Lane) {
    let api = Api::on(lane);
    let answer = api.bearing("nonsense").get("/health/ready").send().await.expect(200);
    assert!(!answer.text().contains("127.0.0.1"));
    assert!(!answer.text().contains("postgres:"));
}

on_every_lane![
    a_server_that_serves_is_live,
    a_server_that_reaches_everything_is_ready,
    health_takes_no_credentials_and_tells_no_more,
];

/// A store that went away is named, and comes back without a restart.
#[tokio::test]
async fn a_store_out_of_reach_is_named() {
    let api = Api::with(Lane::PostgresS3, &[("S3_ENDPOINT", "http://127.0.0.1:9")]);
    let answer = api.get("/health/ready").send().await.expect(503);
    let checks = answer.json()["checks"].clone();
    assert_eq!(checks["blob_store"], "failed", "{checks}");
    assert_eq!(checks["database"], "ok", "{checks}");
    assert_eq!(answer.json()["status"], "failed");
    api.get("/health/live").send().await.expect(200);
    let user = api.user().await;
    let upload = user.upload("a.txt", "text").send().await;
    upload.problem(503, "unavailable");
    assert!(upload.header("retry-after").is_some());
    assert!(!upload.text().contains("127.0.0.1:9"), "the cause is nobody's business");
    assert_eq!(user.storage().await, (0, 0), "nothing half-done is left visible");
    assert!(user.all(&[]).await.is_empty());
}
