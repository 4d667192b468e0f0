#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use super::{Ending, Process, Tool, kill_group, number, output};
use crate::AT_LAST;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn is_running(id: u32) -> bool {
    output(shell("kill -0 \"$0\"").arg(id.to_string())).is_ok()
}

/// Whether it has ended, and its parent has not asked how.
fn is_zombie(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

#[test]
fn a_number_is_found_by_its_whole_name() {
    let text = "RESULT requests=12 statuses=0 cpu_ms=1.5\n";
    assert!((number(text, "cpu_ms").unwrap() - 1.5).abs() < f64::EPSILON);
    number(text, "status").unwrap_err();
}

#[test]
fn both_streams_are_kept_whole() {
    let mut process = Process::start(&mut shell("echo out; echo err >&2"), Ending::Kill).unwrap();
    assert!(process.ended(AT_LAST).unwrap().unwrap().success());
    let mut lines: Vec<String> = process.whole_output().unwrap().lines().map(str::to_owned).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["err", "out"]);
}

#[test]
fn both_streams_go_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let mut command = shell("echo out; echo err >&2");
    let mut process = Process::start_logging_to(&file, &mut command, Ending::Kill).unwrap();
    process.ended(AT_LAST).unwrap().unwrap();
    assert_eq!(process.output(), "out\nerr\n");
    process.check().unwrap_err();
}

#[test]
fn a_process_ends_with_its_owner() {
    for (ending, script) in [
        (Ending::Kill, "trap '' TERM; exec sleep 60"),
        (Ending::Terminate, "exec sleep 60"),
        (Ending::Quit, "exec sleep 60"),
    ] {
        let mut process = Process::start(&mut shell(script), ending).unwrap();
        let id = process.id();
        process.check().unwrap();
        assert!(is_running(id));
        drop(process);
        assert!(!is_running(id), "{ending:?}");
    }
}

#[test]
fn a_group_is_killed_with_its_children() {
    let mut command = shell("sleep 600 & echo $!; wait");
    let mut process = Process::start(command.process_group(0), Ending::Kill).unwrap();
    let child = loop {
        if let Ok(child) = process.output().parse::<u32>() {
            break child;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(is_running(child));
    kill_group(process.id()).unwrap();
    assert!(process.ended(AT_LAST).unwrap().is_some());
    let started = std::time::Instant::now();
    // Its new parent takes note of its end a moment later.
    while is_running(child) && !is_zombie(child) {
        assert!(started.elapsed() < AT_LAST, "the child lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_process_may_clean_up_when_it_is_terminated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cleaned-up");
    let mut command = shell("trap 'echo > \"$0\"; exit' TERM; echo ready; while :; do sleep 0.01; done");
    let process = Process::start(command.arg(&file), Ending::Terminate).unwrap();
    while process.output() != "ready" {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(process);
    assert!(file.exists());
}

#[test]
fn a_program_that_fails_says_why() {
    let error = output(&mut shell("echo because >&2; exit 3")).unwrap_err().to_string();
    assert!(error.starts_with("sh: ") && error.contains("because"), "{error}");
    let error = output(&mut Command::new("/no/such/program")).unwrap_err().to_string();
    assert!(error.starts_with("/no/such/program: "), "{error}");
}

#[test]
fn libraries_are_given_to_the_tool_alone() {
    let tool = Tool { program: "sh".into(), libraries: "/somewhere".to_owned() };
    let printed = output(tool.command().args(["-c", "echo \"$LD_LIBRARY_PATH\""])).unwrap();
    assert_eq!(printed, "/somewhere\n");
    assert!(Tool { libraries: String::new(), ..tool }.command().get_envs().next().is_none());
}
