//! The document describes the routes that there are, and the file in `docs/` is the document.

#![expect(clippy::unwrap_used, reason = "a test may")]

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
