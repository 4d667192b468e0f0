//! Resumable uploads: tus 1.0.0 as clients speak it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use fm_http::CorsOrigins;

use crate::common::tus::{METADATA, PIECE, append, at, bare, begin, creation, tus, user};
use crate::common::{Client, MAX_RESUMABLE, Server};

#[actix_web::test]
async fn the_answer_that_completes_an_upload_tells_where_its_file_went() {
    let server = Server::start();
    let ada = user(&server).await;
    let first = begin(&ada, 5).await;
    let done = append(&ada, &first, 0, b"hello").await;
    assert_eq!((bare(&done), done.header("x-requested-name")), (204, None));
    let second = begin(&ada, 5).await;
    let done = append(&ada, &second, 0, b"hello").await;
    assert_eq!(done.header("x-requested-name"), Some("caf%C3%A9%2Etxt"));
    let shown = ada.get(&format!("/v1/files/{}", done.header("x-file-id").unwrap())).await;
    assert_eq!(shown.value()["name"], "café (2).txt");
    let folder = ada.json("POST", "/v1/folders", r#"{"name": "gone"}"#).await.value();
    let folder = folder["id"].as_str().unwrap();
    let metadata = fm_testkit::tus::metadata(&[("filename", "a.txt"), ("parent_id", folder)]);
    let placed = ada.with("Upload-Length", "5").with("Upload-Metadata", &metadata);
    let placed = placed.send("POST", "/v1/uploads", b"").await;
    let path = placed.header("location").unwrap();
    assert_eq!(ada.send("DELETE", &format!("/v1/folders/{folder}"), b"").await.status, 204);
    let done = append(&ada, path, 0, b"hello").await;
    assert_eq!((bare(&done), done.header("x-moved-from-parent-id")), (204, Some(folder)));
}

#[actix_web::test]
async fn a_server_says_what_it_knows_of_tus() {
    let server = Server::start();
    let answer = server.client().send("OPTIONS", "/v1/uploads", b"").await;
    assert_eq!(bare(&answer), 204);
    for (name, value) in [
        ("tus-resumable", "1.0.0"),
        ("tus-version", "1.0.0"),
        ("tus-max-size", &MAX_RESUMABLE.to_string()),
        (
            "tus-extension",
            "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum",
        ),
        ("tus-checksum-algorithm", "sha1,sha256,crc32"),
        ("allow", "OPTIONS, POST"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
}

#[actix_web::test]
async fn an_upload_comes_in_pieces_and_becomes_a_file() {
    let server = Server::start();
    let ada = user(&server).await;
    let created = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    assert_eq!(bare(&created), 201);
    let path = created.header("location").unwrap();
    assert!(path.starts_with("/v1/uploads/"), "{path}");
    // 2027-01-16T08:00:00Z, 24 hours after the clock of the server.
    assert_eq!(created.header("upload-expires"), Some("Sat, 16 Jan 2027 08:00:00 GMT"));
    assert_eq!((created.header("upload-offset"), created.header("x-file-id")), (None, None));

    let first = append(&ada, path, 0, b"hello").await;
    assert_eq!((bare(&first), first.header("upload-offset")), (204, Some("5")));
    assert!(first.header("upload-expires").is_some() && first.header("x-file-id").is_none());
    let shown = ada.send("HEAD", path, b"").await;
    assert_eq!(bare(&shown), 200);
    for (name, value) in [
        ("upload-offset", "5"),
        ("upload-length", "10"),
        ("upload-metadata", METADATA),
        ("cache-control", "no-store"),
        ("tus-resumable", "1.0.0"),
    ] {
        assert_eq!(shown.header(name), Some(value), "{name}");
    }

    let last = append(&ada, path, 5, b"world").await;
    assert_eq!((bare(&last), last.header("upload-offset")), (204, Some("10")));
    assert_eq!(last.header("upload-expires"), None);
    let file = last.header("x-file-id").unwrap();
    let again = ada.send("HEAD", path, b"").await;
    assert_eq!((again.header("x-file-id"), again.header("upload-offset")), (Some(file), Some("10")));
    let file = ada.get(&format!("/v1/files/{file}")).await.value();
    assert_eq!((&file["name"], &file["size"]), (&"café.txt".into(), &10.into()));
    assert_eq!(file["content_type"], "text/plain");
    assert_eq!(file["sha256"], "936a185caaa266bb9cbe981e9e05cb78cd732b0b3280eb944412bb6f8f8f07af");
}

#[actix_web::test]
async fn bytes_may_come_with_the_creation() {
    let server = Server::start();
    let ada = user(&server).await;
    let with_piece = |length, body: &'static [u8]| {
        let client = creation(&ada, length).with("Content-Type", PIECE);
        async move { client.send("POST", "/v1/uploads", body).await }
    };
    let half = with_piece(10, b"hello").await;
    assert_eq!((bare(&half), half.header("upload-offset")), (201, Some("5")));
    let rest = append(&ada, half.header("location").unwrap(), 5, b"world").await;
    assert!(rest.header("x-file-id").is_some());
    let whole = with_piece(5, b"hello").await;
    assert_eq!((whole.status, whole.header("upload-offset")), (201, Some("5")));
    assert!(whole.header("x-file-id").is_some());
    // Some clients send a type with every request: another body is not taken.
    let other = creation(&ada, 5).with("Content-Type", "text/plain").send("POST", "/v1/uploads", b"").await;
    assert_eq!((other.status, other.header("upload-offset")), (201, None));
}

#[actix_web::test]
async fn what_has_no_bytes_is_a_file_at_once() {
    let server = Server::start();
    let ada = user(&server).await;
    for client in [creation(&ada, 0), creation(&ada, 0).with("Content-Type", PIECE)] {
        let answer = client.send("POST", "/v1/uploads", b"").await;
        assert_eq!((answer.status, answer.header("upload-expires")), (201, None));
        let file = answer.header("x-file-id").unwrap();
        assert_eq!(ada.get(&format!("/v1/files/{file}")).await.value()["size"], 0);
    }
}

#[actix_web::test]
async fn a_length_may_be_told_later() {
    let server = Server::start();
    let ada = user(&server).await;
    let deferred = ada.with("Upload-Defer-Length", "1").with("Upload-Metadata", METADATA);
    let answer = deferred.send("POST", "/v1/uploads", b"").await;
    assert_eq!(answer.status, 201);
    let path = answer.header("location").unwrap();
    assert_eq!(append(&ada, path, 0, b"hello").await.status, 204);
    let shown = ada.send("HEAD", path, b"").await;
    assert_eq!(shown.header("upload-defer-length"), Some("1"));
    assert_eq!(shown.header("upload-length"), None);
    let short = at(&ada, 5).with("Upload-Length", "4").send("PATCH", path, b"").await;
    assert_eq!(short.problem(), (409, "conflict".into()));
    let told = at(&ada, 5).with("Upload-Length", "7").send("PATCH", path, b"!").await;
    assert_eq!((told.status, told.header("upload-offset")), (204, Some("6")));
    let other = at(&ada, 6).with("Upload-Length", "8").send("PATCH", path, b"!").await;
    assert_eq!(other.problem(), (409, "conflict".into()));
    let last = at(&ada, 6).with("Upload-Length", "7").send("PATCH", path, b"!").await;
    assert!(last.header("x-file-id").is_some());
}

#[actix_web::test]
async fn a_repetition_with_the_same_key_finds_the_upload() {
    let server = Server::start();
    let ada = user(&server).await.with("Idempotency-Key", "k-1");
    let path = begin(&ada, 10).await;
    assert_eq!(append(&ada, &path, 0, b"hello").await.status, 204);
    let again = creation(&ada, 10).with("Content-Type", PIECE).send("POST", "/v1/uploads", b"hello").await;
    assert_eq!((bare(&again), again.header("location")), (200, Some(path.as_str())));
    assert_eq!(again.header("upload-offset"), Some("5"));
    let last = append(&ada, &path, 5, b"world").await;
    let done = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    assert_eq!((done.status, done.header("location")), (200, Some(path.as_str())));
    assert_eq!(done.header("x-file-id"), last.header("x-file-id"));
    let other = creation(&ada, 11).send("POST", "/v1/uploads", b"").await;
    assert_eq!(other.problem(), (409, "conflict".into()));
}

#[actix_web::test]
async fn a_piece_without_a_length_is_taken() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let some = at(&ada, 0).chunked("PATCH", &path, &[b"hel", b"lo", b"wo"]).await;
    assert_eq!((some.status, some.header("upload-offset")), (204, Some("7")));
    assert!(at(&ada, 7).chunked("PATCH", &path, &[b"rld"]).await.header("x-file-id").is_some());
}

#[actix_web::test]
async fn a_cancelled_upload_is_gone_and_a_file_stays() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    append(&ada, &path, 0, b"hello").await;
    assert_eq!(bare(&ada.send("DELETE", &path, b"").await), 204);
    assert_eq!(ada.send("DELETE", &path, b"").await.problem(), (404, "not_found".into()));
    assert_eq!(append(&ada, &path, 5, b"world").await.problem(), (404, "not_found".into()));
    assert_eq!(bare(&ada.send("HEAD", &path, b"").await), 404);
    let path = begin(&ada, 5).await;
    let done = append(&ada, &path, 0, b"hello").await;
    assert_eq!(bare(&ada.send("DELETE", &path, b"").await), 204);
    let file = format!("/v1/files/{}", done.header("x-file-id").unwrap());
    assert_eq!(ada.get(&file).await.status, 200);
}

