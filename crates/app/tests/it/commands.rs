//! What commands refuse before they begin.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::process::Command;

#[test]
fn a_worker_apart_from_a_database_in_memory_is_refused_with_a_remedy() {
    for command in [&["worker"][..], &["serve", "--no-worker"]] {
        let home = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        program
            .args(command)
            .env_clear()
            .current_dir(home.path())
            .env("DATABASE_URL", "memory:")
            .env("PORT", "0");
        let refused = program.output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{told}");
        assert!(told.contains(&format!("file-manager {}", command.join(" "))), "{told}");
        assert!(told.contains("choose another database"), "{told}");
    }
}

#[test]
fn sessions_in_the_memory_of_another_process_are_not_said_to_have_ended() {
    for (variable, value) in [("SESSION_STORE", "memory"), ("DATABASE_URL", "memory:")] {
        let home = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        program.args(["end-sessions", "ada@example.com"]).env_clear().current_dir(home.path());
        let refused = program.env(variable, value).output().unwrap();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{told}");
        assert!(told.contains("choose another session store"), "{told}");
        assert!(std::fs::read_dir(home.path()).unwrap().next().is_none());
    }
}

#[test]
fn an_address_that_is_not_encrypted_is_named_by_its_own_variable() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_file-manager"));
    program.arg("sweep").env_clear().current_dir(home.path());
    for (variable, value) in [
        ("BLOB_STORE_FALLBACK", "s3"),
        // No address of this machine by its name, and one that refuses at once.
        ("FALLBACK_S3_ENDPOINT", "http://0.0.0.0:1"),
        ("FALLBACK_S3_REGION", "us-east-1"),
        ("FALLBACK_S3_ACCESS_KEY_ID", "a-key"),
        ("FALLBACK_S3_SECRET_ACCESS_KEY", "a-secret-key"),
    ] {
        program.env(variable, value);
    }
    let refused = program.output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("BLOB_STORE_FALLBACK=s3 can't be used"), "{told}");
    assert!(told.contains("\"FALLBACK_S3_ENDPOINT begins with http://"), "{told}");
}

#[test]
fn commands_that_look_at_a_database_that_is_not_there_create_nothing() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        let output = program.args(arguments).env_clear().current_dir(home.path()).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    };
    for command in [
        &["verify"][..],
        &["sweep", "--dry-run"],
        &["sweep", "--orphans", "--min-age", "86400", "--dry-run"],
        &["jobs", "list"],
        &["export", "--output", "a.jsonl"],
        &["import", "--dry-run", "a.jsonl"],
        &["audit"],
        &["audit", "--json", "--limit", "1"],
    ] {
        let (code, told) = run(command);
        assert_eq!(code, Some(1), "{command:?}: {told}");
        assert!(told.contains("run `file-manager migrate up`"), "{command:?}: {told}");
    }
    let (code, told) = run(&["migrate", "status"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("pending ") && !told.contains("applied "), "{told}");
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_audit_trail_is_asked_for_by_ids_names_and_moments_alone() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        ["--user", "ada@example.com"],
        ["--action", "login"],
        ["--since", "yesterday"],
        ["--since", "2026-01-31"],
        ["--until", "2026-01-31T25:00:00Z"],
        ["--limit", "x"],
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_file-manager"));
        let output =
            program.arg("audit").args(arguments).env_clear().current_dir(home.path()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(arguments[0]), "{arguments:?}: {told}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none());
}
