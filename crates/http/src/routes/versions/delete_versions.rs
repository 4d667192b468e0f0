//! `DELETE /v1/files/{id}/versions`

use fm_domain::ids::FileId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound];

/// Delete old versions
///
/// Deletes the old versions of a file for good, but for pinned ones.
#[utoipa::path(
    delete,
    path = "/v1/files/{id}/versions",
    operation_id = "delete_old_versions",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The file.")),
    responses((status = 204, description = "They are gone.")),
)]
pub(crate) async fn delete_versions(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    state.use_cases.tree.versions.delete(&actor, id.known()?, None).await?;
    Ok(no_content())
}
