use std::time::Duration;

use fm_domain::clock::Timestamp;
use serde_json::json;

use super::super::redaction::Redaction;
use super::{Outcome, Report, Step};
use crate::config::Secret;

fn step(name: &'static str, outcome: Outcome, detail: &str, remedy: Option<&str>) -> Step {
    Step {
        part: "database",
        name,
        outcome,
        took: Duration::from_micros(1_260),
        detail: detail.to_owned(),
        remedy: remedy.map(str::to_owned),
    }
}

fn report(steps: Vec<Step>) -> Report {
    let secrets = [Secret::new("postgres://ann:a-secret-word@localhost/x".to_owned())];
    Report::new(steps, &Redaction::new(&secrets), Timestamp::from_unix_seconds(0))
}

#[test]
fn a_table_says_of_what_is_wrong_what_to_change() {
    let report = report(vec![
        step("connect", Outcome::Ok, "well", None),
        step("clock", Outcome::Warn, "it is late", Some("set it")),
    ]);
    assert_eq!(
        report.table(),
        [
            "outcome  part           step                      ms  detail",
            "ok       database       connect                  1.3  well",
            "warn     database       clock                    1.3  it is late; set it",
            "checked: 2 steps (ok 1, warn 1, fail 0, skip 0)",
        ]
    );
}

#[test]
fn the_names_of_fields_and_outcomes_never_change() {
    let report = report(vec![
        step("connect", Outcome::Fail, "refused", Some("start it")),
        step("clock", Outcome::Skip, "not tried", None),
    ]);
    assert_eq!(
        report.json(),
        [
            json!({
                "part": "database", "step": "connect", "outcome": "fail", "duration_ms": 1.3,
                "detail": "refused", "remedy": "start it",
            }),
            json!({
                "part": "database", "step": "clock", "outcome": "skip", "duration_ms": 1.3,
                "detail": "not tried", "remedy": null,
            }),
            json!({"summary": {
                "version": env!("CARGO_PKG_VERSION"), "checked_at": "1970-01-01T00:00:00.000000Z",
                "steps": 2, "ok": 0, "warn": 0, "fail": 1, "skip": 1,
            }}),
        ]
    );
}

#[test]
fn only_a_failure_is_none() {
    let of = |outcome| report(vec![step("connect", outcome, "", None)]).is_well();
    assert!(of(Outcome::Ok) && of(Outcome::Warn) && of(Outcome::Skip));
    assert!(!of(Outcome::Fail));
}

#[test]
fn no_secret_is_in_it() {
    let told = "postgres://ann:a-secret-word@localhost/x said: a-secret-word is wrong";
    let report = report(vec![step("connect", Outcome::Fail, told, Some("not a-secret-word"))]);
    let text = format!("{:?}{:?}", report.table(), report.json());
    assert!(!text.contains("a-secret-word"), "{text}");
    assert!(text.contains("is wrong"), "{text}");
}
