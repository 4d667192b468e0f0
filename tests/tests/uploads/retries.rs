//! `Idempotency-Key`

use std::time::Duration;

use fm_api_types::File;
use fm_e2e::raw::Connection;
use fm_e2e::{Api, Form, Lane, Request, User, on_every_lane, unique};

fn keyed(user: &User, key: &str, name: &str, body: &str) -> Request {
    let request = user.post("/v1/files").query(&[("name", name)]).header("content-type", "text/plain");
    request.header("idempotency-key", key).body(body.to_owned())
}

async fn a_retry_gets_the_first_file_back(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let first = keyed(&user, "key-1", "a.txt", "hello").send().await.expect(201);
    let retry = keyed(&user, "key-1", "a.txt", "hello").send().await.expect(200);
    assert_eq!(first.parse::<File>().id, retry.parse::<File>().id);
    assert_eq!(first.field("etag"), retry.field("etag"));
    assert_eq!(user.storage().await, (5, 1));
    let form = Form::file("a.txt", "text/plain", "hello");
    let retry =
        user.post("/v1/files").header("idempotency-key", "key-1").form(&form).send().await.expect(200);
    assert_eq!(first.parse::<File>().id, retry.parse::<File>().id, "the transport is not what counts");
    api.server.stores_exactly(1).await;
}

async fn another_name_or_content_is_a_conflict(lane: Lane) {
    let user = Api::on(lane).user().await;
    keyed(&user, "key", "a.txt", "hello").send().await.expect(201);
    keyed(&user, "key", "b.txt", "hello").send().await.problem(409, "conflict");
    keyed(&user, "key", "a.txt", "other").send().await.problem(409, "conflict");
    keyed(&user, "key", "a.txt", "hello").send().await.expect(200);
    assert_eq!(user.storage().await, (5, 1));
}

async fn a_key_belongs_to_its_user(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let key = unique("key-");
    let first: File = keyed(&user, &key, "a.txt", "hello").send().await.expect(201).parse();
    let other: File = keyed(&stranger, &key, "b.txt", "other").send().await.expect(201).parse();
    assert_ne!(first.id, other.id);
}

async fn a_retry_while_the_first_is_still_running_is_told_to_wait(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut first = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\nIdempotency-Key: slow\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        user.server.address(),
        user.access()
    );
    assert!(first.send(head).await);
    first.is_asked_for_the_body().await;
    assert!(first.send("hel").await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let second = keyed(&user, "slow", "a.txt", "hello").send().await;
    second.problem(409, "conflict");
    let seconds: u32 = second.field("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(first.send("lo").await);
    let answer = first.answer().await;
    assert_eq!(answer.status, 201, "{answer:?}");
    keyed(&user, "slow", "a.txt", "hello").send().await.expect(200);
    assert_eq!(user.storage().await, (5, 1));
}

async fn of_parallel_attempts_one_makes_the_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    let attempts = (0..8).map(|_| keyed(&user, "race", "a.txt", "hello").send());
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(attempts).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 201, 409].contains(status)), "{statuses:?}");
    assert_eq!(user.storage().await, (5, 1));
}

async fn deleting_the_file_frees_its_key(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first: File = keyed(&user, "key", "a.txt", "hello").send().await.expect(201).parse();
    user.delete(&User::path(&first)).send().await.expect(204);
    let second: File = keyed(&user, "key", "b.txt", "other").send().await.expect(201).parse();
    assert_ne!(first.id, second.id);
}

async fn a_retry_whose_file_is_in_the_trash_is_an_upload(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first: File = keyed(&user, "key", "a.txt", "hello").send().await.expect(201).parse();
    user.post(&format!("/v1/items/{}/trash", first.id)).send().await.expect(200);
    let second: File = keyed(&user, "key", "a.txt", "hello").send().await.expect(201).parse();
    assert_ne!(first.id, second.id);
    let retry: File = keyed(&user, "key", "a.txt", "hello").send().await.expect(200).parse();
    assert_eq!(retry.id, second.id);
}

async fn a_refused_attempt_frees_its_key(lane: Lane) {
    let user = Api::on(lane).user().await;
    keyed(&user, "key", "a/b", "hello").send().await.invalid(&["/name"]);
    let request =
        keyed(&user, "key", "a.txt", "hello").header("content-digest", &fm_e2e::digest_field(b"other"));
    request.send().await.problem(422, "validation_failed");
    keyed(&user, "key", "a.txt", "hello").send().await.expect(201);
}

async fn a_key_is_1_to_255_visible_ascii_characters(lane: Lane) {
    let user = Api::on(lane).user().await;
    keyed(&user, &"k".repeat(255), "a.txt", "hello").send().await.expect(201);
    keyed(&user, "!~", "a.txt", "hello").send().await.expect(201);
    let long = "k".repeat(256);
    for key in ["", "a b", &long] {
        let answer = keyed(&user, key, "a.txt", "hello").send().await;
        assert!(answer.status == 422 || answer.status == 400, "{key}: {answer:#?}");
    }
    let request =
        user.post("/v1/files?name=a.txt").header_bytes("idempotency-key", "clé".as_bytes()).body("hello");
    let answer = request.send().await;
    assert!(answer.status == 422 || answer.status == 400, "{answer:#?}");
    assert_eq!(user.storage().await.1, 2);
}

async fn a_client_that_went_away_can_try_again(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut first = Connection::to(&user.server).await;
    let head = format!(
        "POST /v1/files?name=a.txt HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\nIdempotency-Key: lost\r\n\r\nhel",
        user.server.address(),
        user.access()
    );
    assert!(first.send(head).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    first.reset();
    // A first attempt that died frees the key within 60 s; one that was seen to die, sooner.
    let file = fm_e2e::eventually("the key is free again", async || {
        let answer = keyed(&user, "lost", "a.txt", "hello").send().await;
        if answer.status == 409 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        (answer.status != 409).then(|| answer.expect(201))
    });
    file.await;
    assert_eq!(user.storage().await, (5, 1));
}

on_every_lane![
    a_retry_gets_the_first_file_back,
    another_name_or_content_is_a_conflict,
    a_key_belongs_to_its_user,
    a_retry_while_the_first_is_still_running_is_told_to_wait,
    of_parallel_attempts_one_makes_the_file,
    deleting_the_file_frees_its_key,
    a_retry_whose_file_is_in_the_trash_is_an_upload,
    a_refused_attempt_frees_its_key,
    a_key_is_1_to_255_visible_ascii_characters,
    a_client_that_went_away_can_try_again,
];
