//! `DELETE /v1/files/{id}`

use actix_web::HttpRequest;
use fm_application::tree::DeleteCommand;
use fm_domain::ids::FileId;
use fm_domain::tree::ItemKind;

use crate::auth::Authenticated;
use crate::input::{PathId, precondition};
use crate::problem::{Answer, Code};
use crate::routes::tree::delete_item::carry_out;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::PreconditionFailed];

/// Delete a file
///
/// Removes a file for good, from its folder or from the trash. From this answer on it is gone for every route; its bytes follow in the background. To be able to
/// restore it, use `POST /v1/items/{id}/trash`.
#[utoipa::path(
    delete,
    path = "/v1/files/{id}",
    operation_id = "delete_file",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("If-Match" = Option<String>, Header, description = "Any entity tag of the revision that is meant."),
        ("If-None-Match" = Option<String>, Header, description = "`*`, or entity tags: 412 `precondition_failed` where one of them names the revision that is there."),
    ),
    responses((status = 204, description = "The file is gone.")),
)]
pub(crate) async fn remove_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let (item, kind) = (id.known()?.into(), Some(ItemKind::File));
    let if_match = precondition(request.headers())?;
    carry_out(&state, &actor, DeleteCommand { item, kind, if_match, recursive: false }).await
}
