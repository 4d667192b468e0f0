//! A file of code that grows past its limit has found a second subject.
//!
//! `xtask/long-files.txt` lists the exceptions, each as a path and the lines it has. The list only shrinks: a file on it may
//! not grow, and one that needs no exception any more must leave it.

use crate::repository::Repository;
use crate::{Failure, Fault};

const EXCEPTIONS: &str = "xtask/long-files.txt";

/// The most lines of a file of code.
const CODE: usize = 320;

/// The most lines of a file of tests, which are lists by nature.
const TESTS: usize = 450;

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let mut lengths = Vec::new();
    for path in repository.files()? {
        if is_rust(&path) {
            let count = repository.read(&path)?.lines().count();
            lengths.push((path, count));
        }
    }
    Ok(faults(&lengths, &repository.read_if_there(EXCEPTIONS)?))
}

fn faults(lengths: &[(String, usize)], exceptions: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut excepted = Vec::new();
    for line in exceptions.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match line.rsplit_once(' ').map(|(path, count)| (path.trim(), count.parse::<usize>())) {
            Some((path, Ok(count))) => excepted.push((path, count)),
            _ => faults.push(format!("{EXCEPTIONS}: not a path and a number: {line}")),
        }
    }
    for (path, count) in lengths {
        let most = limit(path);
        match excepted.iter().find(|(name, _)| name == path) {
            Some((_, agreed)) if count > agreed => {
                faults.push(format!("{path}: {count} lines, grown past the {agreed} of {EXCEPTIONS}"));
            }
            Some(_) if *count <= most => {
                faults
                    .push(format!("{path}: {count} lines are within the limit: remove it from {EXCEPTIONS}"));
            }
            None if *count > most => faults.push(format!("{path}: {count} lines, at most {most}")),
            Some(_) | None => {}
        }
    }
    for (path, _) in excepted {
        if !lengths.iter().any(|(name, _)| name == path) {
            faults.push(format!("{path}: gone, remove it from {EXCEPTIONS}"));
        }
    }
    faults
}

fn limit(path: &str) -> usize {
    let is_test = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs");
    if is_test { TESTS } else { CODE }
}

fn is_rust(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, usize)]) -> Vec<(String, usize)> {
        list.iter().map(|(path, count)| ((*path).to_owned(), *count)).collect()
    }

    #[test]
    fn files_at_their_limits_pass() {
        let files = files(&[
            ("crates/a/src/lib.rs", 320),
            ("crates/a/tests/b.rs", 450),
            ("crates/a/src/tests.rs", 450),
        ]);
        assert_eq!(faults(&files, ""), Vec::<Fault>::new());
    }

    #[test]
    fn one_line_too_many_is_a_fault() {
        let files = files(&[("crates/a/src/lib.rs", 321), ("tests/src/lib.rs", 451)]);
        assert_eq!(
            faults(&files, ""),
            ["crates/a/src/lib.rs: 321 lines, at most 320", "tests/src/lib.rs: 451 lines, at most 450"]
        );
    }

    #[test]
    fn an_exception_holds_while_the_file_does_not_grow() {
        let exceptions = "# why\ncrates/a/src/lib.rs 400\n";
        assert_eq!(faults(&files(&[("crates/a/src/lib.rs", 400)]), exceptions), Vec::<Fault>::new());
        assert_eq!(
            faults(&files(&[("crates/a/src/lib.rs", 401)]), exceptions),
            ["crates/a/src/lib.rs: 401 lines, grown past the 400 of xtask/long-files.txt"]
        );
    }

    #[test]
    fn an_exception_that_is_not_needed_is_a_fault() {
        assert_eq!(
            faults(&files(&[("a.rs", 300)]), "a.rs 400\nb.rs 400\nc.rs\n"),
            [
                "xtask/long-files.txt: not a path and a number: c.rs",
                "a.rs: 300 lines are within the limit: remove it from xtask/long-files.txt",
                "b.rs: gone, remove it from xtask/long-files.txt",
            ]
        );
    }
}