#[actix_web::test]
async fn every_answer_names_the_version_and_every_request_must() {
    let server = Server::start();
    let ada = user(&server).await;
    let path = begin(&ada, 10).await;
    let silent = ada.without("Tus-Resumable");
    for client in [silent.clone(), silent.with("Tus-Resumable", "0.2.2")] {
        let client = creation(&client, 10);
        for (method, path) in [("POST", "/v1/uploads"), ("PATCH", path.as_str()), ("DELETE", &path)] {
            let answer = client.send(method, path, b"").await;
            assert_eq!(answer.problem(), (412, "precondition_failed".into()), "{method}");
            assert_eq!(
                (answer.header("tus-version"), answer.header("tus-resumable")),
                (Some("1.0.0"), Some("1.0.0"))
            );
        }
        assert_eq!(bare(&client.send("HEAD", &path, b"").await), 412);
    }
    let stranger = tus(&server.client());
    for (method, path) in [("POST", "/v1/uploads"), ("PATCH", path.as_str()), ("DELETE", &path)] {
        let answer = stranger.send(method, path, b"").await;
        assert_eq!(answer.problem(), (401, "unauthenticated".into()), "{method}");
        assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    }
    for (method, path, allow) in [
        ("GET", path.as_str(), "PATCH, HEAD, DELETE"),
        ("POST", &path, "PATCH, HEAD, DELETE"),
        ("PUT", &path, "PATCH, HEAD, DELETE"),
        ("GET", "/v1/uploads", "OPTIONS, POST"),
    ] {
        let answer = ada.send(method, path, b"").await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".into()), "{method} {path}");
        assert_eq!((answer.header("allow"), answer.header("tus-resumable")), (Some(allow), Some("1.0.0")));
    }
    let options = stranger.send("OPTIONS", &path, b"").await;
    assert_eq!((bare(&options), options.header("tus-resumable")), (204, Some("1.0.0")));
    assert_eq!(ada.get("/v1/files").await.header("tus-resumable"), None);
}

