//! The systemd units, by `systemd-analyze`; no systemd has to run.

use std::path::Path;
use std::process::Command;

use fm_e2e::{binary, run, tool};

use super::{file, repository};

const UNITS: [&str; 2] = ["file-manager.service", "file-manager-worker.service"];

/// The most exposure that is taken, of 100: systemd calls up to 20 "ok".
const EXPOSURE: &str = "--threshold=15";

/// Runs `systemd-analyze`; whether it found nothing to say against it, and what it said.
fn analyze(arguments: &[&str], unit: &Path) -> (bool, String) {
    let mut command = Command::new(tool("TEST_SYSTEMD_ANALYZE"));
    if let Some(libraries) =
        std::env::var_os("TEST_SYSTEMD_LIBRARIES").filter(|libraries| !libraries.is_empty())
    {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let ended = command.args(arguments).arg(unit).env("SYSTEMD_PAGER", "").output().unwrap();
    let told = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    (ended.status.success(), told)
}

/// The lines of a section, without comments.
fn section(unit: &str, name: &str) -> Vec<String> {
    let text = file(&format!("deploy/{unit}"));
    let (_, from) = text.split_once(&format!("\n[{name}]\n")).expect("the section");
    let lines = from.lines().take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(ToOwned::to_owned).collect()
}

#[test]
fn the_units_are_valid() {
    let home = tempfile::tempdir().unwrap();
    for unit in UNITS {
        let text = file(&format!("deploy/{unit}"));
        assert!(text.contains("ExecStart=/usr/local/bin/file-manager "), "{unit}");
        let path = home.path().join(unit);
        let installed = text.replace("/usr/local/bin/file-manager", &binary().to_string_lossy());
        std::fs::write(&path, &installed).unwrap();
        let (valid, told) = analyze(&["verify", "--man=no", "--recursive-errors=no"], &path);
        assert!(valid && !told.contains(unit), "{told}");
        std::fs::write(&path, installed.replace("Restart=on-failure", "Restart=sometimes")).unwrap();
        let (_, told) = analyze(&["verify", "--man=no", "--recursive-errors=no"], &path);
        assert!(told.contains("sometimes"), "what is wrong is told: {told}");
    }
}

#[test]
fn the_units_leave_little_exposed() {
    for unit in UNITS {
        let (little, told) =
            analyze(&["security", "--offline=true", EXPOSURE], &repository().join("deploy").join(unit));
        assert!(little, "{told}");
    }
    let home = tempfile::tempdir().unwrap();
    let lax = home.path().join("file-manager.service");
    let text = file("deploy/file-manager.service");
    std::fs::write(&lax, text.replace("ProtectSystem=strict\n", "").replace("NoNewPrivileges=yes\n", ""))
        .unwrap();
    let (little, _) = analyze(&["security", "--offline=true", EXPOSURE], &lax);
    assert!(!little, "a laxer unit is found");
}

#[test]
fn both_units_are_hardened_alike_and_start_commands_of_the_program() {
    let home = tempfile::tempdir().unwrap();
    let own = ["ExecStart=", "TimeoutStopSec="];
    let common = |unit| -> Vec<String> {
        let lines = section(unit, "Service").into_iter();
        lines.filter(|line| !own.iter().any(|name| line.starts_with(name))).collect()
    };
    assert_eq!(common(UNITS[0]), common(UNITS[1]));
    for (unit, command) in UNITS.iter().zip(["serve", "worker"]) {
        let start = format!("ExecStart=/usr/local/bin/file-manager {command}");
        assert!(section(unit, "Service").contains(&start), "{unit}");
        assert_eq!(run(home.path(), &[], &[command, "--help"]).code, Some(0));
    }
}

/// A stop must not be cut short: requests and then the background have the grace each.
#[test]
fn a_stop_has_the_time_that_the_program_may_take() {
    let example = file(".env.example");
    let grace = example.lines().find_map(|line| line.strip_prefix("SHUTDOWN_GRACE_SECONDS=")).unwrap();
    let grace: u64 = grace.parse().unwrap();
    let seconds = |unit: &str| -> u64 {
        let lines = section(unit, "Service");
        lines.iter().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap().parse().unwrap()
    };
    assert!(seconds(UNITS[0]) > 2 * grace);
    assert!(seconds(UNITS[1]) > grace);
    let compose = file("deploy/compose.yml");
    for unit in UNITS {
        assert!(compose.contains(&format!("stop_grace_period: {}s", seconds(unit))), "{unit}");
    }
}
