//! `GET /v1/admin/users/{id}`

use actix_web::HttpResponse;
use fm_api_types::AdminUser;
use fm_application::administration::Administrator;
use fm_application::sessions::NamedAccount;
use fm_domain::ids::UserId;

use crate::auth::Authenticated;
use crate::input::PathId;
use crate::output::{admin_user, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::Forbidden, Code::NotFound];

/// Get a user
///
/// A user, with what they keep. For admins alone.
#[utoipa::path(
    get,
    path = "/v1/admin/users/{id}",
    operation_id = "get_user",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = uuid::Uuid, Path, description = "The user.")),
    responses((status = 200, description = "The user.", body = AdminUser)),
)]
pub(crate) async fn show_user(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<UserId>,
) -> Answer {
    let by = Administrator::Admin(actor);
    let administration = &state.use_cases.administration;
    administration.authorize.run(&by).await?;
    let found = administration.show_user.run(&by, &NamedAccount::Id(id.known()?)).await?;
    json(HttpResponse::Ok(), &admin_user(&found))
}
