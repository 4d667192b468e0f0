//! `docs/SECURITY.md` names tests that exist, and says of each requirement how it stands.

#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::repository::Repository;
use crate::{Failure, Fault};

const PAGE: &str = "docs/SECURITY.md";

/// What a requirement's state may begin with.
const STATES: [&str; 4] = ["met: ", "met, without a test", "not applicable: ", "open: "];

/// A test that the page names: a link to its file, with its name as the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cited<'a> {
    line: usize,
    name: &'a str,
    path: &'a str,
}

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let page = repository.read(PAGE)?;
    let mut faults = states(&page);
    let mut files: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for cited in cited(&page) {
        let tests = match files.entry(cited.path) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(tests_in(&repository.read_if_there(cited.path)?)),
        };
        if !tests.contains(cited.name) {
            faults.push(format!("{PAGE}:{}: no test {} in {}", cited.line, cited.name, cited.path));
        }
    }
    Ok(faults)
}

/// Every link whose text is code and whose target is a file of Rust.
fn cited(page: &str) -> Vec<Cited<'_>> {
    let mut found = Vec::new();
    for (index, line) in page.lines().enumerate() {
        for link in line.split("[`").skip(1) {
            let Some((name, rest)) = link.split_once("`](../") else { continue };
            let Some((path, _)) = rest.split_once(')') else { continue };
            if Path::new(path).extension().is_some_and(|extension| extension == "rs") {
                found.push(Cited { line: index + 1, name, path });
            }
        }
    }
    found
}

/// Macros that make tests of the functions that they list.
const LISTS: [&str; 3] = ["on_every_lane![", "on_durable_lanes![", "behind_every_proxy!["];

/// The names of the tests in a file: functions with an attribute that ends in `test`, and what [`LISTS`] list.
fn tests_in(text: &str) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    let (mut is_test, mut in_list) = (false, false);
    for line in text.lines().map(str::trim) {
        let list = LISTS.iter().find_map(|list| line.strip_prefix(list));
        in_list |= list.is_some();
        if in_list {
            let names = list.unwrap_or(line).trim_end_matches("];");
            tests.extend(names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
            in_list = !line.ends_with("];");
        } else if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= path == "test" || path.ends_with("::test");
        } else if !line.is_empty() && !line.starts_with("//") {
            let declared = line.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
            tests.extend(declared.filter(|_| is_test).map(str::to_owned));
            is_test = false;
        }
    }
    tests
}

/// Requirements that are there twice, or whose state is none; and those that are met by a test that is not named.
fn states(page: &str) -> Vec<Fault> {
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, line) in page.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, _, state] = cells.as_slice() else { continue };
        if !number.split('.').all(|part| part.parse::<u8>().is_ok()) {
            continue;
        }
        let place = format!("{PAGE}:{}: {number}", index + 1);
        if !seen.insert(*number) {
            faults.push(format!("{place} is there twice"));
        }
        if !STATES.iter().any(|known| state.starts_with(known)) {
            faults.push(format!("{place} is neither met, not applicable nor open: {state}"));
        } else if state.starts_with("met: ") && cited(line).is_empty() {
            faults.push(format!("{place} is met, and names no test"));
        }
    }
    if seen.is_empty() {
        faults.push(format!("{PAGE}: no requirement is listed"));
    }
    faults
}
