#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::net::TcpListener;
use std::process::Command;

use super::{free_port, local, wait_for};
use crate::process::{Ending, Process};

fn shell(script: &str) -> Process {
    Process::start(Command::new("sh").args(["-c", script]), Ending::Kill).unwrap()
}

#[test]
fn a_free_port_can_be_listened_on() {
    let address = local(free_port().unwrap());
    let listener = TcpListener::bind(address).unwrap();
    wait_for(&mut shell("sleep 60"), address).unwrap();
    drop(listener);
}

#[test]
fn a_process_that_ended_is_not_waited_for() {
    let address = local(free_port().unwrap());
    let error = wait_for(&mut shell("echo because; exit 1"), address).unwrap_err().to_string();
    assert!(error.contains("the process ended"), "{error}");
}
