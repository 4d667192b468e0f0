//! The document describes the routes that there are, and the file in `docs/` is the document.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::path::Path;

use super::openapi;
use crate::problem::Code;
use crate::routes::{self, Features};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_document_describes_exactly_the_routes_that_are_registered() {
    let registered: BTreeSet<String> = routes::endpoints(Features::ALL)
        .iter()
        .flat_map(|endpoint| {
            endpoint.operations().iter().map(|known| format!("{} {}", known.method, endpoint.path()))
        })
        .collect();
    let document = serde_json::to_value(openapi()).unwrap();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(registered, described);
}

/// The operations of the document, with where they are.
fn operations() -> Vec<(String, serde_json::Value)> {
    let document = serde_json::to_value(openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.map(|(place, operation)| (place, operation.clone())).collect()
}

/// The words of a title that an id has too.
fn words(title: &str) -> Vec<String> {
    let words = title.split(' ').map(|word| word.trim_end_matches("'s").to_lowercase());
    words.filter(|word| !["a", "an", "the", "your"].contains(&word.as_str())).collect()
}

#[test]
fn every_operation_has_a_short_title_an_id_of_its_words_and_a_description() {
    let verbs = [
        "Append",
        "Cancel",
        "Change",
        "Check",
        "Complete",
        "Copy",
        "Create",
        "Delete",
        "Describe",
        "Download",
        "Empty",
        "Get",
        "List",
        "Log",
        "Look",
        "Refresh",
        "Regenerate",
        "Register",
        "Rename",
        "Replace",
        "Restore",
        "Retry",
        "Revoke",
        "Run",
        "Trash",
        "Update",
        "Upload",
    ];
    let mut ids = BTreeSet::new();
    for (place, operation) in operations() {
        let title = operation["summary"].as_str().unwrap_or_else(|| panic!("{place} has no title"));
        assert!((2..=5).contains(&title.split(' ').count()) && !title.ends_with('.'), "{place}: {title}");
        assert!(
            verbs.contains(&title.split(' ').next().unwrap()),
            "{place} does not begin with a verb: {title}"
        );
        let id = operation["operationId"].as_str().unwrap();
        assert_eq!(id, words(title).join("_"), "{place}: {title}");
        assert!(ids.insert(id.to_owned()), "{place}: {id} is given twice");
        let description =
            operation["description"].as_str().unwrap_or_else(|| panic!("{place} has no description"));
        assert!(description.ends_with('.'), "{place}: {description}");
    }
}

#[test]
fn groups_are_described_in_the_order_of_their_first_use() {
    let document = serde_json::to_value(openapi()).unwrap();
    let tags = document["tags"].as_array().unwrap();
    let names: Vec<&str> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["auth", "files", "tree", "uploads", "operations", "admin"]);
    assert!(tags.iter().all(|tag| tag["description"].as_str().is_some_and(|text| !text.is_empty())));
    for (place, operation) in operations() {
        let used: Vec<&str> =
            operation["tags"].as_array().unwrap().iter().filter_map(|tag| tag.as_str()).collect();
        assert!(used.len() == 1 && names.contains(&used[0]), "{place}: {used:?}");
    }
}

#[test]
fn no_field_of_the_introduction_is_empty() {
    let document = serde_json::to_value(openapi()).unwrap();
    assert!(document["info"].get("license").is_none());
    let introduction = document["info"]["description"].as_str().unwrap();
    for heading in [
        "Authenticate",
        "Upload and download",
        "Folders and the trash",
        "Upload large files",
        "Page",
        "Retry",
        "Read errors",
    ] {
        let (_, section) = introduction.split_once(&format!("## {heading}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains("```"), "{heading} has no example");
    }
}

#[test]
fn the_file_in_docs_is_current() {
    let path = root().join("docs/openapi.json");
    let current = openapi().to_pretty_json().unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "it is no setting of the program")]
    let wants_update = std::env::var_os("UPDATE_OPENAPI").is_some();
    if wants_update {
        std::fs::write(&path, &current).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == current,
        "docs/openapi.json is outdated: run `UPDATE_OPENAPI=1 cargo test -p fm-http --lib openapi`"
    );
}

#[test]
fn the_list_of_errors_is_complete_and_holds_no_others() {
    let text = std::fs::read_to_string(root().join("docs/ERRORS.md")).unwrap();
    let listed: BTreeSet<(String, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter(|(status, _)| status.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|(status, rest)| {
            Some((status.to_owned(), rest.strip_prefix('`')?.split_once('`')?.0.to_owned()))
        })
        .collect();
    let known: BTreeSet<(String, String)> =
        Code::ALL.iter().map(|code| (code.status().as_u16().to_string(), code.name().to_owned())).collect();
    assert_eq!(listed, known);
}

#[test]
fn every_code_is_described_for_some_route() {
    let document = openapi().to_json().unwrap();
    // Answers to methods that are not described, and to what becomes no request of any route.
    let elsewhere = [Code::MethodNotAllowed, Code::HeaderFieldsTooLarge];
    for code in Code::ALL.iter().filter(|code| !elsewhere.contains(code)) {
        assert!(document.contains(&format!("\"{}\"", code.name())), "{} is described nowhere", code.name());
    }
}
