//! `DELETE /v1/direct-uploads/{id}`

use fm_domain::ids::UploadId;

use super::uploads;
use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::UploadExpired];

/// Cancel a direct upload
///
/// Ends a direct upload. From this answer on it is gone, its bytes follow in the background. A file that it has
/// become stays.
#[utoipa::path(
    delete,
    path = "/v1/direct-uploads/{id}",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, format = Uuid, description = "The upload.")),
    responses((status = 204, description = "The upload is gone.")),
)]
pub(crate) async fn cancel_direct_upload(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<UploadId>,
) -> Answer {
    uploads(&state.use_cases)?.cancel.run(&actor, id.known()?).await?;
    Ok(no_content())
}
