//! Bodies as clients really encode them: codings, forms where bytes are meant, and what encoders make of names.

#![expect(clippy::unwrap_used, reason = "a test may")]

use crate::common::client::Answer;
use crate::common::tus::{PIECE, at, begin, creation, tus};
use crate::common::{Client, Server};

/// A form of these parts: their heads, and their bytes.
fn form(parts: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (head, bytes) in parts {
        form.extend_from_slice(b"--xyz\r\n");
        form.extend_from_slice(head);
        form.extend_from_slice(b"\r\n\r\n");
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--xyz--\r\n");
    form
}

fn disposition(parameters: &[u8]) -> Vec<u8> {
    [b"Content-Disposition: form-data; name=\"file\"; ", parameters].concat()
}

fn of_type(client: &Client, content_type: &str) -> Client {
    client.with("Content-Type", content_type)
}

async fn post(client: &Client, parts: &[(&[u8], &[u8])]) -> Answer {
    of_type(client, "multipart/form-data; boundary=xyz").send("POST", "/v1/files", &form(parts)).await
}

/// A path of the server that its URL leads to.
fn path_of(url: &str) -> String {
    url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap()
}

/// The bytes of a file.
async fn bytes_of(client: &Client, file: &str) -> Vec<u8> {
    let file = client.get(&format!("/v1/files/{file}")).await.value();
    client.get(&path_of(file["download"]["url"].as_str().unwrap())).await.body
}

#[actix_web::test]
async fn a_content_coding_is_refused_on_every_body() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let id =
        ada.send("POST", "/v1/files?name=a.txt", b"old").await.value()["id"].as_str().unwrap().to_owned();
    let tus = tus(&ada);
    let upload = begin(&tus, 5).await;
    let json = of_type(&ada, "application/json");
    let (file, content) = (format!("/v1/files/{id}"), format!("/v1/files/{id}/content"));
    let requests: [(&Client, &str, &str); 7] = [
        (&json, "PATCH", &file),
        (&of_type(&server.client(), "application/json"), "POST", "/v1/auth/login"),
        (&ada, "POST", "/v1/files?name=b.txt"),
        (&of_type(&ada, "multipart/form-data; boundary=xyz"), "POST", "/v1/files"),
        (&ada, "PUT", &content),
        (&at(&tus, 0), "PATCH", &upload),
        (&of_type(&creation(&tus, 5), PIECE), "POST", "/v1/uploads"),
    ];
    for (client, method, path) in requests {
        for coding in ["gzip", "GZIP", "br", "identity, deflate", "x-ours"] {
            let coded = client.with("Content-Encoding", coding);
            for answer in [
                coded.send(method, path, b"\x1f\x8b123").await,
                coded.chunked(method, path, &[b"\x1f\x8b123"]).await,
            ] {
                assert_eq!(
                    answer.problem(),
                    (415, "unsupported_media_type".into()),
                    "{method} {path}: {coding}"
                );
                assert!(answer.value()["detail"].as_str().unwrap().contains("Content-Encoding"));
                assert_eq!(answer.header("accept-encoding"), Some("identity"));
            }
        }
    }
    let identity =
        json.with("Content-Encoding", "identity").send("PATCH", &file, br#"{"name": "b.txt"}"#).await;
    assert_eq!((identity.status, &identity.value()["name"]), (200, &"b.txt".into()));
    assert_eq!(bytes_of(&ada, &id).await, b"old");
}

#[actix_web::test]
async fn the_file_of_a_form_replaces_content_as_it_is_uploaded() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.txt", b"old").await;
    let (id, tag) =
        (file.value()["id"].as_str().unwrap().to_owned(), file.header("etag").unwrap().to_owned());
    let path = format!("/v1/files/{id}/content");
    let as_form = of_type(&ada, "multipart/form-data; boundary=xyz");
    for disposition in
        [disposition(b"filename=\"other.txt\""), disposition(b"filename=\"a\0b\""), disposition(b"x=y")]
    {
        let head = [&disposition[..], b"\r\nContent-Type: text/csv"].concat();
        let body =
            form(&[(b"Content-Disposition: form-data; name=\"name\"", b"ignored"), (&head, b"new,content")]);
        let replaced = as_form.send("PUT", &path, &body).await;
        assert_eq!(replaced.status, 200, "{}", replaced.text());
        let value = replaced.value();
        assert_eq!((&value["name"], &value["size"]), (&"a.txt".into(), &11.into()));
        assert_eq!(value["content_type"], "text/csv");
        assert_eq!(bytes_of(&ada, &id).await, b"new,content");
    }
    // What is refused leaves the content as it was.
    let head = disposition(b"filename=\"a.txt\"");
    let good = form(&[(&head, b"newer")]);
    let stale = as_form.with("If-Match", &tag).send("PUT", &path, &good).await;
    assert_eq!(stale.problem(), (412, "precondition_failed".into()));
    let twice = as_form.send("PUT", &path, &form(&[(&head, b"a"), (&head, b"b")])).await;
    assert_eq!(twice.pointers(), ["/file"]);
    let name: &[u8] = b"Content-Disposition: form-data; name=\"name\"";
    let twice = as_form.send("PUT", &path, &form(&[(name, b"a"), (&head, b"x"), (name, b"a")])).await;
    assert_eq!(twice.pointers(), ["/name"]);
    let in_one_head = [&head[..], b"; name=\"name\""].concat();
    let twice = as_form.send("PUT", &path, &form(&[(&in_one_head, b"x")])).await;
    assert_eq!(twice.problem(), (400, "malformed_request".into()));
    assert_eq!(as_form.send("PUT", &path, &form(&[])).await.pointers(), ["/file"]);
    let cut = as_form.send("PUT", &path, &good[..good.len() - 9]).await;
    assert_eq!(cut.problem(), (400, "malformed_request".into()));
    let large = form(&[(&head, &vec![b'x'; 300_001])]);
    assert_eq!(as_form.send("PUT", &path, &large).await.problem(), (413, "payload_too_large".into()));
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=other"] {
        let answer = of_type(&ada, content_type).send("PUT", &path, &good).await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{content_type}");
    }
    let unknown = "/v1/files/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10/content";
    assert_eq!(as_form.send("PUT", unknown, &good).await.problem(), (404, "not_found".into()));
    assert_eq!(bytes_of(&ada, &id).await, b"new,content");
    server.uploads_ended().await;
    // The present one, and three that jobs have still to delete.
    assert_eq!(server.blobs.count(), 4);
}

