//! Pieces of every size make the same file.

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::tus::{Resumable, metadata};
use fm_e2e::{Api, Lane, User, noise, on_every_lane, pictures, sha256_hex};
use reqwest::Method;

use super::PART;

const MIB: usize = 1024 * 1024;

/// Sends `content` in pieces of these sizes, and the rest as one; the file.
async fn sent_in(user: &User, content: &Bytes, sizes: &[usize]) -> File {
    let upload = user.resumable("a.bin", content.len()).await;
    let mut offset = 0;
    for size in sizes {
        let answer = upload.send(offset, content.slice(offset..offset + size)).await;
        offset += size;
        if offset < content.len() {
            assert!(answer.header("x-file-id").is_none() && answer.header("upload-expires").is_some());
            assert_eq!(upload.offset().await, offset);
        }
    }
    if offset < content.len() {
        upload.send(offset, content.slice(offset..)).await;
    }
    upload.file().await
}

async fn is_whole(user: &User, file: &File, content: &Bytes) {
    assert_eq!(file.size, content.len() as u64);
    assert_eq!(file.sha256, Some(sha256_hex(content)));
    assert!(user.content(file).await == content, "the bytes are those that were sent");
}

async fn pieces_of_awkward_sizes_make_one_file(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(4 * PART + 8 * MIB + 7));
    let sizes = [1, PART - 1, PART, PART + 1, 8 * MIB, 3];
    let file = sent_in(&user, &content, &sizes).await;
    is_whole(&user, &file, &content).await;
    assert_eq!((&*file.name, &*file.content_type), ("a.bin", "application/octet-stream"));
    assert_eq!(user.storage().await, (content.len() as u64, 1));
    api.server.stores_exactly(1).await;
}

/// As real clients send them behind a proxy, over the cap of one request.
async fn chunks_of_8_mib_make_a_file_that_no_form_would_take(lane: Lane) {
    let api = Api::with(lane, &[("MAX_UPLOAD_BYTES", "10000000")]);
    let user = api.user().await;
    let content = Bytes::from(noise(3 * 8 * MIB + 5));
    let file = sent_in(&user, &content, &[8 * MIB; 3]).await;
    is_whole(&user, &file, &content).await;
    api.server.stores_exactly(1).await;
}

async fn many_small_pieces_make_one_file(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let content = Bytes::from(noise(400));
    let file = sent_in(&user, &content, &[7; 50]).await;
    is_whole(&user, &file, &content).await;
    api.server.stores_exactly(1).await;
}

async fn a_whole_upload_in_one_piece_or_with_its_creation_is_a_file(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    for size in [0, 1, 100_000, PART, 2 * PART + 1] {
        let content = Bytes::from(noise(size));
        let length = size.to_string();
        let created = user.creation("a.txt").header("upload-length", &length);
        let created = created.header("content-type", "application/offset+octet-stream").body(content.clone());
        let created = created.send().await.expect(201);
        assert_eq!(created.field("upload-offset"), length);
        let upload = Resumable::of(&user, &created);
        assert_eq!(upload.file().await.id.to_string(), created.field("x-file-id"));
        is_whole(&user, &upload.file().await, &content).await;

        let upload = user.resumable("b.txt", size).await;
        if size > 0 {
            upload.send(0, content.clone()).await;
        }
        is_whole(&user, &upload.file().await, &content).await;
    }
    api.server.stores_exactly(10).await;
}

async fn a_length_may_be_told_with_any_piece(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(noise(PART + 10));
    for at in [0, 100, PART, content.len()] {
        let created = user.creation("a.txt").header("upload-defer-length", "1").send().await.expect(201);
        let upload = Resumable::of(&user, &created);
        if at > 0 {
            upload.send(0, content.slice(..at)).await;
        }
        let head = upload.head().await.expect(200);
        assert_eq!((head.header("upload-defer-length"), head.header("upload-length")), (Some("1"), None));
        let rest = content.slice(at..);
        let declared = upload.piece(at).header("upload-length", &content.len().to_string()).body(rest);
        declared.send().await.expect(204);
        is_whole(&user, &upload.file().await, &content).await;
    }
}

async fn a_length_that_was_told_stays(lane: Lane) {
    let user = Api::on(lane).user().await;
    let created = user.creation("a.txt").header("upload-defer-length", "1").send().await.expect(201);
    let upload = Resumable::of(&user, &created);
    upload.send(0, "12345").await;
    let declared = |length: &str| upload.piece(5).header("upload-length", length).body("6");
    declared("4").send().await.problem(409, "conflict");
    declared("7").send().await.expect(204);
    let again = upload.piece(6).header("upload-length", "8").body("7").send().await;
    again.problem(409, "conflict");
    upload.piece(6).body("78").send().await.problem(413, "payload_too_large");
    upload.send(6, "7").await;
    assert_eq!(user.content(&upload.file().await).await, "1234567");
}

async fn the_bytes_say_what_it_is_and_a_picture_gets_its_thumbnail(lane: Lane) {
    let user = Api::on(lane).user().await;
    let picture = Bytes::from(pictures::png(300, 200));
    let values = metadata(&[("filename", "café.bin"), ("filetype", "text/plain")]);
    let create = user.tus(Method::POST, "/v1/uploads").header("upload-metadata", &values);
    let created = create.header("upload-length", &picture.len().to_string()).send().await.expect(201);
    let upload = Resumable::of(&user, &created);
    assert_eq!(upload.head().await.expect(200).field("upload-metadata"), values);
    let mut offset = 0;
    for piece in [1, 2, 30] {
        upload.send(offset, picture.slice(offset..offset + piece)).await;
        offset += piece;
    }
    upload.send(offset, picture.slice(offset..)).await;
    let file = user.with_thumbnail(&upload.file().await).await;
    assert_eq!((&*file.name, &*file.content_type), ("café.bin", "image/png"));
    assert_eq!((&*file.thumbnail.status, file.thumbnail.width), ("ready", Some(64)));

    let values = metadata(&[("filename", "a.csv"), ("filetype", "text/csv")]);
    let create = user.tus(Method::POST, "/v1/uploads").header("upload-metadata", &values);
    let create =
        create.header("upload-length", "3").header("content-type", "application/offset+octet-stream");
    let created = create.body("a,b").send().await.expect(201);
    assert_eq!(Resumable::of(&user, &created).file().await.content_type, "text/csv");
}

on_every_lane![
    pieces_of_awkward_sizes_make_one_file,
    chunks_of_8_mib_make_a_file_that_no_form_would_take,
    many_small_pieces_make_one_file,
    a_whole_upload_in_one_piece_or_with_its_creation_is_a_file,
    a_length_may_be_told_with_any_piece,
    a_length_that_was_told_stays,
    the_bytes_say_what_it_is_and_a_picture_gets_its_thumbnail,
];
