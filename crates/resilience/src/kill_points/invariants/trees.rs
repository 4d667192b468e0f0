//! What must hold of drives.

use std::collections::{HashMap, HashSet};

use fm_domain::access::{Access, Right};
use fm_domain::error::PortError;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::{Delta, ItemKind, MAX_DEPTH, NodeRecord, Seq};

use super::Environment;

/// At any moment: each item hangs in a folder that leads to the root or to a top of the trash, no two of a folder have one name, and the
/// drive has counted their changes.
pub(super) async fn every_item_is_reached(environment: &Environment, user: UserId) -> Result<(), String> {
    let (drive, own) = (DriveId::of_user(user), Access::on_behalf_of(user, Right::Read));
    let found = async { environment.database.read().await?.tree().drive(&own, drive).await };
    let found = found.await.map_err(|error| format!("no drive: {error:?}"))?;
    let seq = found.ok_or("the account has no drive")?.seq;
    are_reached(&environment.nodes(user).await, drive, seq)
}

fn are_reached(nodes: &[NodeRecord], drive: DriveId, seq: Seq) -> Result<(), String> {
    let by_id: HashMap<NodeId, &NodeRecord> = nodes.iter().map(|node| (node.id, node)).collect();
    let root = NodeId::root(drive);
    must!(by_id.contains_key(&root), "the drive has no root");
    must!(by_id.len() == nodes.len(), "an item is there twice");
    let mut names = HashSet::new();
    for node in nodes {
        if let Some(parent) = node.parent {
            must!(
                names.insert((parent, node.key.as_str())),
                "two entries of a folder have the name of {node:?}"
            );
        }
        must!(node.changed <= seq, "{node:?} has changed after the last change of the drive, {seq:?}");
        let mut here = node;
        let mut levels = 0;
        while let Some(parent) = here.parent {
            here = by_id.get(&parent).copied().ok_or_else(|| format!("the folder of {here:?} is gone"))?;
            must!(here.kind == ItemKind::Folder, "{node:?} lies in a file: {here:?}");
            levels += 1;
            must!(levels <= MAX_DEPTH + 1, "no root is above {node:?}");
        }
        must!(here.id == root || here.trash == Some(here.id), "{here:?} hangs in no folder");
    }
    Ok(())
}

/// Once everything has recovered: what is in the trash is there as a whole, and the drive counts its items.
pub(super) async fn nothing_is_between(environment: &Environment, user: UserId) -> Result<(), String> {
    let nodes = environment.nodes(user).await;
    stand_as_their_folders(&nodes)?;
    let counted = async {
        let mut unit = environment.database.begin().await?;
        let entered = unit.drives().enter(DriveId::of_user(user), &Delta::default(), None).await;
        unit.rollback().await?;
        Ok::<_, PortError>(entered.ok().map_or(0, |entered| entered.nodes))
    };
    let counted = counted.await.map_err(|error| format!("no count of items: {error:?}"))?;
    must!(counted == nodes.len() as u64, "the drive counts {counted} items, but has {}", nodes.len());
    Ok(())
}

/// Each item is in the trash by what took its folder there, or by nothing.
fn stand_as_their_folders(nodes: &[NodeRecord]) -> Result<(), String> {
    let by_id: HashMap<NodeId, &NodeRecord> = nodes.iter().map(|node| (node.id, node)).collect();
    for node in nodes {
        let parent = node.parent.and_then(|parent| by_id.get(&parent));
        must!(
            parent.is_none_or(|parent| parent.trash == node.trash),
            "{node:?} stands otherwise to the trash than its folder"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