#[actix_web::test]
async fn other_multipart_bodies_are_refused_everywhere() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let file = ada.send("POST", "/v1/files?name=a.txt", b"old").await.value();
    let id = file["id"].as_str().unwrap();
    let path = format!("/v1/files/{id}/content");
    let direct = ada.json("POST", "/v1/direct-uploads", r#"{"name": "d.txt", "size": 5}"#).await.value();
    let part = path_of(direct["parts"][0]["url"].as_str().unwrap());
    for content_type in
        ["multipart/mixed; boundary=xyz", "Multipart/Related", "multipart/alternative; boundary=\"x\""]
    {
        let client = of_type(&ada, content_type);
        for (method, path) in [("POST", "/v1/files?name=b"), ("PUT", path.as_str()), ("PUT", part.as_str())] {
            let answer = client.send(method, path, b"12345").await;
            assert_eq!(
                answer.problem(),
                (415, "unsupported_media_type".into()),
                "{method} {path} {content_type}"
            );
        }
    }
    let form = of_type(&ada, "multipart/form-data; boundary=xyz").send("PUT", &part, b"12345").await;
    assert_eq!(form.problem(), (415, "unsupported_media_type".into()));
    let upload = tus(&ada);
    let upload_path = begin(&upload, 5).await;
    let patch = at(&upload, 0).without("Content-Type").with("Content-Type", "multipart/mixed; boundary=xyz");
    assert_eq!(
        patch.send("PATCH", &upload_path, b"12345").await.problem(),
        (415, "unsupported_media_type".into())
    );
    assert_eq!(bytes_of(&ada, id).await, b"old");
    assert_eq!(ada.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn names_are_taken_as_real_encoders_write_them() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let cases: [(&[u8], &str); 6] = [
        // Browsers, after the WHATWG standard.
        (b"filename=\"a%22b.txt\"", "a\"b.txt"),
        // aiohttp.
        (b"filename=\"up%20%C3%A9.bin\"", "up%20%C3%A9.bin"),
        (b"filename=\"caf\xe9.txt\"; filename*=UTF-8''caf%C3%A9.txt", "café.txt"),
        (b"filename*=UTF-8''caf%C3%A9.txt; filename=\"caf\xe9.txt\"", "café.txt"),
        (b"\r\n filename=\"folded.txt\"", "folded.txt"),
        (b"filename=\"C:\\dir\\a%22b.txt\"", "a\"b.txt"),
    ];
    for (parameters, name) in cases {
        let answer = post(&ada, &[(&disposition(parameters), b"hello")]).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.asked_name(), name);
    }
    let latin_1 = disposition(b"filename=\"caf\xe9.txt\"");
    let named = b"Content-Disposition: form-data; name=\"name\"";
    for parts in
        [[(&named[..], &b"good.txt"[..]), (&latin_1, b"hello")], [(&latin_1, b"hello"), (named, b"good.txt")]]
    {
        assert_eq!(post(&ada, &parts).await.asked_name(), "good.txt");
    }
    assert_eq!(post(&ada, &[(&latin_1, b"hello")]).await.pointers(), ["/name"]);
    assert_eq!(post(&ada, &[(&disposition(b"filename=\"a%0D%0Ab\""), b"hello")]).await.pointers(), ["/name"]);
}

