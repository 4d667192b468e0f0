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
