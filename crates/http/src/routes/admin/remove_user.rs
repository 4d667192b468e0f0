//! `DELETE /v1/admin/users/{id}`

use actix_web::HttpResponse;
use fm_application::administration::Administrator;
use fm_domain::ids::UserId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::Forbidden, Code::NotFound, Code::Conflict];

/// Delete a user
///
/// Removes a user, their sessions, their files and the bytes of these. For admins alone, who can't remove themselves here (409
/// `conflict`).
#[utoipa::path(
    delete,
    path = "/v1/admin/users/{id}",
    operation_id = "delete_user",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = uuid::Uuid, Path, description = "The user.")),
    responses((status = 204, description = "The user is gone.")),
)]
pub(crate) async fn remove_user(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<UserId>,
) -> Answer {
    let by = Administrator::Admin(actor);
    let administration = &state.use_cases.administration;
    administration.authorize.run(&by).await?;
    administration.remove_user.run(&by, id.known()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