#[actix_web::test]
async fn a_part_whose_bytes_stand_for_others_is_refused() {
    let server = Server::start();
    let ada = server.user("ada@example.org").await;
    let head = |field: &str| [&disposition(b"filename=\"a.txt\"")[..], b"\r\n", field.as_bytes()].concat();
    for field in ["Content-Transfer-Encoding: base64", "content-transfer-encoding: quoted-printable"] {
        let answer = post(&ada, &[(&head(field), b"aGVsbG8=")]).await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{field}");
        assert!(answer.value()["detail"].as_str().unwrap().contains("Content-Transfer-Encoding"));
        let name = b"Content-Disposition: form-data; name=\"name\"\r\nContent-Transfer-Encoding: base64";
        let answer = post(&ada, &[(&disposition(b"filename=\"a.txt\""), b"hello"), (name, b"YQ==")]).await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()), "{field}");
    }
    for field in [
        "Content-Transfer-Encoding: binary",
        "Content-Transfer-Encoding: 8BIT",
        "Content-Transfer-Encoding: 7bit",
    ] {
        assert_eq!(post(&ada, &[(&head(field), b"hello")]).await.status, 201, "{field}");
    }
    server.uploads_ended().await;
    assert_eq!(server.blobs.count(), 3);
}

#[actix_web::test]
async fn a_tus_extension_that_is_not_offered_is_refused_by_name_at_once() {
    let server = Server::start();
    let ada = tus(&server.user("ada@example.org").await);
    let partial = creation(&ada, 5).with("Upload-Concat", "partial");
    let final_ = ada.with("Upload-Concat", "final;/v1/uploads/a /v1/uploads/b");
    let with_bytes = of_type(&partial, PIECE);
    for client in [partial, final_, with_bytes] {
        let answer = client.send("POST", "/v1/uploads", b"").await;
        assert_eq!(answer.problem(), (400, "malformed_request".into()));
        assert!(answer.value()["detail"].as_str().unwrap().contains("concatenation"), "{}", answer.text());
        assert_eq!((answer.header("location"), answer.header("tus-resumable")), (None, Some("1.0.0")));
    }
    let path = begin(&ada, 5).await;
    let trailer =
        at(&ada, 0).with("Trailer", "Expires, upload-checksum").chunked("PATCH", &path, &[b"hello"]).await;
    assert_eq!(trailer.problem(), (400, "malformed_request".into()));
    assert!(trailer.value()["detail"].as_str().unwrap().contains("checksum-trailer"));
    assert_eq!(at(&ada, 0).send("PATCH", &path, b"hello").await.status, 204);
    assert_eq!(ada.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_clients_are_given_leads_below_the_path_of_the_public_url() {
    let server = Server::with(|settings| settings.public_url.push_str("/apps/files"));
    let client = server.client();
    let body = r#"{"email": "ada@example.org", "password": "correct horse"}"#;
    client.json("POST", "/v1/auth/register", body).await;
    let login = client.json("POST", "/v1/auth/login", body).await;
    let paths: Vec<&str> = login
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .filter_map(|(_, cookie)| cookie.split("; ").find_map(|field| field.strip_prefix("Path=")))
        .collect();
    assert_eq!(paths, ["/", "/apps/files/v1/auth"]);
    let ada = client.with_token(login.value()["access_token"].as_str().unwrap());
    let file = ada.send("POST", "/v1/files?name=a.txt", b"hello").await;
    assert_eq!(
        file.header("location").unwrap(),
        format!("/apps/files/v1/files/{}", file.value()["id"].as_str().unwrap())
    );
    let upload = creation(&tus(&ada), 5).send("POST", "/v1/uploads", b"").await;
    assert!(upload.header("location").unwrap().starts_with("/apps/files/v1/uploads/"));
    let out = ada.send("POST", "/v1/auth/logout", b"").await;
    assert!(
        out.headers
            .iter()
            .any(|(_, value)| value.contains("__Secure-refresh_token=; Path=/apps/files/v1/auth;"))
    );
}
