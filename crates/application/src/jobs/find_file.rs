//! The file that a job is about.

use super::job::JobContext;
use fm_domain::access::{Access, Right};
use fm_domain::error::PortResult;
use fm_domain::files::File;
use fm_domain::ids::{FileId, UserId};
use fm_domain::tree::Item;

/// The file, living or in the trash, from where it may come back.
pub(super) async fn find(context: &JobContext, owner: UserId, file: FileId) -> PortResult<Option<File>> {
    let access = Access::on_behalf_of(owner, Right::Read);
    let mut reads = context.ports.db.read().await?;
    if let Some(found) = reads.files().find(&access, file).await? {
        return Ok(Some(found));
    }
    let trashed = reads.tree().trashed(&access, file.into()).await?;
    Ok(trashed.and_then(|trashed| match trashed.item {
        Item::File(file) => Some(file),
        Item::Folder(_) => None,
    }))
}
