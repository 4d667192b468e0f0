//! The Dockerfile, as far as it can be held against the repository and the program without an engine that runs it.

use fm_e2e::run;

use super::{file, repository};

/// An instruction and its arguments, with continued lines as one.
fn instructions() -> Vec<(String, String)> {
    let text = file("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (instruction, arguments) = line.split_once(' ').expect("an instruction has arguments");
            (instruction.to_owned(), arguments.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

/// The arguments of every such instruction.
fn all(instruction: &str) -> Vec<String> {
    instructions()
        .into_iter()
        .filter(|(name, _)| name == instruction)
        .map(|(_, arguments)| arguments)
        .collect()
}

/// The arguments of the one instruction of this name.
#[track_caller]
fn one(instruction: &str) -> String {
    let mut all = all(instruction);
    assert_eq!(all.len(), 1, "{instruction}: {all:?}");
    all.remove(0)
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json} is no list of words: {error}"))
}

#[test]
fn what_is_copied_is_there_and_comes_from_a_stage() {
    let stages: Vec<String> =
        all("FROM").iter().filter_map(|from| Some(from.split_once(" AS ")?.1.to_owned())).collect();
    assert_eq!(stages, ["manifests", "build"]);
    for copy in all("COPY") {
        let mut words: Vec<&str> = copy.split(' ').collect();
        let stage = words.iter().find_map(|word| word.strip_prefix("--from="));
        if let Some(stage) = stage {
            assert!(stages.iter().any(|known| known == stage), "{copy}");
        } else {
            words.retain(|word| !word.starts_with("--"));
            let target = words.pop();
            assert!(target.is_some() && !words.is_empty(), "{copy}");
            assert!(words.iter().all(|source| repository().join(source).exists()), "{copy}");
        }
    }
}

#[test]
fn it_is_built_as_the_readme_says_by_the_compiler_that_the_workspace_needs() {
    let command = "cargo build --release --locked --package fm-app";
    assert!(file("README.md").contains(command));
    let builds = all("RUN").iter().filter(|run| run.contains(command)).count();
    assert_eq!(builds, 2, "dependencies, then the program");
    let manifest = file("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let image = format!("rust:{}-slim-bookworm", version.trim_matches('"'));
    let compilers = all("FROM").iter().filter(|from| from.starts_with(&image)).count();
    assert_eq!(compilers, 2, "{image}");
}

#[test]
fn the_program_is_started_directly_and_not_as_root() {
    let entry = words(&one("ENTRYPOINT"));
    let copied = all("COPY").into_iter().find(|copy| copy.contains("target/release/file-manager"));
    assert_eq!(copied.unwrap().split(' ').next_back(), Some(entry[0].as_str()));
    assert_eq!(one("USER"), "65532:65532");
    assert!(all("COPY").iter().any(|copy| copy.ends_with("--chown=65532:65532 /data /data")));
    assert_eq!((one("VOLUME"), one("STOPSIGNAL")), ("/data".to_owned(), "SIGTERM".to_owned()));
    let home = tempfile::tempdir().unwrap();
    let variables: Vec<(String, String)> = one("ENV")
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert!(variables.contains(&("DATA_DIR".to_owned(), one("VOLUME"))));
    assert_eq!(run(home.path(), &variables, &["config", "check"]).code, Some(0));
    let command = words(&one("CMD"));
    let command: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    assert_eq!(run(home.path(), &[], &command).code, Some(0));
}

#[test]
fn its_health_is_asked_by_the_program_itself() {
    let check = one("HEALTHCHECK");
    let (options, command) = check.split_once(" CMD ").expect("a command");
    assert!(options.contains("--timeout=5s"), "longer than the 3 s of the command");
    let command = words(command);
    assert_eq!(command[0], words(&one("ENTRYPOINT"))[0]);
    let arguments: Vec<&str> = command[1..].iter().map(String::as_str).collect();
    let port = fm_testkit::ports::free_port().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let asked = run(home.path(), &[("PORT".to_owned(), port)], &arguments);
    assert_eq!(asked.code, Some(1), "{}", asked.output);
    assert!(asked.output.contains("/health/live gives no answer"), "{}", asked.output);
}

#[test]
fn neither_secrets_nor_what_was_built_here_reach_the_image() {
    let ignored = file(".dockerignore");
    let ignored: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    for path in [".env", "data", "deploy", "target", ".git"] {
        assert!(ignored.contains(&path), "{path}");
    }
    // What the build needs.
    for path in ["Cargo.toml", "Cargo.lock", ".cargo", "crates", "migrations", "vendor"] {
        assert!(!ignored.contains(&path) && repository().join(path).exists(), "{path}");
    }
}
