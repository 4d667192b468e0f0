//! The file that a job is about.

use super::job::JobContext;
use fm_domain::access::{Access, Right};
use fm_domain::error::PortResult;
use fm_domain::files::File;
use fm_domain::ids::{FileId, UserId};

/// The file, living or in the trash, from where it may come back.
pub(super) async fn find(context: &JobContext, owner: UserId, file: FileId) -> PortResult<Option<File>> {
    let access = Access::on_behalf_of(owner, Right::Read);
    context.ports.db.read().await?.files().find_with_trash(&access, file).await
}
