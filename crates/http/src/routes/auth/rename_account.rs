//! `PATCH /v1/auth/me`

use actix_web::HttpResponse;
use fm_domain::accounts::DisplayName;
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::input::{Fields, FromFields, JsonBody, parsed};
use crate::output::{UserJson, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] =
    &[Code::MalformedRequest, Code::PayloadTooLarge, Code::UnsupportedMediaType, Code::ValidationFailed];

/// What the caller wants to be called.
#[derive(ToSchema)]
#[schema(as = AccountName, example = json!({"name": "Ada"}))]
pub(crate) struct RenameBody {
    /// Null clears the name.
    #[schema(value_type = Option<String>, required = true, max_length = 255)]
    name: Option<DisplayName>,
}

impl FromFields for RenameBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = if fields.has("name") {
            fields.optional("name", parsed)
        } else {
            fields.required("name", |_| Ok(None))
        };
        Some(Self { name: name? })
    }
}

/// Renames the caller.
#[utoipa::path(
    patch,
    path = "/v1/auth/me",
    tag = "auth",
    security(("bearer" = []), ("cookie" = [])),
    request_body = RenameBody,
    responses((status = 200, description = "The user.", body = UserJson)),
)]
pub(crate) async fn rename_account(
    state: State,
    Authenticated(caller): Authenticated,
    body: JsonBody,
) -> Answer {
    let RenameBody { name } = body.read().await?;
    let user = state.use_cases.accounts.rename.run(&caller, name).await?;
    json(HttpResponse::Ok(), &UserJson::of(&user))
}
