//! `q`: a literal part of the name, in any case of any script.

use fm_e2e::{Api, Lane, User, names, on_every_lane};

async fn found(user: &User, q: &str) -> Vec<String> {
    names(&user.all(&[("q", q), ("sort", "name"), ("order", "asc"), ("limit", "2")]).await)
}

async fn any_part_is_found_in_any_case_of_any_script(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in [
        "Report 2024.PDF",
        "Éclair.txt",
        "ΟΔΟΣ.txt",
        "привет МИР.txt",
        "STRASSE.txt",
        "Straße.txt",
        "日本語.txt",
    ] {
        user.file(name, "x").await;
    }
    for (q, name) in [
        ("report", "Report 2024.PDF"),
        ("REPORT", "Report 2024.PDF"),
        ("t 20", "Report 2024.PDF"),
        (".pdf", "Report 2024.PDF"),
        ("éCLAIR", "Éclair.txt"),
        ("e\u{301}clair", "Éclair.txt"),
        ("οδος", "ΟΔΟΣ.txt"),
        ("οδοσ", "ΟΔΟΣ.txt"),
        ("ΟΔΟΣ", "ΟΔΟΣ.txt"),
        ("Привет мир", "привет МИР.txt"),
        ("本", "日本語.txt"),
    ] {
        assert_eq!(found(&user, q).await, [name], "{q}");
    }
    for q in ["straße", "STRASSE", "strasse"] {
        // Both are one name in any case, so that the later one is numbered.
        assert_eq!(found(&user, q).await, ["STRASSE.txt", "Straße (2).txt"], "{q}");
    }
    assert_eq!(found(&user, ".txt").await.len(), 6);
    assert!(found(&user, "nothing of it").await.is_empty());
}

/// A name in lower case with a final sigma is found by its capitals, and the other way round.
async fn a_final_sigma_is_a_sigma(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("ὀδός κόσμος.txt", "x").await;
    for q in ["ΚΌΣΜΟΣ", "κόσμος", "κόσμοσ", "σμος"] {
        assert_eq!(found(&user, q).await.len(), 1, "{q}");
    }
}

async fn dots_of_turkish_letters_do_not_hide_a_file(lane: Lane) {
    let user = Api::on(lane).user().await;
    user.file("İstanbul ısı.txt", "x").await;
    for q in ["İstanbul", "i\u{307}stanbul", "ısı", "ISI", "STANBUL"] {
        assert_eq!(found(&user, q).await.len(), 1, "{q}");
    }
}

async fn wildcards_are_letters_like_any_other(lane: Lane) {
    let user = Api::on(lane).user().await;
    for name in ["100% done.txt", "100 done.txt", "a_b.txt", "axb.txt", "a*b?.txt", "[x].txt", "q'uote\".txt"]
    {
        user.file(name, "x").await;
    }
    for (q, name) in [
        ("%", "100% done.txt"),
        ("0% ", "100% done.txt"),
        ("_", "a_b.txt"),
        ("a_b", "a_b.txt"),
        ("*", "a*b?.txt"),
        ("?", "a*b?.txt"),
        ("[x]", "[x].txt"),
        ("'", "q'uote\".txt"),
        ("\"", "q'uote\".txt"),
    ] {
        assert_eq!(found(&user, q).await, [name], "{q}");
    }
    assert!(found(&user, "\\").await.is_empty());
    assert!(found(&user, "\\%").await.is_empty());
    assert!(found(&user, "%%").await.is_empty());
}

async fn a_new_name_is_what_is_found(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("before.txt", "x").await;
    let body = serde_json::json!({"name": "AFTER.txt"});
    user.patch(&User::path(&file)).json(&body).send().await.expect(200);
    assert!(found(&user, "before").await.is_empty());
    assert_eq!(found(&user, "after").await, ["AFTER.txt"]);
}

on_every_lane![
    any_part_is_found_in_any_case_of_any_script,
    a_final_sigma_is_a_sigma,
    dots_of_turkish_letters_do_not_hide_a_file,
    wildcards_are_letters_like_any_other,
    a_new_name_is_what_is_found,
];
