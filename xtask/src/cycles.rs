//! No cycle of imports spans folders: a folder can be read, moved and cut off without those that import from it.
//!
//! A file imports from another where a path in it leads to something that the other defines. What only passes a name on
//! (`mod`, `pub use`, a module on the way) is not counted, and neither is what is compiled for tests alone. A trait that comes
//! through a glob and is used by its methods alone is not seen.

mod graph;
mod imports;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::thread;

use cargo_metadata::MetadataCommand;

use crate::repository::Repository;
use crate::{Failure, Fault};
use graph::{Cycle, cycles};
use imports::{Import, imports};
use source::Module;

/// The imports that close cycles today, each as `from -> to`. The list only shrinks.
const KNOWN: &str = "xtask/known-cycles.txt";

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let workspace = metadata.workspace_root.as_std_path();
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let roots: Vec<String> = targets
        .filter_map(|target| target.src_path.as_std_path().strip_prefix(workspace).ok())
        .map(|path| path.display().to_string())
        .collect();
    let mut files = Vec::new();
    for path in repository.files()? {
        if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            let text = repository.read(&path)?;
            files.push((path, text));
        }
    }
    faults(&roots, &files, &repository.read_if_there(KNOWN)?)
}

fn faults(roots: &[String], files: &[(String, String)], known: &str) -> Result<Vec<Fault>, Failure> {
    let sources = parse(files)?;
    let imports: Vec<Import> = roots.iter().flat_map(|root| imports(root, &sources)).collect();
    let mut faults = Vec::new();
    let mut known_edges = Vec::new();
    for line in known.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match line.split_once(" -> ") {
            Some((from, to)) => known_edges.push((from.trim(), to.trim())),
            None => faults.push(format!("{KNOWN}: not `from -> to`: {line}")),
        }
    }
    let (closing, rest): (Vec<Import>, Vec<Import>) = imports
        .into_iter()
        .partition(|import| known_edges.contains(&(import.from.as_str(), import.to.as_str())));
    let left = cycles(&rest);
    faults.extend(left.iter().map(described));
    for (from, to) in known_edges {
        let mut with_it = rest.clone();
        with_it.extend(closing.iter().filter(|import| import.from == from && import.to == to).cloned());
        if cycles(&with_it) == left {
            faults.push(format!("{KNOWN}: `{from} -> {to}` closes no cycle any more: remove it"));
        }
    }
    Ok(faults)
}

fn described(cycle: &Cycle) -> Fault {
    let mut fault = format!("a cycle of {} files spans folders; its shortest way around:", cycle.files.len());
    for Import { from, to, line, path } in &cycle.shortest {
        let _ = write!(fault, "\n    {from}:{line} imports {path} from {to}");
    }
    fault
}

/// Parses the files, on all processors.
fn parse(files: &[(String, String)]) -> Result<BTreeMap<String, Module>, Failure> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let parsed = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || -> Result<Vec<(String, Module)>, String> {
                    let own = files.iter().skip(worker).step_by(threads);
                    own.map(|(path, text)| match source::parse(text) {
                        Ok(module) => Ok((path.clone(), module)),
                        Err(error) => Err(format!("{path}:{}: {error}", error.span().start().line)),
                    })
                    .collect()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    });
    let mut sources = BTreeMap::new();
    for own in parsed {
        sources.extend(own?);
    }
    Ok(sources)
}
