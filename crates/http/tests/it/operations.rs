//! Health, capabilities and documentation.

#![expect(clippy::unwrap_used, reason = "a test may")]

use fm_application::wiring::Ports;
use serde_json::json;

use crate::common::{MAX_RESUMABLE, MAX_UPLOAD, Server, UPLOAD_TTL};

#[actix_web::test]
async fn it_is_ready_until_it_shuts_down() {
    let server = Server::start();
    let client = server.client();
    assert_eq!(client.get("/health/live").await.value(), json!({"status": "ok"}));
    let checks = json!({"database": "ok", "blob_store": "ok", "session_store": "ok"});
    let ready = client.get("/health/ready").await;
    assert_eq!((ready.status, ready.value()), (200, json!({"status": "ok", "checks": checks})));
    server.state.shutting_down.cancel();
    let leaving = client.get("/health/ready").await;
    assert_eq!((leaving.status, leaving.value()), (503, json!({"status": "failed", "checks": checks})));
    assert_eq!(client.get("/health/live").await.status, 200);
}

#[actix_web::test]
async fn capabilities_tell_what_is_really_offered() {
    let server = Server::start();
    let value = server.client().get("/v1/capabilities").await.value();
    assert_eq!(value["limits"]["upload_bytes"], MAX_UPLOAD);
    assert_eq!(value["limits"]["form_bytes"], MAX_UPLOAD + 65_536);
    assert_eq!(value["limits"]["resumable_bytes"], MAX_RESUMABLE);
    assert_eq!(value["limits"]["upload_expiry_seconds"], UPLOAD_TTL.as_secs());
    assert_eq!(value["limits"]["parts_json_bytes"], 262_144);
    assert_eq!(value["transports"], json!(["form", "raw", "tus", "direct"]));
    assert_eq!(value["tus_extensions"].as_array().unwrap().len(), 6);
    assert_eq!(value["tus_checksum_algorithms"], json!(["sha1", "sha256", "crc32"]));
    assert_eq!(value["part_size_bytes"], 8 << 20);
    assert_eq!(value["thumbnail_formats"], json!(["image/png"]));
    assert_eq!(value["previews"], json!({"small": 256, "medium": 1024}));
    assert_eq!(
        value["tree"],
        json!({
            "max_depth": 64,
            "max_folder_entries": 100_000,
            "max_path_bytes": 16_384,
            "max_batch": 1_000,
            "max_atomic_batch": 100,
            "batch_json_bytes": 1_048_576,
            "max_entries_at_once": 1_000,
            "trash_retention_days": 30,
            "versions_max_count": 10,
            "versions_max_age_days": 90,
            "max_pinned_versions": 100,
            "names_portable": false,
        })
    );
}

#[actix_web::test]
async fn what_is_not_offered_has_no_route_and_no_capability() {
    let server = Server::with_both(
        |_| {},
        |settings| {
            settings.resumable_uploads = false;
            settings.direct_uploads = false;
        },
    );
    let ada = server.user("ada@example.org").await.with("Tus-Resumable", "1.0.0");
    let id = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10";
    for (method, path) in [
        ("OPTIONS", "/v1/uploads"),
        ("POST", "/v1/uploads"),
        ("PATCH", &format!("/v1/uploads/{id}")),
        ("POST", "/v1/direct-uploads"),
        ("POST", &format!("/v1/direct-uploads/{id}/complete")),
        ("PUT", &format!("/v1/direct-uploads/{id}/parts/1?token=x")),
    ] {
        let answer = ada.send(method, path, b"").await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{method} {path}");
    }
    let value = ada.get("/v1/capabilities").await.value();
    assert_eq!(value["transports"], json!(["form", "raw"]));
    assert_eq!((&value["tus_extensions"], &value["tus_checksum_algorithms"]), (&json!([]), &json!([])));
    for limit in ["resumable_bytes", "upload_expiry_seconds", "parts_json_bytes"] {
        assert_eq!(value["limits"][limit], json!(null), "{limit}");
    }
    assert_eq!(value["part_size_bytes"], json!(null));
}

#[actix_web::test]
async fn parts_come_to_us_only_where_the_store_is_ours() {
    let clients_reach_the_store = |ports: &mut Ports| {
        if let Some(direct) = &mut ports.direct {
            direct.receiver = None;
        }
    };
    let server = Server::with_all(|_| {}, |settings| settings.serves_blobs = false, clients_reach_the_store);
    let path = "/v1/direct-uploads/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10/parts/1?token=x";
    let answer = server.client().send("PUT", path, b"hello").await;
    assert_eq!(answer.problem(), (404, "not_found".into()));
}

#[actix_web::test]
async fn documentation_is_there_in_debug_mode_and_asks_no_other_host() {
    let server = Server::with(|settings| settings.is_debug = true);
    let client = server.client();
    assert_eq!(client.get("/openapi.json").await.value()["info"]["title"], "File Manager API");
    assert_eq!(client.get("/docs").await.header("location"), Some("/docs/"));
    for path in ["/docs/", "/redoc"] {
        let page = client.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{path}");
        assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'self'"), "{path}");
        assert!(!page.text().contains("//"), "{path} names another host: {}", page.text());
    }
    for path in ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/redoc/redoc.standalone.js"] {
        assert!(client.get(path).await.body.len() > 100_000, "{path}");
    }
    let initializer = client.get("/docs/swagger-initializer.js").await.text();
    assert!(
        initializer.contains("/openapi.json") && initializer.contains(r#""validatorUrl": "none""#),
        "{initializer}"
    );
    assert_eq!(client.get("/docs/nothing").await.problem(), (404, "not_found".into()));
}
