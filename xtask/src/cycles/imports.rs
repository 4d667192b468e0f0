//! Which file of a crate imports from which: paths are followed through re-exports to the file that defines the name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::source::{Body, Module};

/// A path in one file that leads to what another defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) line: usize,
    pub(super) path: String,
}

/// The first import of each file from each other, in a crate whose root is this file.
pub(super) fn imports(root: &str, sources: &BTreeMap<String, Module>) -> Vec<Import> {
    let mut tree = Tree { nodes: Vec::new(), sources };
    if let Some(module) = sources.get(root) {
        tree.grow(module, root, &folder_of(root), None);
    }
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, node) in tree.nodes.iter().enumerate() {
        let uses = node.module.uses.iter().filter(|one| !one.reexport && one.name != "*");
        let uses = uses.map(|one| (&one.path, one.line));
        let mentions = node.module.mentions.iter().map(|one| (&one.path, one.line));
        for (path, line) in uses.chain(mentions) {
            if let Some(Target::Item(to)) = tree.follow(index, path, &mut HashSet::new())
                && to != node.file
                && seen.insert((node.file, to))
            {
                let (from, to, path) = (node.file.to_owned(), to.to_owned(), path.join("::"));
                found.push(Import { from, to, line, path });
            }
        }
    }
    found
}

/// The modules of a crate; the first is its root.
struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    sources: &'a BTreeMap<String, Module>,
}

struct Node<'a> {
    module: &'a Module,
    file: &'a str,
    parent: Option<usize>,
    children: BTreeMap<&'a str, usize>,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// The module with this number. A module is no more than a way to its items.
    Module(usize),
    /// Something that this file defines.
    Item(&'a str),
}

impl<'a> Tree<'a> {
    /// Adds the module and those below it. Files of its children are in the folder.
    fn grow(&mut self, module: &'a Module, file: &'a str, folder: &str, parent: Option<usize>) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node { module, file, parent, children: BTreeMap::new() });
        for child in &module.children {
            let below = format!("{folder}/{}", child.name);
            let number = match &child.body {
                Body::Inline(inside) => Some(self.grow(inside, file, &below, Some(index))),
                Body::File(path) => {
                    let places = match path {
                        Some(path) => vec![joined(&folder_of(file), path)],
                        None => vec![format!("{below}.rs"), format!("{below}/mod.rs")],
                    };
                    let sources = self.sources;
                    places.iter().find_map(|place| sources.get_key_value(place)).map(|(place, inside)| {
                        let is_whole = path.is_some() || place.ends_with("/mod.rs");
                        let below = if is_whole { folder_of(place) } else { below };
                        self.grow(inside, place, &below, Some(index))
                    })
                }
            };
            if let Some(number) = number {
                self.nodes[index].children.insert(&child.name, number);
            }
        }
        index
    }

    /// Follows a path from a module; `None` where it leads out of the crate, or nowhere.
    fn follow(
        &self,
        from: usize,
        path: &'a [String],
        asked: &mut HashSet<(usize, &'a str, bool)>,
    ) -> Option<Target<'a>> {
        let mut segments = path.iter().enumerate();
        let (_, first) = segments.next()?;
        let mut at = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(self.nodes[from].parent?),
            name => self.look_up(from, name, path.len() == 1, asked)?,
        };
        for (index, segment) in segments {
            let Target::Module(module) = at else { break };
            at = match segment.as_str() {
                "super" => Target::Module(self.nodes[module].parent?),
                name => self.look_up(module, name, index + 1 == path.len(), asked)?,
            };
        }
        Some(at)
    }

    /// What a name means in a module. A module and something else may share a name: the last of a path is the latter.
    fn look_up(
        &self,
        module: usize,
        name: &'a str,
        is_last: bool,
        asked: &mut HashSet<(usize, &'a str, bool)>,
    ) -> Option<Target<'a>> {
        if !asked.insert((module, name, is_last)) {
            return None;
        }
        let node = &self.nodes[module];
        let child = node.children.get(name).map(|number| Target::Module(*number));
        if !is_last && child.is_some() {
            return child;
        }
        if node.module.items.iter().any(|item| item == name) {
            return Some(Target::Item(node.file));
        }
        if module == 0
            && let Some(node) =
                self.nodes.iter().find(|node| node.module.exported_macros.iter().any(|one| one == name))
        {
            return Some(Target::Item(node.file));
        }
        let mut best = child;
        for one in &node.module.uses {
            let target = match one.name.as_str() {
                "*" => match self.follow(module, &one.path, &mut asked.clone()) {
                    Some(Target::Module(number)) => self.look_up(number, name, is_last, asked),
                    _ => None,
                },
                own if own == name => self.follow(module, &one.path, asked),
                _ => None,
            };
            match target {
                Some(Target::Item(_)) if is_last => return target,
                Some(Target::Module(_)) if !is_last => return target,
                _ => best = best.or(target),
            }
        }
        best
    }
}

pub(super) fn folder_of(file: &str) -> String {
    file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

/// A relative path from a folder, `..` resolved.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}
