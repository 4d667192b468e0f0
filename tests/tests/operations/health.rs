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
