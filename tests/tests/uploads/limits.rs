//! The cap of a file: one less, exactly it, one more.

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::raw::Connection;
use fm_e2e::{Api, Form, Lane, Part, noise, on_every_lane};

const CAP: usize = 100_000;

fn small(lane: Lane) -> Api {
    Api::with(lane, &[("MAX_UPLOAD_BYTES", "100000")])
}

fn pieces(body: &[u8]) -> Vec<Bytes> {
    body.chunks(7_001).map(Bytes::copy_from_slice).collect()
}

async fn the_cap_is_exact_for_raw_bodies(lane: Lane) {
    let api = small(lane);
    let user = api.user().await;
    for size in [CAP - 1, CAP] {
        assert_eq!(user.file("a.bin", noise(size)).await.size, size as u64);
        let chunked = user.post("/v1/files?name=a.bin").header("content-type", "text/plain");
        assert_eq!(
            chunked.chunked(pieces(&noise(size))).send().await.expect(201).parse::<File>().size,
            size as u64
        );
    }
    for size in [CAP + 1, CAP + 70_000, CAP * 5] {
        let problem = user.upload("a.bin", noise(size)).send().await.problem(413, "payload_too_large");
        assert!(problem["detail"].as_str().unwrap().contains("100000"), "{problem}");
        let chunked = user.post("/v1/files?name=a.bin").header("content-type", "text/plain");
        chunked.chunked(pieces(&noise(size))).send().await.problem(413, "payload_too_large");
    }
    assert_eq!(user.storage().await, (4 * CAP as u64 - 2, 4));
    api.server.stores_exactly(4).await;
}

async fn the_cap_is_exact_for_forms(lane: Lane) {
    let api = small(lane);
    let user = api.user().await;
    let form = |size: usize| Form::of([Part::text("name", "a.bin"), Part::nameless(noise(size))]);
    for size in [CAP - 1, CAP] {
        assert_eq!(
            user.post("/v1/files").form(&form(size)).send().await.expect(201).parse::<File>().size,
            size as u64
        );
        let chunked = user.post("/v1/files").header("content-type", &form(size).content_type());
        assert_eq!(
            chunked.chunked(pieces(&form(size).body())).send().await.expect(201).parse::<File>().size,
            size as u64
        );
    }
    for size in [CAP + 1, CAP + 70_000, CAP * 5] {
        user.post("/v1/files").form(&form(size)).send().await.problem(413, "payload_too_large");
        let chunked = user.post("/v1/files").header("content-type", &form(size).content_type());
        let chunked = chunked.chunked(pieces(&form(size).body()));
        chunked.send().await.problem(413, "payload_too_large");
    }
    api.server.stores_exactly(4).await;
}

async fn the_cap_is_exact_for_new_content(lane: Lane) {
    let api = small(lane);
    let user = api.user().await;
    let file = user.file("a.bin", "old").await;
    let path = format!("{}/content", fm_e2e::User::path(&file));
    let put = |size: usize| user.put(&path).header("content-type", "text/plain").body(noise(size));
    put(CAP + 1).send().await.problem(413, "payload_too_large");
    assert_eq!(user.current(&file).await.size, 3);
    assert_eq!(put(CAP).send().await.expect(200).parse::<File>().size, CAP as u64);
    // The old content is a version.
    api.server.stores_exactly(2).await;
}

/// 50 MiB, where nothing is configured.
async fn the_default_cap_is_50_mib(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = Bytes::from(noise(52_428_801));
    user.upload("a.bin", body.clone()).send().await.problem(413, "payload_too_large");
    let file: File = user.upload("a.bin", body.slice(..52_428_800)).send().await.expect(201).parse();
    assert_eq!(file.size, 52_428_800);
    user.delete(&fm_e2e::User::path(&file)).send().await.expect(204);
    let form = Form::file("a.bin", "text/plain", body.slice(..52_428_800));
    let file: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
    assert_eq!(file.size, 52_428_800);
    user.delete(&fm_e2e::User::path(&file)).send().await.expect(204);
}

/// Known from `Content-Length`: the answer is there before the body is, and is no reset.
async fn an_early_refusal_reaches_the_client(lane: Lane) {
    let api = small(lane);
    let user = api.user().await;
    for sent in [0, 1, 60_000, 400_000] {
        let mut connection = Connection::to(&user.server).await;
        let head = format!(
            "POST /v1/files?name=a.bin HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/plain\r\nContent-Length: 400000\r\n\r\n",
            user.server.address(),
            user.access()
        );
        assert!(connection.send(head).await);
        assert!(connection.send(noise(sent)).await, "{sent} bytes are still taken");
        let answer = connection.answer().await;
        assert_eq!(answer.status, 413, "{answer:?}");
        assert!(answer.body.contains("payload_too_large"), "{answer:?}");
    }
    api.server.stores_exactly(0).await;
}

/// Not known before it is passed: the answer comes at the first byte too many.
async fn a_late_refusal_reaches_the_client(lane: Lane) {
    let api = small(lane);
    let user = api.user().await;
    let mut connection = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=a.bin HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(connection.send(head).await);
    for _ in 0..11 {
        let mut chunk = b"2710\r\n".to_vec();
        chunk.extend(noise(10_000));
        chunk.extend(b"\r\n");
        assert!(connection.send(chunk).await);
    }
    let answer = connection.answer().await;
    assert_eq!(answer.status, 413, "{answer:?}");
    api.server.stores_exactly(0).await;
}

async fn an_early_refusal_of_a_stranger_reaches_them(lane: Lane) {
    let api = Api::on(lane);
    let mut connection = Connection::to(&api.server).await;
    let head = format!(
        "POST /v1/files?name=a.bin HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\nContent-Length: 300000\r\n\r\n",
        api.server.address()
    );
    assert!(connection.send(head).await);
    connection.send(noise(300_000)).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

on_every_lane![
    the_cap_is_exact_for_raw_bodies,
    the_cap_is_exact_for_forms,
    the_cap_is_exact_for_new_content,
    the_default_cap_is_50_mib,
    an_early_refusal_reaches_the_client,
    a_late_refusal_reaches_the_client,
    an_early_refusal_of_a_stranger_reaches_them,
];
