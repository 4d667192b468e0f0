//! What a drive holds, so that two runs of one scenario can be compared.

use std::collections::HashMap;

use fm_domain::files::File;
use fm_domain::ids::NodeId;
use fm_domain::tree::{MAX_DEPTH, NodeRecord, Version};

use super::holdings::Holdings;
use super::{Actors, Environment};

/// How many differences are told.
const SHOWN: usize = 5;

/// The items of a drive, living and in the trash, by their paths and with all their contents; without ids and times, which are others
/// in every run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::kill_points) struct DriveState(Vec<String>);

impl DriveState {
    /// What the drive of these actors holds now; nothing where there is no account.
    pub(in crate::kill_points) async fn of(
        environment: &Environment,
        actors: &Actors,
    ) -> Result<Self, String> {
        let Some(account) = environment.account(actors).await else { return Ok(Self::default()) };
        let user = account.user.id;
        let Holdings { files, versions, .. } = Holdings::of(environment, user).await?;
        Ok(Self::new(&environment.nodes(user).await, &files, &versions))
    }

    fn new(nodes: &[NodeRecord], files: &[File], versions: &[Version]) -> Self {
        let by_id: HashMap<NodeId, &NodeRecord> = nodes.iter().map(|node| (node.id, node)).collect();
        let contents: HashMap<NodeId, String> =
            files.iter().map(|file| (file.id.into(), contents_of(file, versions))).collect();
        let items = nodes.iter().map(|node| {
            let place = if node.trash.is_some() { "trash:" } else { "" };
            let contents = contents.get(&node.id).map_or("", String::as_str);
            format!("{place}{}{contents}", path_of(node, &by_id))
        });
        let mut items: Vec<String> = items.collect();
        items.sort_unstable();
        Self(items)
    }

    /// Some items that one of the drives has and the other has not.
    pub(in crate::kill_points) fn apart_from(&self, other: &Self) -> String {
        let only = |here: &Self, there: &Self| -> Vec<String> {
            let items = here.0.iter().filter(|item| !there.0.contains(item));
            items.take(SHOWN).cloned().collect()
        };
        format!("{:?} instead of {:?}", only(self, other), only(other, self))
    }
}

/// The way to an item from its root, or from a top of the trash.
fn path_of(node: &NodeRecord, by_id: &HashMap<NodeId, &NodeRecord>) -> String {
    let mut keys = vec![node.key.as_str()];
    let mut above = node.parent;
    // A cycle has no end.
    for _ in 0..=MAX_DEPTH {
        let Some(folder) = above.and_then(|id| by_id.get(&id)) else { break };
        keys.push(folder.key.as_str());
        above = folder.parent;
    }
    keys.reverse();
    keys.join("/")
}

/// The content of a file, and those that it had before.
fn contents_of(file: &File, versions: &[Version]) -> String {
    let mut old: Vec<&Version> = versions.iter().filter(|version| version.file == file.id).collect();
    old.sort_by_key(|version| version.number);
    let before: Vec<_> = old.iter().map(|version| (version.size, version.sha256)).collect();
    format!(" of {} {:?} after {before:?}", file.size, file.sha256)
}

#[cfg(test)]
mod tests;
