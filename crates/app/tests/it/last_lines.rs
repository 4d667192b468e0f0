//! The last lines of the log, in a process of their own: its standard error is the log.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::process::Command;

use fm_app::config::LogFormat;
use serde_json::Value;

/// Makes a run of this test the process that ends.
const IN_CHILD: &str = "FILE_MANAGER_TEST_ENDS";

#[test]
#[expect(clippy::disallowed_methods, reason = "the test tells its child by it")]
fn a_line_that_comes_behind_the_end_of_the_log_is_written_before_the_process_ends() {
    if std::env::var_os(IN_CHILD).is_some() {
        end_behind_a_line();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let this = "last_lines::a_line_that_comes_behind_the_end_of_the_log_is_written_before_the_process_ends";
    let output = child.args(["--exact", "--nocapture", this]).env(IN_CHILD, "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let log = String::from_utf8(output.stderr).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["message"], "a task ended late", "{log}");
}

/// What the child does.
fn end_behind_a_line() -> ! {
    let log = fm_app::logging::start(Some(LogFormat::Json), "info", None).unwrap();
    // Those that come soon after it wait for others.
    tracing::info!("done");
    drop(log);
    tracing::info!("a task ended late");
    std::process::exit(0)
}
