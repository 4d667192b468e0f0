//! Operators' commands that need no database.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// How a command ended: its exit code, what it answered, and what it complained of.
struct Ended {
    code: Option<i32>,
    answer: String,
    complaint: String,
}

impl Ended {
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.complaint);
        serde_json::from_str(&self.answer).unwrap()
    }
}

fn run(home: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_file-manager"));
    command.args(arguments).env_clear().current_dir(home).env("RUST_LOG", "off");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), answer: text(output.stdout), complaint: text(output.stderr) }
}

#[test]
fn secrets_of_the_configuration_are_shown_as_set_alone() {
    let home = tempfile::tempdir().unwrap();
    let secret = "a secret of more than 32 bytes, as it has to be";
    std::fs::write(home.path().join(".env"), format!("JWT_SECRET='{secret}'\nPORT=8081\n")).unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments);
    let shown = run(&["config", "show", "--json"]).json();
    assert_eq!((&shown["JWT_SECRET"], &shown["PORT"]), (&json!("set"), &json!("8081")));
    assert_eq!((&shown["DATABASE_URL"], &shown["HOST"]), (&Value::Null, &Value::Null));
    let table = run(&["config", "show"]).answer;
    assert!(table.contains("JWT_SECRET is set\n") && table.contains("PORT=8081\n"), "{table}");
    assert!(!table.contains(secret));
}

#[test]
fn a_check_of_the_configuration_tells_every_fault_as_text_or_as_json() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments);
    let usable = run(&["config", "check"]);
    assert_eq!((usable.code, usable.answer.as_str()), (Some(0), "the configuration can be used\n"));
    assert_eq!(run(&["config", "check", "--json"]).json(), json!({"usable": true}));
    std::fs::write(home.path().join(".env"), "PORT=many\nRATE_LIMITS=perhaps\n").unwrap();
    let refused = run(&["config", "check"]);
    assert_eq!((refused.code, refused.answer.as_str()), (Some(2), ""));
    assert!(refused.complaint.contains("\n  PORT: "), "{}", refused.complaint);
    assert!(refused.complaint.contains("\n  RATE_LIMITS: "), "{}", refused.complaint);
    let refused = run(&["config", "check", "--json"]);
    assert_eq!((refused.code, refused.answer.as_str()), (Some(2), ""));
    let told: Value = serde_json::from_str(&refused.complaint).unwrap();
    assert_eq!(told["error"], "the configuration can't be used");
    let faults: Vec<&str> =
        told["causes"].as_array().unwrap().iter().map(|fault| fault.as_str().unwrap()).collect();
    assert!(
        faults.len() == 2 && faults[0].starts_with("PORT: ") && faults[1].starts_with("RATE_LIMITS: "),
        "{told}"
    );
}

#[test]
fn documents_are_printed_without_a_configuration() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".env"), "PORT=many\n").unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments);
    let document = run(&["openapi"]).json();
    assert!(document["paths"]["/v1/admin/users"].is_object());
    let kept = include_str!("../../../../docs/openapi.json");
    assert_eq!(document, serde_json::from_str::<Value>(kept).unwrap());
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell]).answer.contains("reset-password"), "{shell}");
    }
    assert!(run(&["man"]).answer.contains(".TH file-manager 1"));
    assert_eq!(run(&["man", "--dir", "."]).code, Some(0));
    assert!(home.path().join("file-manager-user-create.1").is_file());
    assert_eq!(run(&["man", "--dir", "no-folder"]).code, Some(1));
}

#[test]
fn a_reader_that_has_enough_is_no_failure_and_a_full_disk_is_one() {
    let home = tempfile::tempdir().unwrap();
    let told = |answer: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        command.args(["config", "show"]).env_clear().current_dir(home.path());
        let output =
            command.stdout(answer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(told(writer.into()), (Some(0), String::new()));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, complaint) = told(full.into());
    assert_eq!(code, Some(1), "{complaint}");
    assert_eq!(complaint.matches("the answer can't be written").count(), 1, "{complaint}");
}
