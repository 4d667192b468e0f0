//! `file-manager user`, `session` and `migrate`, while no service runs.

use fm_e2e::{Lane, Server, on_durable_lanes};
use serde_json::{Value, json};

/// The program on an empty database, not started.
fn idle(lane: Lane) -> Server {
    Server::prepare(lane, &[], &[])
}

fn create(server: &Server, email: &str, more: &[&str]) -> Value {
    let arguments = [&["user", "create", email, "--password-stdin", "--json"], more].concat();
    server.ask(&arguments, "correct horse\n").json()
}

async fn the_first_admin_is_made_and_found_and_changed_by_commands_alone(lane: Lane) {
    let server = idle(lane);
    let run = |arguments: &[&str]| server.ask(arguments, "");
    let root = create(&server, "Root@example.com", &["--admin", "--name", "Root", "--quota", "2KiB"]);
    assert_eq!((&root["role"], &root["email"]), (&json!("admin"), &json!("Root@example.com")));
    assert_eq!((&root["quota_bytes"], &root["storage"]["quota_bytes"]), (&json!(2048), &json!(2048)));
    let ada = create(&server, "ada@example.com", &[]);
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

async fn what_is_refused_or_not_there_ends_with_1_and_what_cannot_be_read_with_2(lane: Lane) {
    let server = idle(lane);
    create(&server, "ada@example.com", &[]);
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
        let ended = server.ask(arguments, input);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.complaint);
        assert!(ended.complaint.contains(told), "{arguments:?}: {}", ended.complaint);
    }
}

/// What a command that has to fail complains of: one JSON object, and nothing on standard output.
fn complaint(server: &Server, arguments: &[&str], input: &str) -> Value {
    let ended = server.ask(&[arguments, &["--json"]].concat(), input);
    assert_eq!((ended.code, ended.answer.as_str()), (Some(1), ""), "{arguments:?}: {}", ended.complaint);
    let told = serde_json::from_str(&ended.complaint);
    told.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", ended.complaint))
}

async fn what_is_refused_is_told_in_json_where_the_answer_would_be_json(lane: Lane) {
    let server = idle(lane);
    for arguments in [&["user", "list"][..], &["session", "list", "ada@example.com"], &["sweep", "--dry-run"]]
    {
        let told = complaint(&server, arguments, "");
        assert!(told["error"].as_str().unwrap().contains("run `file-manager migrate up`"), "{told}");
    }
    create(&server, "ada@example.com", &[]);
    let none = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01";
    for (arguments, input, expected) in [
        (
            &["user", "create", "ada@example.com", "--password-stdin"][..],
            "correct horse\n",
            "the address is taken",
        ),
        (&["user", "create", "bob@example.com", "--password-stdin"], "short\n", "8 to 128 characters"),
        (&["user", "show", "bob@example.com"], "", "there is no such user"),
        (&["user", "disable", none], "", "there is no such user"),
        (&["user", "enable", none], "", "there is no such user"),
        (&["user", "promote", none], "", "there is no such user"),
        (&["user", "demote", none], "", "there is no such user"),
        (&["user", "set-quota", none, "--default"], "", "there is no such user"),
        (&["user", "reset-password", none, "--password-stdin"], "correct horse\n", "there is no such user"),
        (&["user", "remove", none], "", "there is no such user"),
        (&["session", "list", "bob@example.com"], "", "there is no such user"),
        (&["session", "revoke", none, "--all"], "", "no account has this id"),
    ] {
        let told = complaint(&server, arguments, input);
        assert!(told["error"].as_str().unwrap().contains(expected), "{arguments:?}: {told}");
        assert!(told["causes"].is_array(), "{told}");
    }
    let ended = server.ask(&["session", "revoke", "ada@example.com", none, "--json"], "");
    let told: Value = serde_json::from_str(&ended.answer).unwrap();
    assert_eq!((ended.code, &told["session"], &told["revoked"]), (Some(1), &json!(none), &json!(false)));
}

/// A database that can't be opened, and settings that can't be used.
#[tokio::test]
async fn migrations_that_can_not_run_tell_why_in_json() {
    let server = idle(Lane::Embedded);
    let on = |url: String| server.reconfigured(&[("DATABASE_URL".to_owned(), url)]);
    let file = server.home().join("no-database");
    std::fs::write(&file, "no database\n".repeat(1_000)).unwrap();
    let broken = on(format!("sqlite://{}", file.display()));
    for direction in ["up", "down", "status"] {
        let told = complaint(&broken, &["migrate", direction], "");
        assert_eq!(told["error"], "the database can't be migrated", "{told}");
        assert!(!told["causes"].as_array().unwrap().is_empty(), "{told}");
    }
    let wrong = on("tape:".to_owned());
    let ended = wrong.ask(&["migrate", "status", "--json"], "");
    assert_eq!(ended.code, Some(2), "{}", ended.complaint);
    let told: Value = serde_json::from_str(&ended.complaint).unwrap();
    assert_eq!(told["error"], "the configuration can't be used");
    assert!(told["causes"][0].as_str().unwrap().starts_with("DATABASE_URL: "), "{told}");
}

async fn migrations_and_sweeps_answer_in_json(lane: Lane) {
    let server = idle(lane);
    let run = |arguments: &[&str]| server.ask(arguments, "");
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

on_durable_lanes![
    the_first_admin_is_made_and_found_and_changed_by_commands_alone,
    what_is_refused_or_not_there_ends_with_1_and_what_cannot_be_read_with_2,
    what_is_refused_is_told_in_json_where_the_answer_would_be_json,
    migrations_and_sweeps_answer_in_json,
];
