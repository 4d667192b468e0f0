//! Shown or saved, and under which name (RFC 6266, RFC 8187).

use fm_api_types::File;
use fm_e2e::{Answer, Api, Lane, User, noise, on_every_lane, pictures};
use percent_encoding::percent_decode_str;
use serde_json::json;

/// Follows `…/content` as a browser would.
async fn follow(user: &User, file: &File, query: &str) -> Answer {
    let redirect = user.get(&format!("{}/content{query}", User::path(file))).send().await.expect(302);
    user.get(&redirect.field("location")).send().await.expect(200)
}

/// The name that a browser would take from the field.
fn extended_name(answer: &Answer) -> String {
    let field = answer.field("content-disposition");
    let (_, encoded) = field.split_once("filename*=UTF-8''").expect("filename*");
    let encoded = encoded.split(';').next().unwrap();
    assert!(
        encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)),
        "{encoded}"
    );
    percent_decode_str(encoded).decode_utf8().expect("UTF-8").into_owned()
}

async fn ugly_names_survive_the_field(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in [
        "plain.txt",
        "with space.txt",
        "quo\"te'.txt",
        "semi;colon,comma=equals.txt",
        "100%25.txt",
        "Grüße.txt",
        "שלום.txt",
        "日本語 🌍.txt",
        "(paren)*star.txt",
        "می\u{200c}خواهم.txt",
    ] {
        let file = user.file(name, "text").await;
        let answer = follow(&user, &file, "").await;
        assert_eq!(extended_name(&answer), name);
        let field = answer.field("content-disposition");
        assert!(field.starts_with("attachment"), "{field}");
        assert!(field.contains("filename="), "old clients get a name too: {field}");
        assert!(field.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{field}");
    }
}

async fn a_download_is_saved_unless_it_is_asked_to_be_shown(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(8, 8)).await;
    for (query, expected) in
        [("", "attachment"), ("?disposition=attachment", "attachment"), ("?disposition=inline", "inline")]
    {
        let answer = follow(&user, &file, query).await;
        assert!(answer.field("content-disposition").starts_with(expected), "{query}");
        assert_eq!(answer.field("content-type"), "image/png");
        let body = if query.is_empty() { json!({}) } else { json!({"disposition": expected}) };
        let signed = user
            .post(&format!("{}/signed-url", User::path(&file)))
            .json(&body)
            .send()
            .await
            .expect(200)
            .json();
        let answer = user.get(signed["url"].as_str().unwrap()).send().await.expect(200);
        assert!(answer.field("content-disposition").starts_with(expected), "{query}");
    }
}

async fn only_types_on_the_list_are_shown(lane: Lane) {
    let user = Api::on(lane).user().await;
    let mut zip = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    zip.extend(noise(100));
    for (content_type, body, expected) in [
        ("text/plain", b"text".to_vec(), "inline"),
        ("application/pdf", b"%PDF-1.7\n".to_vec(), "inline"),
        ("text/csv", b"a,b".to_vec(), "attachment"),
        ("application/zip", zip, "attachment"),
        ("application/json", b"{}".to_vec(), "attachment"),
        ("text/html", b"<p>".to_vec(), "attachment"),
        ("image/svg+xml", b"<svg/>".to_vec(), "attachment"),
        ("application/octet-stream", b"text".to_vec(), "attachment"),
    ] {
        let file = user.file_of(content_type, "a", body).await;
        let answer = follow(&user, &file, "?disposition=inline").await;
        assert!(answer.field("content-disposition").starts_with(expected), "{content_type}");
    }
}

async fn a_disposition_that_is_none_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = format!("{}/signed-url", User::path(&user.file("a.txt", "text").await));
    for disposition in [json!("sideways"), json!(""), json!(1)] {
        user.post(&path).json(&json!({"disposition": disposition})).send().await.invalid(&["/disposition"]);
    }
}

on_every_lane![
    ugly_names_survive_the_field,
    a_download_is_saved_unless_it_is_asked_to_be_shown,
    only_types_on_the_list_are_shown,
    a_disposition_that_is_none_is_refused,
];
