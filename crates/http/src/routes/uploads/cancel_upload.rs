//! `DELETE /v1/uploads/{id}`

use fm_domain::ids::UploadId;

use crate::input::PathId;
use crate::output::no_content;
use crate::problem::{Answer, Code};
use crate::state::State;
use crate::tus::{self, TusActor};

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::UploadExpired, Code::PreconditionFailed];

/// Cancel a resumable upload
///
/// Ends a resumable upload. From this answer on it is gone, its bytes follow in the background. A file that it has
/// become stays.
#[utoipa::path(
    delete,
    path = "/v1/uploads/{id}",
    operation_id = "cancel_resumable_upload",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`", example = "1.0.0"),
    ),
    responses((status = 204, description = "The upload is gone.",
        headers(("Tus-Resumable" = String, description = "`1.0.0`")))),
)]
pub(crate) async fn cancel_upload(state: State, TusActor(actor): TusActor, id: PathId<UploadId>) -> Answer {
    tus::uploads(&state.use_cases)?.cancel.run(&actor, id.known()?).await?;
    Ok(no_content())
}
