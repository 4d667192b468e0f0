//! How a browser is told to read a text.

use bytes::Bytes;
use fm_api_types::{DirectUploadCreation, File};
use fm_e2e::direct::Direct;
use fm_e2e::tus::{Resumable, metadata};
use fm_e2e::{Api, Lane, User, eventually, on_every_lane};
use reqwest::Method;

const UTF_8: &[u8] = "Gr\u{fc}\u{df}e, \u{20ac} und \u{1f30d}\n".as_bytes();
const LATIN_1: &[u8] = b"Gr\xfc\xdfe\n";

/// What the file's inline link answers as its type.
async fn shown_as(user: &User, file: &File) -> String {
    let redirect =
        user.get(&format!("{}/content?disposition=inline", User::path(file))).send().await.expect(302);
    user.get(&redirect.field("location")).send().await.expect(200).field("content-type")
}

async fn text_is_shown_with_its_charset(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (claimed, bytes, expected) in [
        ("text/plain", UTF_8, "text/plain; charset=utf-8"),
        ("text/plain", b"ASCII", "text/plain; charset=utf-8"),
        ("text/plain", b"", "text/plain; charset=utf-8"),
        ("text/plain", LATIN_1, "text/plain"),
        ("text/plain", b"\xff\xfea\0b\0", "text/plain; charset=utf-16"),
        ("text/plain; charset=ISO-8859-1", LATIN_1, "text/plain; charset=iso-8859-1"),
        ("text/plain; charset=\"windows-1252\"", UTF_8, "text/plain; charset=windows-1252"),
        ("text/csv", UTF_8, "text/csv; charset=utf-8"),
        ("text/markdown", UTF_8, "text/markdown; charset=utf-8"),
        ("application/json", UTF_8, "application/json"),
        // Never handed out as a text.
        ("text/html; charset=utf-7", UTF_8, "application/octet-stream"),
    ] {
        let file = user.file_of(claimed, "a.txt", bytes.to_vec()).await;
        assert_eq!(file.content_type, claimed.split(';').next().unwrap(), "the type has no parameters");
        assert_eq!(shown_as(&user, &file).await, expected, "{claimed} {bytes:?}");
        let found = user.get("/v1/files?content_type=text/plain").send().await.expect(200).text();
        assert_eq!(found.contains(&file.id.to_string()), file.content_type == "text/plain", "{claimed}");
    }
}

async fn replaced_text_has_the_charset_of_its_new_bytes(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file_of("text/plain", "a.txt", UTF_8).await;
    let put = user.put(&format!("{}/content", User::path(&file))).header("content-type", "text/plain");
    put.body(Bytes::from_static(LATIN_1)).send().await.expect(200);
    assert_eq!(shown_as(&user, &file).await, "text/plain");
}

/// A character is cut in two by the requests.
async fn the_charset_of_a_resumable_upload_is_found_over_its_requests(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (bytes, expected) in [(UTF_8, "text/plain; charset=utf-8"), (LATIN_1, "text/plain")] {
        let metadata = metadata(&[("filename", "a.txt"), ("filetype", "text/plain")]);
        let creation = user.tus(Method::POST, "/v1/uploads").header("upload-metadata", &metadata);
        let created = creation.header("upload-length", &bytes.len().to_string()).send().await.expect(201);
        let upload = Resumable::of(&user, &created);
        upload.send(0, &bytes[..3]).await;
        upload.send(3, &bytes[3..]).await;
        assert_eq!(shown_as(&user, &upload.file().await).await, expected);
    }
}

/// A job reads the bytes, which were sent straight to the store.
async fn the_charset_of_a_direct_upload_is_found_by_a_job(lane: Lane) {
    let user = Api::on(lane).user().await;
    let content = Bytes::from(UTF_8.repeat(1_000));
    let (name, size) = ("a.txt".to_owned(), content.len() as u64);
    let content_type = Some("text/plain".into());
    let body = DirectUploadCreation { name, size, content_type, ..DirectUploadCreation::default() };
    let upload = Direct::of(&user, &user.direct_creation(&body).send().await.expect(201));
    let sent = upload.send_all(&content).await;
    let file: File = upload.complete(&sent).await.expect(201).parse();
    let file = eventually("the bytes are read", async || {
        let file = user.current(&file).await;
        file.sha256.is_some().then_some(file)
    })
    .await;
    assert_eq!(shown_as(&user, &file).await, "text/plain; charset=utf-8");
}

on_every_lane![
    text_is_shown_with_its_charset,
    replaced_text_has_the_charset_of_its_new_bytes,
    the_charset_of_a_resumable_upload_is_found_over_its_requests,
    the_charset_of_a_direct_upload_is_found_by_a_job,
];
