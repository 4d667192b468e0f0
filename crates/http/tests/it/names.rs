//! Names that show less than they hold: refused by every transport, and readable where they were stored before.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::access::{Access, Right};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::files::FileName;
use fm_domain::ids::{NodeId, UserId};
use fm_domain::tree::Delta;
use serde_json::json;

use crate::common::client::Answer;
use crate::common::{Client, Server, tus};

/// Names, and what is told of them.
const REFUSED: [(&str, &str); 12] = [
    ("invoice\u{202e}fdp.exe", "U+202E"),
    ("a\u{200b}.txt", "U+200B"),
    ("\u{feff}a.txt", "U+FEFF"),
    ("a\u{2060}b", "U+2060"),
    ("so\u{ad}ft", "U+00AD"),
    ("\u{200e}a", "U+200E"),
    ("a\u{200f}", "U+200F"),
    ("a\u{2067}b\u{2069}", "U+2067"),
    ("a\u{fff9}b", "U+FFF9"),
    ("a\u{e0041}", "U+E0041"),
    ("\u{200d}a", "U+200D"),
    ("a\u{200c}", "U+200C"),
];

const ACCEPTED: [&str; 6] = [
    "می\u{200c}خواهم.txt",
    "👩\u{200d}🚀.png",
    "❤\u{fe0f}.png",
    "\u{600}12.txt",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}.png",
    "葛\u{e0100}.txt",
];

fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    })
}

async fn by_form(client: &Client, head: &str, name: Option<&str>) -> Answer {
    let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; {head}\r\n\r\nx\r\n");
    if let Some(name) = name {
        write!(body, "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n").unwrap();
    }
    body.push_str("--b--\r\n");
    let form = client.with("Content-Type", "multipart/form-data; boundary=b");
    form.send("POST", "/v1/files", body.as_bytes()).await
}

/// The answers to this name by every transport, and by a rename into this folder.
async fn everywhere(client: &Client, file: &str, folder: &str, name: &str) -> Vec<(&'static str, Answer)> {
    let raw = client.send("POST", &format!("/v1/files?name={}", encoded(name)), b"x").await;
    let direct = json!({"name": name, "size": 1}).to_string();
    let metadata = format!("filename {}", STANDARD.encode(name));
    let resumable = tus::tus(client).with("Upload-Length", "1").with("Upload-Metadata", &metadata);
    let renamed = json!({"name": name, "parent_id": folder}).to_string();
    vec![
        ("raw", raw),
        ("filename", by_form(client, &format!("filename=\"{name}\""), None).await),
        ("filename*", by_form(client, &format!("filename*=UTF-8''{}", encoded(name)), None).await),
        ("name", by_form(client, "filename=\"a\"", Some(name)).await),
        ("resumable", resumable.send("POST", "/v1/uploads", b"").await),
        ("direct", client.json("POST", "/v1/direct-uploads", &direct).await),
        ("rename", client.json("PATCH", &format!("/v1/files/{file}"), &renamed).await),
    ]
}

async fn folder(client: &Client) -> String {
    id(&client.json("POST", "/v1/folders", r#"{"name": "folder"}"#).await)
}

fn id(answer: &Answer) -> String {
    answer.value()["id"].as_str().unwrap().to_owned()
}

/// Stores a name as it could be given before.
async fn store_name(database: &dyn Database, owner: &str, file: &str, name: &str) {
    let access = Access::on_behalf_of(UserId::parse(owner).unwrap(), Right::Write);
    let mut unit = database.begin().await.unwrap();
    unit.drives().enter(access.drive(), &Delta::default(), None).await.unwrap();
    let before = unit.nodes().find(&access, NodeId::parse(file).unwrap()).await.unwrap().unwrap();
    let (seen, parent) = (before.revision(), before.parent().unwrap());
    let after = before.placed(parent, FileName::from_stored(name).unwrap());
    unit.nodes().update(&after.edited(Timestamp::from_unix_seconds(1_800_000_000)), seen).await.unwrap();
    unit.commit().await.unwrap();
}

#[actix_web::test]
async fn a_name_with_invisible_characters_is_refused_by_every_transport() {
    let server = Server::with(|http| http.linger = Duration::from_millis(20));
    let ada = server.user("ada@example.org").await;
    let file = id(&ada.send("POST", "/v1/files?name=a.txt", b"x").await);
    let folder = folder(&ada).await;
    for (name, shown) in REFUSED {
        for (transport, answer) in everywhere(&ada, &file, &folder, name).await {
            assert_eq!(answer.status, 422, "{transport} {shown}: {}", answer.text());
            assert_eq!(answer.pointers().len(), 1);
            let detail = answer.value()["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert_eq!(detail, format!("must not contain the invisible character {shown}"), "{transport}");
        }
    }
    server.uploads_ended().await;
    assert_eq!(ada.get("/v1/files").await.value()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_name_whose_format_characters_shape_the_text_is_accepted_by_every_transport() {
    let server = Server::with(|http| http.linger = Duration::from_millis(20));
    let ada = server.user("ada@example.org").await;
    let file = id(&ada.send("POST", "/v1/files?name=a.txt", b"x").await);
    let folder = folder(&ada).await;
    for name in ACCEPTED {
        for (transport, answer) in everywhere(&ada, &file, &folder, name).await {
            assert!(matches!(answer.status, 200 | 201), "{transport} {name}: {}", answer.text());
            if !matches!(transport, "resumable" | "direct") {
                assert_eq!(answer.asked_name(), name, "{transport}");
            }
        }
    }
}

#[actix_web::test]
async fn a_file_that_was_stored_under_such_a_name_is_still_listed_and_downloaded() {
    let database: Arc<Mutex<Option<Arc<dyn Database>>>> = Arc::default();
    let taken = Arc::clone(&database);
    let server =
        Server::with_all(|_| {}, |_| {}, |ports| *taken.lock().unwrap() = Some(Arc::clone(&ports.db)));
    let ada = server.user("ada@example.org").await;
    let owner = id(&ada.get("/v1/auth/me").await);
    let file = id(&ada.send("POST", "/v1/files?name=a.txt", b"x").await);
    let old = "invoice\u{202e}fdp.\u{200b}txt";
    let db = database.lock().unwrap().clone().unwrap();
    store_name(db.as_ref(), &owner, &file, old).await;
    let shown = ada.get(&format!("/v1/files/{file}")).await;
    assert_eq!((shown.status, &shown.value()["name"]), (200, &old.into()));
    assert_eq!(ada.get("/v1/files").await.value()["items"][0]["name"], old);
    let url = shown.value()["download"]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned();
    let download = server.client().get(&path).await;
    assert_eq!((download.status, download.body.as_slice()), (200, &b"x"[..]));
    assert!(download.header("content-disposition").unwrap().contains("%E2%80%AE"));
    let renamed = json!({"name": "b.txt"}).to_string();
    let renamed = ada.json("PATCH", &format!("/v1/files/{file}"), &renamed).await;
    assert_eq!((renamed.status, renamed.value()["name"].as_str()), (200, Some("b.txt")));
}
