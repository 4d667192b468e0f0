//! Cycles of imports, and which of them leave a folder.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{astar, tarjan_scc};
use petgraph::graph::{DiGraph, NodeIndex};

use super::imports::{Import, folder_of};

/// Files that import each other, in folders that differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    /// All files that are on some cycle with each other, sorted.
    pub(super) files: Vec<String>,
    /// The imports of the shortest cycle that leaves a folder, each from where the one before it leads.
    pub(super) shortest: Vec<Import>,
}

/// The cycles that span folders, in the order of their files.
pub(super) fn cycles(imports: &[Import]) -> Vec<Cycle> {
    let mut graph: DiGraph<&str, &Import> = DiGraph::new();
    let mut numbers: BTreeMap<&str, NodeIndex> = BTreeMap::new();
    for import in imports {
        let from = *numbers.entry(&import.from).or_insert_with(|| graph.add_node(&import.from));
        let to = *numbers.entry(&import.to).or_insert_with(|| graph.add_node(&import.to));
        graph.add_edge(from, to, import);
    }
    let mut found: Vec<Cycle> = tarjan_scc(&graph)
        .into_iter()
        .filter(|nodes| nodes.len() > 1)
        .filter_map(|nodes| {
            let mut files: Vec<String> = nodes.iter().map(|node| graph[*node].to_owned()).collect();
            files.sort();
            (!share_a_folder(&files)).then(|| Cycle { shortest: shortest(&graph, &nodes, &files), files })
        })
        .collect();
    found.sort_by(|one, other| one.files.cmp(&other.files));
    found
}

/// The shortest cycle whose files share no folder; where each single cycle stays in one, the shortest at all.
fn shortest(graph: &DiGraph<&str, &Import>, nodes: &[NodeIndex], files: &[String]) -> Vec<Import> {
    let mut loops: Vec<Vec<Import>> = Vec::new();
    for edge in graph.edge_indices() {
        let Some((from, to)) = graph.edge_endpoints(edge) else { continue };
        if !nodes.contains(&from) || !nodes.contains(&to) {
            continue;
        }
        let back = astar(graph, to, |node| node == from, |_| 1_usize, |_| 0);
        if let Some((_, path)) = back {
            let mut around = vec![graph[edge].clone()];
            around.extend(path.windows(2).filter_map(|pair| match pair {
                [from, to] => graph.find_edge(*from, *to).map(|edge| graph[edge].clone()),
                _ => None,
            }));
            loops.push(around);
        }
    }
    let leaves = |around: &Vec<Import>| {
        let files: Vec<String> = around.iter().map(|import| import.from.clone()).collect();
        !share_a_folder(&files)
    };
    // The same cycle is found from each of its files: it is shown from the first of them.
    let first = |around: &Vec<Import>| files.iter().position(|file| *file == around[0].from);
    loops.sort_by_key(|around| (!leaves(around), around.len(), first(around)));
    loops.into_iter().next().unwrap_or_default()
}

/// Whether one folder has all the files. `a.rs` is in its folder, and in the folder `a` too.
fn share_a_folder(files: &[String]) -> bool {
    let mut folders = files.iter().map(|file| folders_of(file));
    let Some(mut shared) = folders.next() else { return true };
    for own in folders {
        shared.retain(|folder| own.contains(folder));
    }
    !shared.is_empty()
}

fn folders_of(file: &str) -> BTreeSet<String> {
    let folder = folder_of(file);
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    if stem.ends_with("/mod") {
        return BTreeSet::from([folder]);
    }
    BTreeSet::from([folder, stem.to_owned()])
}
