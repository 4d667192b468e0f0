//! What must hold of drives.

use std::collections::{HashMap, HashSet};

use fm_domain::error::PortError;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::{Delta, MAX_DEPTH, NodeRecord};

use super::Environment;

/// At any moment: each item hangs in a folder that leads to the root or to a top of the trash, and no two of a folder have one name.
pub(super) async fn every_item_is_reached(environment: &Environment, user: UserId) -> Result<(), String> {
    let nodes = environment.nodes(user).await;
    let by_id: HashMap<NodeId, &NodeRecord> = nodes.iter().map(|node| (node.id, node)).collect();
    let mut names = HashSet::new();
    for node in &nodes {
        if let Some(parent) = node.parent
            && !names.insert((parent, node.key.as_str()))
        {
            return Err(format!("two entries of a folder have the name of {node:?}"));
        }
        let mut here = node;
        let mut levels = 0;
        while let Some(parent) = here.parent {
            here = by_id.get(&parent).copied().ok_or_else(|| format!("the folder of {here:?} is gone"))?;
            levels += 1;
            if levels > MAX_DEPTH + 1 {
                return Err(format!("no root is above {node:?}"));
            }
        }
        if here.id != NodeId::root(node.drive) && here.trash != Some(here.id) {
            return Err(format!("{here:?} hangs in no folder"));
        }
    }
    Ok(())
}

/// Once everything has recovered: what is in the trash is there as a whole, and the drive counts its items.
pub(super) async fn nothing_is_between(environment: &Environment, user: UserId) -> Result<(), String> {
    let nodes = environment.nodes(user).await;
    let by_id: HashMap<NodeId, &NodeRecord> = nodes.iter().map(|node| (node.id, node)).collect();
    for node in &nodes {
        let parent = node.parent.and_then(|parent| by_id.get(&parent));
        if parent.is_some_and(|parent| parent.trash != node.trash) {
            return Err(format!("{node:?} stands otherwise to the trash than its folder"));
        }
    }
    let counted = async {
        let mut unit = environment.database.begin().await?;
        let entered = unit.drives().enter(DriveId::of_user(user), &Delta::default(), None).await;
        unit.rollback().await?;
        Ok::<_, PortError>(entered.ok().map_or(0, |entered| entered.nodes))
    };
    let counted = counted.await.map_err(|error| format!("no count of items: {error:?}"))?;
    if counted == nodes.len() as u64 {
        Ok(())
    } else {
        Err(format!("the drive counts {counted} items, but has {}", nodes.len()))
    }
}
