//! `PATCH /v1/files/{id}/versions/{number}`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{Version, VersionChanges};
use fm_application::tree::ChangeVersionCommand;
use fm_domain::ids::FileId;
use fm_domain::tree::Label;
use serde_json::Value;

use super::Authors;
use crate::auth::Authenticated;
use crate::input::{JsonBody, PathId, flag, json_body, number_of_path, parsed};
use crate::output::{json, old_version};
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::Conflict,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct ChangeVersionBody for VersionChanges {
        pinned: Option<bool> => given(flag),
        label: Option<Option<Label>> => given(label),
    }
}

/// Reads a label; null: none.
fn label(value: &Value) -> Result<Option<Label>, String> {
    if value.is_null() { Ok(None) } else { parsed(value).map(Some) }
}

/// Update a version
///
/// Pins an old version, so that it is kept until it is deleted by its number, or names it. 409 `conflict` for the present content, and beyond
/// 100 pinned versions of a file.
#[utoipa::path(
    patch,
    path = "/v1/files/{id}/versions/{number}",
    operation_id = "update_version",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("number" = u32, Path, minimum = 1, description = "The version."),
    ),
    request_body = VersionChanges,
    responses((status = 200, description = "The version.", body = Version)),
)]
pub(crate) async fn change_version(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
    body: JsonBody,
) -> Answer {
    let (file, number) = (id.known()?, number_of_path(&request)?);
    let ChangeVersionBody { pinned, label } = body.read().await?;
    let command = ChangeVersionCommand { file, number, is_pinned: pinned, label };
    let view = state.use_cases.tree.versions.change(&actor, command).await?;
    let author = Authors::of(&state, &actor).await?.author(view.version.created_by);
    let kept = state.use_cases.operations.capabilities.run().retention.version_age;
    json(HttpResponse::Ok(), &old_version(&view, author, kept))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_label_is_a_text_or_taken_away() {
        assert_eq!(label(&json!(null)), Ok(None));
        assert_eq!(label(&json!("sent")), Ok("sent".parse().ok()));
        for wrong in [json!(""), json!(" "), json!("a\nb"), json!(7)] {
            assert!(label(&wrong).is_err(), "{wrong}");
        }
    }
}
