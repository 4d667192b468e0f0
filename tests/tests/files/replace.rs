//! `PUT /v1/files/{id}/content`

use fm_api_types::File;
use fm_e2e::{Api, Lane, User, noise, on_every_lane, pictures, sha256_hex};

fn content(file: &File) -> String {
    format!("{}/content", User::path(file))
}

/// Old content is not kept.
const NO_VERSIONS: (&str, &str) = ("VERSIONS_MAX_COUNT", "0");

async fn content_is_replaced_under_the_same_id(lane: Lane) {
    let api = Api::with(lane, &[NO_VERSIONS]);
    let user = api.user().await;
    let file = user.file_of("text/plain", "a.txt", "old").await;
    let request = user.put(&content(&file)).header("content-type", "text/csv").body("new content");
    let answer = request.send().await.expect(200);
    assert!(answer.header("etag").is_some());
    let new: File = answer.parse();
    assert_eq!((new.id, &new.name, new.created_at), (file.id, &file.name, file.created_at));
    assert_eq!(new.size, 11);
    assert_eq!(new.sha256, Some(sha256_hex(b"new content")));
    assert_eq!(new.content_type, "text/csv");
    assert!(new.updated_at > file.updated_at);
    let download = user.get(new.download.url.expose()).send().await.expect(200);
    assert_eq!(download.text(), "new content");
    assert_eq!(user.storage().await, (11, 1));
    api.server.stores_exactly(1).await;
}

async fn a_thumbnail_follows_its_content(lane: Lane) {
    let api = Api::with(lane, &[NO_VERSIONS]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(128, 64)).await;
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.height, Some(32));
    let put = |body: Vec<u8>| user.put(&content(&file)).header("content-type", "text/plain").body(body);
    let pending: File = put(pictures::png(64, 64)).send().await.expect(200).parse();
    assert_eq!(pending.thumbnail.status, "pending");
    assert_eq!(user.with_thumbnail(&file).await.thumbnail.height, Some(64));
    api.server.stores_exactly(2).await;
    let text: File = put(b"text".to_vec()).send().await.expect(200).parse();
    assert_eq!(text.thumbnail.status, "none");
    api.server.stores_exactly(1).await;
}

async fn a_replacement_can_be_bound_to_a_revision(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.upload("a.txt", "old").send().await.expect(201);
    let file: File = created.parse();
    let put = |tag: &str, body: &str| {
        let request = user.put(&content(&file)).header("content-type", "text/plain").header("if-match", tag);
        request.body(body.to_owned()).send()
    };
    put("\"other\"", "new").await.problem(412, "precondition_failed");
    put(&created.field("etag"), "new").await.expect(200);
    put(&created.field("etag"), "newer").await.problem(412, "precondition_failed");
    let current = user.get(&User::path(&file)).send().await.expect(200).field("etag");
    let unless = |tag: &str| {
        let request =
            user.put(&content(&file)).header("content-type", "text/plain").header("if-none-match", tag);
        request.body("newest".to_owned()).send()
    };
    for tag in ["*", current.as_str()] {
        unless(tag).await.problem(412, "precondition_failed");
        let rename = user.patch(&User::path(&file)).header("if-none-match", tag);
        rename.json(&serde_json::json!({"name": "b.txt"})).send().await.problem(412, "precondition_failed");
        let delete = user.delete(&User::path(&file)).header("if-none-match", tag);
        delete.send().await.problem(412, "precondition_failed");
    }
    assert_eq!(user.get(&User::path(&file)).send().await.parse::<File>().sha256, Some(sha256_hex(b"new")));
    assert_eq!(user.storage().await, (6, 1), "the old content is a version");
    unless(&created.field("etag")).await.expect(200);
}

/// Readers see the old or the new content whole, whatever is written meanwhile.
async fn readers_never_see_a_mixture(lane: Lane) {
    let user = Api::on(lane).user().await;
    let bodies: Vec<Vec<u8>> =
        (0..4_u8).map(|index| vec![b'a' + index; 300_000 + usize::from(index) * 1_000]).collect();
    let file = user.file("a.bin", bodies[0].clone()).await;
    let path = content(&file);
    let write = async {
        for round in 0..12 {
            let body = bodies[round % bodies.len()].clone();
            user.put(&path).header("content-type", "text/plain").body(body).send().await.expect(200);
        }
    };
    let read = async |reader: usize| {
        for _ in 0..15 {
            let location = user.get(&path).send().await.expect(302).field("location");
            let answer = user.get(&location).send().await;
            // A replaced blob may be gone when its old URL is followed.
            if answer.status == 200 {
                assert!(bodies.iter().any(|body| answer.body == body[..]), "reader {reader} saw a mixture");
            } else {
                assert!([403, 404, 410].contains(&answer.status), "{answer:?}");
            }
        }
    };
    tokio::join!(write, read(1), read(2), read(3));
    assert_eq!(user.storage().await.1, 1);
}

async fn of_parallel_replacements_one_is_kept_whole(lane: Lane) {
    let api = Api::with(lane, &[NO_VERSIONS]);
    let user = api.user().await;
    let file = user.file("a.bin", "old").await;
    let bodies: Vec<Vec<u8>> = (1..=6).map(|index| noise(10_000 * index)).collect();
    let writes = bodies
        .iter()
        .map(|body| user.put(&content(&file)).header("content-type", "text/plain").body(body.clone()).send());
    let answers = futures_util::future::join_all(writes).await;
    assert!(answers.iter().all(|answer| [200, 409, 412].contains(&answer.status)), "{answers:#?}");
    let kept = user.current(&file).await;
    let body = user.get(kept.download.url.expose()).send().await.expect(200).body;
    assert_eq!(kept.sha256, Some(sha256_hex(&body)));
    assert!(bodies.iter().any(|candidate| body == candidate[..]));
    assert_eq!(user.storage().await, (body.len() as u64, 1));
    api.server.stores_exactly(1).await;
}

async fn content_of_nothing_can_not_be_replaced(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a.txt", "old").await;
    user.delete(&User::path(&file)).send().await.expect(204);
    user.put(&content(&file)).header("content-type", "text/plain").body("new").send().await.not_found();
    assert_eq!(user.storage().await, (0, 0));
    api.server.stores_exactly(0).await;
}

on_every_lane![
    content_is_replaced_under_the_same_id,
    a_thumbnail_follows_its_content,
    a_replacement_can_be_bound_to_a_revision,
    readers_never_see_a_mixture,
    of_parallel_replacements_one_is_kept_whole,
    content_of_nothing_can_not_be_replaced,
];
