//! Operators' commands on an embedded database, while no service runs.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::io::Write as _;
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

fn run(home: &Path, arguments: &[&str], input: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_file-manager"));
    command.args(arguments).env_clear().current_dir(home).env("RUST_LOG", "off");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may have ended.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), answer: text(output.stdout), complaint: text(output.stderr) }
}

fn create(home: &Path, email: &str, more: &[&str]) -> Value {
    let arguments = [&["user", "create", email, "--password-stdin", "--json"], more].concat();
    run(home, &arguments, "correct horse\n").json()
}

#[test]
fn the_first_admin_is_made_and_found_and_changed_by_commands_alone() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments, "");
    let root = create(home.path(), "Root@example.com", &["--admin", "--name", "Root", "--quota", "2KiB"]);
    assert_eq!((&root["role"], &root["email"]), (&json!("admin"), &json!("Root@example.com")));
    assert_eq!((&root["quota_bytes"], &root["storage"]["quota_bytes"]), (&json!(2048), &json!(2048)));
    let ada = create(home.path(), "ada@example.com", &[]);
    let id = ada["id"].as_str().unwrap();
    assert_eq!((&ada["role"], &ada["suspended"]), (&json!("user"), &json!(false)));
    let shown = run(&["user", "show", "ADA@example.com", "--json"]).json();
    assert_eq!(shown, ada);

    let listed = run(&["user", "list", "--json"]);
    let ids: Vec<Value> = listed.answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ids, [ada.clone(), root.clone()], "the newest first");
    let found = run(&["user", "list", "--query", "ROOT", "--json"]).json();
    assert_eq!(found, root);
    assert_eq!(run(&["user", "list", "--limit", "1", "--json"]).answer.lines().count(), 1);

    let suspended = run(&["user", "disable", id, "--json"]).json();
    assert_eq!(suspended["suspended"], true);
    assert_eq!(run(&["user", "enable", id, "--json"]).json()["suspended_at"], Value::Null);
    assert_eq!(run(&["user", "promote", id, "--json"]).json()["role"], "admin");
    assert_eq!(run(&["user", "demote", id, "--json"]).json()["role"], "user");
    assert_eq!(run(&["user", "set-quota", id, "1GiB", "--json"]).json()["quota_bytes"], 1_u64 << 30);
    assert_eq!(run(&["user", "set-quota", id, "--default", "--json"]).json()["quota_bytes"], Value::Null);
    assert_eq!(run(&["session", "list", id]).answer.lines().count(), 1, "a head, and no session");
    assert_eq!(run(&["session", "revoke", id, "--all", "--json"]).json()["revoked"], "all");
    let trail = run(&["audit", "--user", id]);
    for action in ["account.registered", "account.suspended", "account.promoted", "account.quota_changed"] {
        assert!(trail.answer.contains(action), "{action}: {}", trail.answer);
    }
    assert_eq!(run(&["user", "remove", id, "--json"]).json()["removed"], true);
    assert_eq!(run(&["user", "show", id]).code, Some(1));
}

#[test]
fn what_is_refused_or_not_there_ends_with_1_and_what_cannot_be_read_with_2() {
    let home = tempfile::tempdir().unwrap();
    create(home.path(), "ada@example.com", &[]);
    let create = ["user", "create", "bob@example.com", "--password-stdin"];
    let taken = ["user", "create", "ada@example.com", "--password-stdin"];
    let reset = ["user", "reset-password", "ada@example.com", "--password-stdin"];
    let none = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01";
    for (arguments, input, code, told) in [
        (&create[..], "short\n", 1, "8 to 128 characters"),
        (&create, "Password1\n", 1, ""),
        (&taken, "correct horse\n", 1, "the address is taken"),
        (&reset, "correct donkey\n", 0, ""),
        (&["user", "show", "bob@example.com"], "", 1, "there is no such user"),
        (&["user", "disable", none], "", 1, "there is no such user"),
        (&["user", "remove", none], "", 1, "there is no such user"),
        (&["session", "revoke", "ada@example.com", none], "", 1, "has no session"),
        (&["user", "show", "ada"], "", 2, "ACCOUNT"),
        (&["user", "set-quota", none], "", 2, "SIZE"),
        (&["user", "set-quota", none, "10GB"], "", 2, "KiB"),
        (&["user", "create", "ada@example.com", "--password", "x"], "", 2, "--password"),
        (&["session", "revoke", none], "", 2, "SESSION"),
    ] {
        let ended = run(home.path(), arguments, input);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.complaint);
        assert!(ended.complaint.contains(told), "{arguments:?}: {}", ended.complaint);
    }
}

#[test]
fn secrets_of_the_configuration_are_shown_as_set_alone() {
    let home = tempfile::tempdir().unwrap();
    let secret = "a secret of more than 32 bytes, as it has to be";
    std::fs::write(home.path().join(".env"), format!("JWT_SECRET='{secret}'\nPORT=8081\n")).unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments, "");
    let shown = run(&["config", "show", "--json"]).json();
    assert_eq!((&shown["JWT_SECRET"], &shown["PORT"]), (&json!("set"), &json!("8081")));
    assert_eq!((&shown["DATABASE_URL"], &shown["HOST"]), (&Value::Null, &Value::Null));
    let table = run(&["config", "show"]).answer;
    assert!(table.contains("JWT_SECRET is set\n") && table.contains("PORT=8081\n"), "{table}");
    assert!(!table.contains(secret));
    assert_eq!(run(&["config", "check"]).code, Some(0));
    std::fs::write(home.path().join(".env"), "PORT=many\n").unwrap();
    let refused = run(&["config", "check"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.complaint.contains("PORT"), "{}", refused.complaint);
}

#[test]
fn documents_are_printed_without_a_configuration() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".env"), "PORT=many\n").unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments, "");
    let document = run(&["openapi"]).json();
    assert!(document["paths"]["/v1/admin/users"].is_object());
    let kept = include_str!("../../../docs/openapi.json");
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
fn migrations_and_sweeps_answer_in_json() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| run(home.path(), arguments, "");
    let pending = run(&["migrate", "status", "--json"]).answer;
    let first: Value = serde_json::from_str(pending.lines().next().unwrap()).unwrap();
    assert_eq!(first["state"], "pending");
    assert_eq!(run(&["migrate", "up", "--json"]).answer.lines().count(), pending.lines().count());
    assert_eq!(run(&["migrate", "down", "--json"]).json()["state"], "reverted");
    assert_eq!(run(&["migrate", "up", "--json"]).json()["state"], "applied");
    let swept = run(&["sweep", "--json"]).json();
    assert_eq!((&swept["dry_run"], &swept["deleted"]), (&json!(false), &json!(0)));
    assert_eq!(run(&["jobs", "retry", "--all", "--json"]).answer, "");
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
