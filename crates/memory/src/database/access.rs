//! What an access reaches, as a condition on items: the one place that reads it.

use fm_domain::access::Access;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::MAX_DEPTH;

use super::items::visible_drive;
use super::nodes::{Node, Nodes};
use super::tables::Tables;
use super::users::Users;

/// The owner of every file and upload that `access` reaches; `None` when it reaches none, because the user is marked as
/// removed.
pub(super) fn visible_owner(access: &Access, users: &Users) -> Option<UserId> {
    Some(access.owner()).filter(|owner| !users.is_removed(*owner))
}

impl Nodes {
    /// Whether an item hangs below the root of its drive.
    fn leads_to_root(&self, drive: DriveId, id: NodeId) -> bool {
        let root = NodeId::root(drive);
        let mut here = Some(id);
        for _ in 0..=MAX_DEPTH + 1 {
            match here {
                Some(id) if id == root => return true,
                Some(id) => here = self.get(id).and_then(|node| node.parent),
                None => return false,
            }
        }
        false
    }
}

impl Tables {
    /// The living item, if the access reaches it. While an operation runs what hangs below a top that it has not taken along yet is none.
    pub(super) fn reached(&self, access: &Access, id: NodeId) -> Option<&Node> {
        let drive = visible_drive(access, &self.users)?;
        let is_reached = |node: &&Node| {
            !self.operations.is_running(drive.owner()) || self.nodes.leads_to_root(drive, node.item.id())
        };
        self.nodes.living(drive, id).map(AsRef::as_ref).filter(is_reached)
    }
}
