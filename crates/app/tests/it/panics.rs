//! Panics, in a process of their own: its standard error is the log.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails here has failed"
)]

use std::process::Command;

use fm_app::config::LogFormat;
use serde_json::Value;

/// Makes a run of this test the process that panics.
const IN_CHILD: &str = "FILE_MANAGER_TEST_PANICS";

#[test]
#[expect(clippy::disallowed_methods, reason = "the test tells its child by it")]
fn panics_of_threads_and_of_tasks_are_lines_of_the_log() {
    if std::env::var_os(IN_CHILD).is_some() {
        return panic_everywhere();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--nocapture", "panics::panics_of_threads_and_of_tasks_are_lines_of_the_log"]);
    let output = child.env(IN_CHILD, "1").env("RUST_BACKTRACE", "0").output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let panics: Vec<_> = lines.iter().filter(|line| line["message"] == "a thread panicked").collect();
    let texts: Vec<_> = panics.iter().map(|line| line["panic"].as_str().unwrap()).collect();
    assert_eq!(texts, ["a decoder\nof 2 lines", "a task", "a payload that is no text"], "{log}");
    for panic in &panics {
        assert_eq!(panic["level"], "ERROR");
        assert!(panic["location"].as_str().unwrap().contains("panics.rs:"), "{panic}");
        assert!(panic.get("backtrace").is_none(), "{panic}");
    }
    assert_eq!(panics[0]["thread"], "decoder");
    assert_eq!(lines.last().unwrap()["message"], "after all panics");
}

/// What the child does.
fn panic_everywhere() {
    let _log = fm_app::logging::start(Some(LogFormat::Json), "info", None).unwrap();
    let decoder = std::thread::Builder::new().name("decoder".to_owned());
    let decoder = decoder.spawn(|| panic!("a decoder\nof {} lines", 2)).unwrap();
    assert!(decoder.join().is_err());
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    assert!(runtime.block_on(runtime.spawn(async { panic!("a task") })).is_err());
    let other = runtime.spawn_blocking(|| std::panic::panic_any(7));
    assert!(runtime.block_on(other).is_err());
    tracing::info!("after all panics");
}