#[actix_web::test]
async fn a_post_may_stand_for_another_method() {
    let server = Server::start();
    let ada = user(&server).await;
    let meaning = |client: &Client, method: &str| client.with("X-HTTP-Method-Override", method);
    let created = meaning(&creation(&ada, 10), "POST").send("POST", "/v1/uploads", b"").await;
    assert_eq!(created.status, 201);
    let path = created.header("location").unwrap();
    let appended = meaning(&at(&ada, 0), "PATCH").send("POST", path, b"hello").await;
    assert_eq!((appended.status, appended.header("upload-offset")), (204, Some("5")));
    let shown = meaning(&ada, "head").send("POST", path, b"").await;
    assert_eq!((bare(&shown), shown.header("upload-offset")), (200, Some("5")));
    assert_eq!(meaning(&ada, "DELETE").send("POST", path, b"").await.status, 204);
    // It is still a POST, whose answer has a body.
    assert_eq!(meaning(&ada, "HEAD").send("POST", path, b"").await.problem(), (404, "not_found".into()));
    let get = meaning(&ada, "GET").send("POST", path, b"").await;
    assert_eq!(get.problem(), (405, "method_not_allowed".into()));
    // Nothing else is overridden.
    let put = meaning(&at(&ada, 0), "PATCH").send("PUT", path, b"hello").await;
    assert_eq!(put.problem(), (405, "method_not_allowed".into()));
    let file = meaning(&ada, "DELETE").send("POST", "/v1/files?name=a", b"hello").await;
    assert_eq!(file.status, 201);
}

#[actix_web::test]
async fn a_browser_of_an_allowed_origin_can_upload() {
    let server =
        Server::with(|settings| settings.cors = CorsOrigins::List(vec!["https://app.example".into()]));
    let ada = user(&server).await.with("Origin", "https://app.example");
    let wanted = "authorization,content-type,idempotency-key,tus-resumable,upload-checksum,upload-defer-length,\
        upload-length,upload-metadata,upload-offset,x-http-method-override";
    for method in ["POST", "PATCH", "DELETE", "HEAD"] {
        let preflight = server
            .client()
            .with("Origin", "https://app.example")
            .with("Access-Control-Request-Method", method)
            .with("Access-Control-Request-Headers", wanted)
            .send("OPTIONS", "/v1/uploads", b"")
            .await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), Some("https://app.example"));
        assert_eq!(preflight.header("access-control-allow-headers"), Some(wanted));
        assert!(preflight.header("access-control-allow-methods").unwrap().contains(method));
    }
    let created = creation(&ada, 10).send("POST", "/v1/uploads", b"").await;
    let exposed = created.header("access-control-expose-headers").unwrap();
    for name in [
        "Location",
        "X-File-Id",
        "Upload-Offset",
        "Upload-Length",
        "Upload-Defer-Length",
        "Upload-Metadata",
        "Upload-Expires",
        "Tus-Resumable",
        "Tus-Version",
        "Tus-Extension",
        "Tus-Max-Size",
        "Tus-Checksum-Algorithm",
        "Retry-After",
    ] {
        assert!(exposed.split(", ").any(|known| known == name), "{name} in {exposed}");
    }
}
