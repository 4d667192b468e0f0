//! `PATCH /v1/admin/users/{id}`

use actix_web::HttpResponse;
use fm_api_types::{AdminUser, UserChanges as Body};
use fm_application::administration::{Administrator, QuotaChange, UserChanges};
use fm_domain::accounts::Role;
use fm_domain::body::ByteSize;
use fm_domain::ids::UserId;
use serde_json::Value;

use crate::auth::Authenticated;
use crate::input::{JsonBody, PathId, flag, json_body, parsed};
use crate::output::{admin_user, json};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Forbidden,
    Code::NotFound,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct ChangeBody for Body {
        suspended: Option<bool> => given(flag),
        role: Option<Role> => given(parsed),
        quota_bytes: Option<QuotaChange> => given(quota),
    }
}

/// Reads a quota; null: that of the deployment.
fn quota(value: &Value) -> Result<QuotaChange, String> {
    if value.is_null() {
        return Ok(QuotaChange::Default);
    }
    // No counter holds more.
    let bytes = value.as_u64().filter(|bytes| i64::try_from(*bytes).is_ok());
    let wrong = || format!("must be null or a whole number from 0 to {}", i64::MAX);
    bytes.map(|bytes| QuotaChange::Own(ByteSize::new(bytes))).ok_or_else(wrong)
}

/// Update a user
///
/// Suspends a user or lets them log in again, gives them a role or a quota. For admins alone, who can neither suspend nor demote
/// themselves (409 `conflict`). A suspended user's sessions end at once, on every node; signed URLs work until they expire, and
/// uploads whose request has begun are taken. A quota below what the user keeps takes nothing away.
#[utoipa::path(
    patch,
    path = "/v1/admin/users/{id}",
    operation_id = "update_user",
    tag = "admin",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = uuid::Uuid, Path, description = "The user.")),
    request_body = Body,
    responses((status = 200, description = "The user as they are now.", body = AdminUser)),
)]
pub(crate) async fn change_user(
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<UserId>,
    body: JsonBody,
) -> Answer {
    let by = Administrator::Admin(actor);
    let administration = &state.use_cases.administration;
    administration.authorize.run(&by).await?;
    let user = id.known()?;
    let ChangeBody { suspended, role, quota_bytes } = body.read().await?;
    let changes = UserChanges { suspended, role, quota: quota_bytes };
    let view = administration.change_user.run(&by, user, changes).await?;
    json(HttpResponse::Ok(), &admin_user(&view))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quota_is_null_or_what_a_counter_holds() {
        assert_eq!(quota(&json!(null)), Ok(QuotaChange::Default));
        assert_eq!(quota(&json!(0)), Ok(QuotaChange::Own(ByteSize::ZERO)));
        assert_eq!(quota(&json!(i64::MAX)), Ok(QuotaChange::Own(ByteSize::new(u64::MAX / 2))));
        for wrong in [json!(-1), json!(1.5), json!("9"), json!(u64::MAX), json!([])] {
            assert!(quota(&wrong).is_err(), "{wrong}");
        }
    }
}
