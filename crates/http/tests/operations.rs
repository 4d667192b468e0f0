//! Health, capabilities and documentation.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{MAX_UPLOAD, Server};
use serde_json::json;

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
    assert_eq!(value["transports"], json!(["form", "raw"]));
    assert_eq!(value["tus_extensions"], json!([]));
    assert_eq!(value["thumbnail_formats"], json!(["image/png"]));
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
