//! `GET /v1/capabilities`

use fm_e2e::{Api, Lane, on_every_lane};
use serde_json::Value;

/// Whether any member of the document, at any depth, has this value.
fn holds(document: &Value, wanted: &Value) -> bool {
    match document {
        Value::Object(members) => members.values().any(|value| holds(value, wanted)),
        Value::Array(items) => items.iter().any(|value| holds(value, wanted)),
        other => other == wanted,
    }
}

async fn the_deployment_tells_its_limits(lane: Lane) {
    let api = Api::on(lane);
    let document = api.get("/v1/capabilities").send().await.expect(200).json();
    for transport in ["form", "raw", "tus", "direct"] {
        assert!(holds(&document["transports"], &transport.into()), "{transport} in {document:#}");
    }
    for limit in [52_428_800, 65_536, 255] {
        assert!(holds(&document, &limit.into()), "{limit} in {document:#}");
    }
    for format in ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"] {
        assert!(holds(&document, &format.into()), "{format} in {document:#}");
    }
}

async fn the_limits_are_those_of_the_configuration(lane: Lane) {
    let api = Api::with(lane, &[("MAX_UPLOAD_BYTES", "123457")]);
    let document = api.get("/v1/capabilities").send().await.expect(200).json();
    assert!(holds(&document, &123_457.into()), "{document:#}");
    assert!(!holds(&document, &52_428_800.into()), "{document:#}");
}

on_every_lane![the_deployment_tells_its_limits, the_limits_are_those_of_the_configuration];
