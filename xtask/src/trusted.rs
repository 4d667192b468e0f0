//! Text that is taken without a check comes from our own database: only rows of its adapters call `from_trusted`.

use std::path::Path;

use crate::repository::Repository;
use crate::{Failure, Fault};

/// Where it is called: the rows that are read most.
const CALLERS: [&str; 2] = ["crates/postgres/src/rows/node.rs", "crates/sqlite/src/rows/node.rs"];

/// Where it is defined and tested.
const DEFINED_IN: &str = "crates/domain/src/files/";

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for path in repository.files()? {
        let may_call = CALLERS.contains(&path.as_str()) || path.starts_with(DEFINED_IN);
        if !may_call
            && path.starts_with("crates/")
            && Path::new(&path).extension().is_some_and(|extension| extension == "rs")
        {
            faults.extend(faults_in(&path, &repository.read(&path)?));
        }
    }
    Ok(faults)
}

fn faults_in(path: &str, text: &str) -> Vec<Fault> {
    let calls = text.lines().enumerate().filter(|(_, line)| line.contains("::from_trusted"));
    calls
        .map(|(index, _)| format!("{path}:{}: from_trusted: parse it, it is no row of ours", index + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_parsed_passes() {
        let text = "let name: FileName = text.parse()?;\n// from_trusted is for rows\n";
        assert_eq!(faults_in("crates/http/src/a.rs", text), Vec::<Fault>::new());
    }

    #[test]
    fn text_that_is_taken_without_a_check_is_a_fault() {
        let text = "fine\nlet name = FileName::from_trusted(text);\nnames.map(FileName::from_trusted)\n";
        let faults = faults_in("crates/http/src/a.rs", text);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].starts_with("crates/http/src/a.rs:2: "), "{faults:?}");
    }
}
