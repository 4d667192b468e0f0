//! What is not built for tests has none: a library or a program with `test = false` or `doctest = false` spares a program that
//! would run nothing, and must not keep a test from being run.

use std::path::Path;

use crate::repository::Repository;
use crate::{Failure, Fault};

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let files = repository.files()?;
    let mut faults = Vec::new();
    for manifest in &files {
        let Some(folder) = manifest.strip_suffix("Cargo.toml") else { continue };
        for target in untested(&repository.read(manifest)?) {
            for path in files.iter().filter(|path| target.has(path.strip_prefix(folder))) {
                faults.extend(target.fault(path, &repository.read(path)?));
            }
        }
    }
    Ok(faults)
}

/// A library or a program of which a manifest says that it has no tests of a kind.
#[derive(Debug)]
struct Untested {
    /// The file of a program; none of a library.
    program: Option<String>,
    /// Unit tests.
    units: bool,
    /// Examples in the documentation.
    documentation: bool,
}

impl Untested {
    /// Whether a file, by its path in the package, is known to be of the target. Of a program that is its root alone.
    fn has(&self, path: Option<&str>) -> bool {
        let Some(path) = path.filter(|path| path.starts_with("src/")) else { return false };
        match &self.program {
            Some(program) => path == program,
            None => is_rust(path) && path != "src/main.rs" && !path.starts_with("src/bin/"),
        }
    }

    fn fault(&self, path: &str, source: &str) -> Option<Fault> {
        if self.units && has_units(source) {
            return Some(format!("{path}: its tests are not run: remove `test = false` and `bench = false`"));
        }
        let is_fault = self.documentation && has_examples(source);
        is_fault.then(|| format!("{path}: its examples are not run: remove `doctest = false`"))
    }
}

fn untested(manifest: &str) -> Vec<Untested> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            sections.push((line, Vec::new()));
        } else if let Some((_, entries)) = sections.last_mut() {
            entries.push(line);
        }
    }
    let target = |(section, entries): &(&str, Vec<&str>)| {
        let program = match *section {
            "[lib]" => None,
            "[[bin]]" => Some(root_of(entries)),
            _ => return None,
        };
        let is_off = |entry| entries.contains(&entry);
        let (units, documentation) = (is_off("test = false"), is_off("doctest = false"));
        (units || documentation).then_some(Untested { program, units, documentation })
    };
    sections.iter().filter_map(target).collect()
}

/// The root of a program, where its section says or Cargo looks for it.
fn root_of(entries: &[&str]) -> String {
    let value = |key: &str| entries.iter().find_map(|entry| entry.strip_prefix(key)?.strip_suffix('"'));
    let name = value("name = \"").unwrap_or_default();
    value("path = \"").map_or_else(|| format!("src/bin/{name}.rs"), str::to_owned)
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn has_units(source: &str) -> bool {
    source.lines().any(|line| line.trim().starts_with("#[cfg(test)]"))
}

/// Whether it has a block of Rust in its documentation.
fn has_examples(source: &str) -> bool {
    let mut is_inside = false;
    for line in source.lines().map(str::trim) {
        let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim);
        if let Some(language) = text.and_then(|text| text.strip_prefix("```")) {
            if !is_inside && is_compiled(language) {
                return true;
            }
            is_inside = !is_inside;
        }
    }
    false
}

/// Whether rustdoc compiles a block of this language.
fn is_compiled(language: &str) -> bool {
    let known = ["", "rust", "no_run", "should_panic", "compile_fail"];
    language.split(',').all(|word| known.contains(&word.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "[package]\nname = \"a\"\n[lib]\ntest = false\nbench = false\ndoctest = false\n";

    #[test]
    fn a_target_that_says_nothing_is_tested() {
        assert!(untested("[lib]\n[[bin]]\nname = \"a\"\n[lints]\ntest = false\n").is_empty());
    }

    #[test]
    fn files_belong_to_the_library_or_to_a_program() {
        let library = &untested(LIBRARY)[0];
        assert!(library.has(Some("src/lib.rs")) && library.has(Some("src/a/b.rs")));
        assert!(!library.has(Some("src/main.rs")) && !library.has(Some("src/bin/a.rs")));
        assert!(!library.has(Some("tests/it/main.rs")) && !library.has(None));
        let programs = untested(
            "[[bin]]\nname = \"a\"\ntest = false\n[[bin]]\nname = \"b\"\npath = \"src/main.rs\"\ntest = false\n",
        );
        assert!(programs[0].has(Some("src/bin/a.rs")) && !programs[0].has(Some("src/main.rs")));
        assert!(programs[1].has(Some("src/main.rs")) && !programs[1].has(Some("src/lib.rs")));
    }

    #[test]
    fn tests_that_are_not_run_are_faults() {
        let library = &untested(LIBRARY)[0];
        assert_eq!(library.fault("src/lib.rs", "//! Text.\n//! ```text\n//! a\n//! ```\nfn a() {}\n"), None);
        assert_eq!(
            library.fault("src/lib.rs", "#[cfg(test)]\nmod tests;\n").as_deref(),
            Some("src/lib.rs: its tests are not run: remove `test = false` and `bench = false`")
        );
        for language in ["", "no_run", "rust,no_run"] {
            let source = format!("/// ```{language}\n/// a();\n/// ```\nfn a() {{}}\n");
            assert_eq!(
                library.fault("src/a.rs", &source).as_deref(),
                Some("src/a.rs: its examples are not run: remove `doctest = false`")
            );
        }
    }
}
