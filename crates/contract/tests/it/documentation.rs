//! The table of rules, and the documentation that is checked against it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fm_contract::{Rule, SUITES};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn guide() -> String {
    fs::read_to_string(root().join("docs/WRITING-AN-ADAPTER.md")).unwrap()
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    SUITES.iter().flat_map(|suite| suite.rules)
}

/// Everything that looks like the number of a rule: `UOW-03`.
fn numbers(text: &str) -> BTreeSet<String> {
    let groups: BTreeSet<String> =
        rules().map(|rule| rule.id().split_once('-').unwrap().0.to_owned()).collect();
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    let number = |word: &&str| {
        word.split_once('-').is_some_and(|(group, digits)| {
            groups.contains(group) && digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    words.filter(number).map(str::to_owned).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn rules_are_numbered_without_gaps_and_have_sentences() {
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for rule in rules() {
        let id = rule.id();
        let (group, number) = id.split_once('-').unwrap();
        groups.entry(group.to_owned()).or_default().push(number.parse().unwrap());
        assert!(rule.sentence().split(' ').count() >= 3, "{rule}");
    }
    for (group, mut numbers) in groups {
        numbers.sort_unstable();
        let expected: Vec<u32> = (1..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "the numbers of {group}");
    }
}

#[test]
fn every_rule_that_is_written_is_in_the_table() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules"), &mut files);
    let mut written = Vec::new();
    for file in files {
        let source = fs::read_to_string(file).unwrap();
        for function in source.split("\npub(crate) async fn ").skip(1) {
            written.push(function.split('<').next().unwrap().to_owned());
        }
    }
    let mut listed: Vec<&str> = rules().map(|rule| rule.name).collect();
    written.sort_unstable();
    listed.sort_unstable();
    assert_eq!(written, listed);
}

#[test]
fn every_rule_that_the_domain_cites_exists() {
    let known: BTreeSet<String> = rules().map(Rule::id).collect();
    let mut files = Vec::new();
    sources(&root().join("crates/domain/src"), &mut files);
    let mut cited = BTreeSet::new();
    for file in files {
        cited.extend(numbers(&fs::read_to_string(file).unwrap()));
    }
    assert!(cited.len() > 20, "the domain cites {cited:?} alone");
    assert_eq!(cited.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_guide_lists_every_rule_once_and_no_other() {
    let guide = guide();
    for suite in SUITES {
        assert!(guide.contains(&format!("`{}!`", suite.name)), "the macro {}!", suite.name);
        assert!(guide.contains(&format!("`{}`", suite.harness)), "the harness {}", suite.harness);
    }
    let listed: Vec<&str> =
        guide.lines().filter(|line| line.starts_with("- **") && !numbers(line).is_empty()).collect();
    for rule in rules() {
        let line = format!("- **{}** {}", rule.id(), rule.sentence());
        let times = listed.iter().filter(|listed| **listed == line).count();
        assert_eq!(times, 1, "how often the guide has the line: {line}");
    }
    assert_eq!(listed.len(), rules().count(), "the guide lists a rule that does not exist, or one twice");
    let known: BTreeSet<String> = rules().map(Rule::id).collect();
    assert_eq!(
        numbers(&guide).difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "numbers of no rule"
    );
}

#[test]
fn the_worked_example_in_the_guide_is_the_one_that_is_tested() {
    let source =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/worked_example.rs")).unwrap();
    let code = source.split_once("\n\n").unwrap().1;
    assert!(guide().contains(&format!("```rust\n{code}```\n")), "the example in the guide is another one");
}
