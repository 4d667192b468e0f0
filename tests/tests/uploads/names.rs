//! What a file may be called.

use fm_api_types::File;
use fm_e2e::{Api, Form, Lane, Part, User, on_every_lane};
use serde_json::json;

const GOOD: [&str; 15] = [
    "a",
    "a name with spaces.txt",
    " padded ",
    "...",
    ".hidden",
    "שלום עולם.txt",
    "می\u{200c}خواهم.txt",
    "❤\u{fe0f}.png",
    "👩‍👩‍👧‍👦🏳️‍🌈.png",
    "日本語のファイル.pdf",
    "quo\"te'; drop table.txt",
    "100%_done?.txt",
    "a:b*c<d>|e.txt",
    "name;filename*=UTF-8''x.txt",
    "line\u{2028}separator",
];

async fn any_unicode_may_be_a_name(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in GOOD {
        let file = user.file(name, "text").await;
        assert_eq!(file.name, name);
        let found = user.current(&file).await;
        assert_eq!(found.name, name);
        let form = Form::of([Part::text("name", name), Part::nameless("text")]);
        let same: File = user.post("/v1/files").form(&form).send().await.expect(201).parse();
        assert_eq!(same.requested_name.as_deref(), Some(name), "it is taken by now");
        let download = user.get(file.download.url.expose()).send().await.expect(200);
        assert_eq!(download.text(), "text");
    }
}

async fn names_are_kept_in_nfc(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("cafe\u{301}.png", "text").await;
    assert_eq!(file.name, "caf\u{e9}.png");
    let renamed = user.patch(&User::path(&file)).json(&json!({"name": "A\u{30a}"})).send().await.expect(200);
    assert_eq!(renamed.parse::<File>().name, "\u{c5}");
}

async fn a_name_has_at_most_255_characters(lane: Lane) {
    let user = Api::on(lane).user().await;
    for (character, count) in [("x", 255), ("é", 255), ("🌍", 255), ("e\u{301}", 255)] {
        let name = character.repeat(count);
        let file = user.file(&name, "text").await;
        assert_eq!(file.name.chars().count(), 255, "{character}");
        user.get(file.download.url.expose()).send().await.expect(200);
        user.upload(&character.repeat(count + 1), "text").send().await.invalid(&["/name"]);
    }
}

async fn what_is_no_name_is_refused_everywhere(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    for name in [
        "",
        " ",
        "\u{a0}\u{3000}",
        ".",
        "..",
        "/",
        "a/b",
        "a\\b",
        "../a",
        "..\\a",
        "a\u{0}b",
        "a\nb",
        "a\tb",
        "\u{7f}",
        "\u{85}",
        "\u{1b}[31m",
        "\u{202e}gnp.exe",
        "a\u{200b}.txt",
        "\u{feff}a",
        "a\u{200d}",
        "a\u{e0041}",
    ] {
        user.upload(name, "text").send().await.invalid(&["/name"]);
        user.patch(&User::path(&file)).json(&json!({"name": name})).send().await.invalid(&["/name"]);
    }
    assert_eq!(user.storage().await.1, 1);
    assert_eq!(user.current(&file).await.name, "a.txt");
}

async fn control_characters_in_forms_are_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["a\u{0}b", "a\tb", "\u{7f}"] {
        let form = Form::of([Part::text("name", name), Part::nameless("text")]);
        user.post("/v1/files").form(&form).send().await.invalid(&["/name"]);
    }
    let answer = user.post("/v1/files").form(&Form::file("a\u{0}b.txt", "text/plain", "text")).send().await;
    assert!(answer.status == 422 || answer.status == 400, "{answer:#?}");
    let answer = user.post("/v1/files").form(&Form::file("..", "text/plain", "text")).send().await;
    answer.invalid(&["/name"]);
    assert_eq!(user.storage().await, (0, 0));
}

async fn a_name_that_is_taken_is_numbered(lane: Lane) {
    let user = Api::on(lane).user().await;
    let first = user.file("same.txt", "one").await;
    assert_eq!(first.requested_name, None);
    let second = user.file("Same.TXT", "two").await;
    assert_ne!(first.id, second.id);
    assert_eq!((second.name.as_str(), second.requested_name.as_deref()), ("Same (2).TXT", Some("Same.TXT")));
    assert_eq!(user.current(&second).await.requested_name, None, "the answer to the upload alone tells");
    assert_eq!(user.all(&[("q", "same")]).await.len(), 2);
}

async fn a_name_that_is_not_utf_8_is_refused(lane: Lane) {
    let user = Api::on(lane).user().await;
    let answer =
        user.post("/v1/files?name=%ff%fe").header("content-type", "text/plain").body("text").send().await;
    assert!(answer.status == 400 || answer.status == 422, "{answer:#?}");
    assert_eq!(user.storage().await, (0, 0));
}

on_every_lane![
    any_unicode_may_be_a_name,
    names_are_kept_in_nfc,
    a_name_has_at_most_255_characters,
    what_is_no_name_is_refused_everywhere,
    control_characters_in_forms_are_refused,
    a_name_that_is_taken_is_numbered,
    a_name_that_is_not_utf_8_is_refused,
];
