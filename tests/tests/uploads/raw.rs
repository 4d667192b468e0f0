//! The raw body with `?name=`.

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::{Api, Lane, User, noise, on_every_lane, sha256_hex};

async fn an_upload_answers_with_the_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let request = user.post("/v1/files").query(&[("name", "hello.txt")]).header("content-type", "text/plain");
    let answer = request.body("hello").send().await.expect(201);
    let file = answer.json();
    assert_eq!(file["name"], "hello.txt");
    assert_eq!(file["content_type"], "text/plain");
    assert_eq!(file["size"], 5);
    assert_eq!(file["sha256"], sha256_hex(b"hello"));
    assert_eq!(file["created_at"], file["updated_at"]);
    assert!(file["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(file["thumbnail"]["status"], "none");
    for member in ["url", "width", "height"] {
        assert!(file["thumbnail"][member].is_null(), "{file}");
    }
    assert!(file["download"]["url"].as_str().unwrap().starts_with("http"));
    assert!(file["download"]["expires_at"].as_str().unwrap().ends_with('Z'));
    let mut members: Vec<&String> = file.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "content_type",
            "created_at",
            "download",
            "drive_id",
            "favorite",
            "id",
            "kind",
            "modified_at",
            "name",
            "parent_id",
            "path",
            "placeholder",
            "previews",
            "role",
            "sha256",
            "shared",
            "size",
            "thumbnail",
            "trashed_at",
            "updated_at",
            "version"
        ]
    );
    let path = User::path(&answer.parse());
    assert!(answer.field("location").ends_with(&path));
    let found = user.get(&path).send().await.expect(200);
    let mut shown = found.json();
    shown["path"] = "/hello.txt".into();
    assert_eq!(shown, file, "the upload tells the path too");
    assert_eq!(found.field("etag"), answer.field("etag"));
    let bytes = user.get(file["download"]["url"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(bytes.text(), "hello");
}

async fn an_empty_file_is_a_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file_of("text/plain", "empty.txt", "").await;
    assert_eq!(file.size, 0);
    assert_eq!(file.sha256, Some(sha256_hex(b"")));
    let bytes = user.get(file.download.url.expose()).send().await.expect(200);
    assert!(bytes.body.is_empty());
    assert_eq!(user.storage().await, (0, 1));
}

async fn a_chunked_upload_of_megabytes_comes_out_as_it_went_in(lane: Lane) {
    let user = Api::on(lane).user().await;
    let bytes = noise(7 * 1024 * 1024 + 13);
    let pieces = bytes.chunks(100_003).map(Bytes::copy_from_slice).collect();
    let request = user.post("/v1/files").query(&[("name", "big.bin")]).header("content-type", "text/plain");
    let file: File = request.chunked(pieces).send().await.expect(201).parse();
    assert_eq!(file.size, bytes.len() as u64);
    assert_eq!(file.sha256, Some(sha256_hex(&bytes)));
    let back = user.get(file.download.url.expose()).send().await.expect(200);
    assert!(back.body == bytes, "the bytes are the same");
}

async fn a_body_without_a_type_is_taken_for_its_bytes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let untyped = user.post("/v1/files").query(&[("name", "a.bin")]).body("hello");
    let file: File = untyped.send().await.expect(201).parse();
    assert_eq!(file.content_type, "application/octet-stream");
}

async fn a_raw_upload_takes_a_name(lane: Lane) {
    let user = Api::on(lane).user().await;
    for target in ["/v1/files", "/v1/files?name=", "/v1/files?name=%20"] {
        let request = user.post(target).header("content-type", "text/plain").body("hello");
        request.send().await.invalid(&["/name"]);
    }
    assert_eq!(user.storage().await, (0, 0));
}

async fn an_upload_takes_credentials(lane: Lane) {
    let api = Api::on(lane);
    api.upload("a.txt", "hello").send().await.unauthenticated();
    api.bearing("nonsense").upload("a.txt", noise(300_000)).send().await.unauthenticated();
}

async fn twenty_uploads_at_once_are_all_kept(lane: Lane) {
    let user = Api::on(lane).user().await;
    let bodies: Vec<Vec<u8>> = (0..20).map(|index| noise(50_000 + index)).collect();
    let uploads = bodies.iter().map(|body| user.upload("same.bin", body.clone()).send());
    for (answer, body) in futures_util::future::join_all(uploads).await.into_iter().zip(&bodies) {
        assert_eq!(answer.expect(201).parse::<File>().sha256, Some(sha256_hex(body)));
    }
    let total: usize = bodies.iter().map(Vec::len).sum();
    assert_eq!(user.storage().await, (total as u64, 20));
}

on_every_lane![
    an_upload_answers_with_the_file,
    an_empty_file_is_a_file,
    a_chunked_upload_of_megabytes_comes_out_as_it_went_in,
    a_body_without_a_type_is_taken_for_its_bytes,
    a_raw_upload_takes_a_name,
    an_upload_takes_credentials,
    twenty_uploads_at_once_are_all_kept,
];
