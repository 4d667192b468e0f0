use clap::{Command, CommandFactory as _};

use super::Cli;

/// What answers by no report: it runs until it is stopped, or prints a document of a form of its own.
const WITHOUT_REPORT: [&str; 5] = ["serve", "worker", "openapi", "completions", "man"];

/// The commands below this one that have none below themselves, by all their names.
fn leaves(command: &Command, path: &str, found: &mut Vec<(String, bool)>) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        if below.has_subcommands() {
            leaves(below, &path, found);
        } else {
            let has_json = below.get_arguments().any(|argument| argument.get_long() == Some("json"));
            found.push((path.trim().to_owned(), has_json));
        }
    }
}

#[test]
fn every_command_that_reports_can_do_so_in_json() {
    let mut command = Cli::command();
    // Hands arguments of a command to those below it.
    command.build();
    let mut found = Vec::new();
    leaves(&command, "", &mut found);
    assert!(found.len() > 25, "{found:?}");
    let without: Vec<&str> = found.iter().filter(|(_, json)| !json).map(|(path, _)| path.as_str()).collect();
    assert_eq!(without, WITHOUT_REPORT);
}
