//! Results of batches as their owner sees them.

use std::collections::HashMap;

use super::batch::{BatchItem, BatchOutcome, BatchResult, StoredResult};
use super::batch_work::Did;
use super::context::Context;
use super::item_view::{ItemPresenter, TrashedView};
use fm_domain::access::Access;
use fm_domain::error::{PortResult, chain};
use fm_domain::ids::NodeId;
use fm_domain::tree::{Ancestor, Item, MAX_PATH_BYTES, TreePath};

/// How many items are asked about at once: each may lie 64 levels deep, below long names.
pub(super) const WALKED_AT_ONCE: usize = 200;

/// How many bytes the paths of one answer have together: those of more items are left out, as a path is that is too long for itself.
const PATHS_BYTES: usize = 64 * MAX_PATH_BYTES;

/// The results with the items as they are seen now: `all` has what was done by each.
pub(super) async fn seen(
    context: &Context,
    presenter: &ItemPresenter,
    access: &Access,
    results: Vec<StoredResult>,
    all: Vec<Option<Did>>,
) -> PortResult<Vec<BatchResult>> {
    let mut paths = match folders(context, access, &all).await {
        Ok(folders) => Paths { folders, room: PATHS_BYTES },
        // The batch is done, and its client is to be told that in any case.
        Err(error) => {
            tracing::warn!(error = chain(&error), "a batch is answered without paths");
            Paths { folders: HashMap::new(), room: 0 }
        }
    };
    let mut seen = Vec::with_capacity(results.len());
    for (result, did) in results.into_iter().zip(all) {
        seen.push(match did {
            Some(Did::Item(item)) => {
                let (path, requested_name) = (paths.path(&item), result.requested_name()?);
                let view = presenter.view(item).await?;
                result.seen_as(BatchOutcome::Item(BatchItem { view, path, requested_name }))
            }
            Some(Did::Trashed(trashed)) => {
                result.seen_as(BatchOutcome::Trashed(TrashedView::of(trashed, context.retention.trash)))
            }
            Some(Did::Deleted) | None => result.plain()?,
        });
    }
    Ok(seen)
}

/// The ways down to the folders that these items lie in, as far as they are known: they are asked for once for each folder.
async fn folders(
    context: &Context,
    access: &Access,
    all: &[Option<Did>],
) -> PortResult<HashMap<NodeId, Vec<Ancestor>>> {
    let one_of_each: HashMap<NodeId, NodeId> = all.iter().flatten().filter_map(placed).collect();
    let one_of_each: Vec<NodeId> = one_of_each.into_values().collect();
    let mut folders = HashMap::with_capacity(one_of_each.len());
    for some in one_of_each.chunks(WALKED_AT_ONCE) {
        let found = context.db.read().await?.tree().ancestors(access, some).await?;
        for above in found {
            // What has gone elsewhere meanwhile tells of that folder.
            let Some(folder) = above.last().map(|folder| folder.id) else { continue };
            // Below a path that is too long nothing has one: its names are not held.
            if TreePath::below(&above, None).len() < MAX_PATH_BYTES {
                folders.insert(folder, above);
            }
        }
    }
    Ok(folders)
}

/// The folder that an item lies in, and the item.
fn placed(did: &Did) -> Option<(NodeId, NodeId)> {
    match did {
        Did::Item(item) => Some((item.parent()?, item.id())),
        Did::Trashed(_) | Did::Deleted => None,
    }
}

/// The ways down to folders, each included, and how many bytes those of items may still have.
struct Paths {
    folders: HashMap<NodeId, Vec<Ancestor>>,
    room: usize,
}

impl Paths {
    /// The path of an item, where it is known and there is room for it.
    fn path(&mut self, item: &Item) -> Option<String> {
        let path = TreePath::below(self.folders.get(&item.parent()?)?, item.name());
        if path.len() > MAX_PATH_BYTES {
            return None;
        }
        self.room = self.room.checked_sub(path.len())?;
        Some(path)
    }
}
