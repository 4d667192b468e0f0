//! `POST /v1/direct-uploads`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{DirectPart, DirectUpload, DirectUploadCreation, Secret};
use fm_application::uploads::{CreateDirectCommand, DirectPart as SignedPart, DirectUpload as BegunUpload};
use fm_domain::access::Actor;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileName, MediaType, Sha256};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::tree::{OnConflict, TreePath};
use serde_json::Value;

use super::uploads;
use crate::auth::Authenticated;
use crate::input::{
    ItemRef, JsonBody, PlacingFields, PlacingHeaders, Query, flag, idempotency_key, item_ref, json_body,
    moment_value, parsed, text,
};
use crate::limits::limit_upload;
use crate::output::json;
use crate::problem::{Answer, Code, Problem};
use crate::quota::with_reclaimable;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::Conflict,
    Code::NameTaken,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct CreateDirectUploadBody for DirectUploadCreation {
        name: FileName => required(parsed),
        size: ByteSize => required(size),
        content_type: Option<MediaType> => optional(parsed),
        sha256: Option<Sha256> => optional(sha256),
        parent_id: Option<ItemRef> => optional(item_ref),
        path: Option<TreePath> => optional(path),
        on_conflict: Option<OnConflict> => optional(parsed),
        strict_parent: Option<bool> => optional(flag),
        modified_at: Option<Timestamp> => optional(moment_value),
    }
}

impl CreateDirectUploadBody {
    fn command(
        self,
        key: Option<IdempotencyKey>,
        headers: &PlacingHeaders,
        actor: &Actor,
    ) -> Result<CreateDirectCommand, Problem> {
        let fields = PlacingFields {
            parent: self.parent_id,
            path: self.path,
            on_conflict: self.on_conflict,
            strict_parent: self.strict_parent,
            modified_at: self.modified_at,
        };
        Ok(CreateDirectCommand {
            key,
            name: self.name,
            placing: fields.placing(headers, actor)?,
            size: self.size,
            claimed_type: self.content_type,
            sha256: self.sha256,
        })
    }
}

fn size(value: &Value) -> Result<ByteSize, String> {
    value.as_u64().map(ByteSize::new).ok_or_else(|| "must be a whole number of bytes".to_owned())
}

fn sha256(value: &Value) -> Result<Sha256, String> {
    Sha256::parse(text(value)?).ok_or_else(|| "must be 64 hexadecimal digits".to_owned())
}

fn path(value: &Value) -> Result<TreePath, String> {
    TreePath::parse(text(value)?).map_err(|invalid| invalid.to_string())
}

fn begun(upload: &BegunUpload) -> DirectUpload {
    let parts = upload.parts.iter().map(part).collect();
    DirectUpload { id: upload.id.uuid(), expires_at: upload.expires_at.into(), parts }
}

fn part(part: &SignedPart) -> DirectPart {
    DirectPart {
        number: part.number,
        method: part.request.method.to_owned(),
        url: Secret::new(part.request.url.expose()),
        headers: part.request.headers.iter().cloned().collect(),
        offset: part.offset.bytes(),
        size: part.size.bytes(),
    }
}

/// Create a direct upload
///
/// Begins an upload whose bytes go straight to the store. Send each part by its own request, then complete the upload
/// with the `ETag` of every answer. Its file goes to its folder then: folders of `path` that are missing are made, and where `parent_id`
/// went away meanwhile the file goes to the root.
#[utoipa::path(
    post,
    path = "/v1/direct-uploads",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a repetition with the same key, name, size and hash gets the first upload."),
        ("strict_parent" = Option<String>, Query, description = "`1`: as the field of this name."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: 412 `precondition_failed` where the name is taken, now or when the upload is completed."),
        ("If-Match" = Option<String>, Header, description = "With `replace`: any entity tag of the revision that may be replaced, now and when the upload is completed."),
        ("X-OC-Mtime" = Option<String>, Header, description = "When the content was last changed where it comes from: seconds since 1970."),
    ),
    request_body = DirectUploadCreation,
    responses(
        (status = 201, description = "The requests to send.", body = DirectUpload),
        (status = 200, description = "Those of the upload that was begun with the same key.", body = DirectUpload),
    ),
)]
pub(crate) async fn create_direct_upload(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let key = idempotency_key(request.headers())?;
    let headers = PlacingHeaders::of(request.headers(), &Query::new(request.query_string()))?;
    let body: CreateDirectUploadBody = body.read().await?;
    limit_upload(&request, &state, actor.user(), Some(body.size.bytes())).await?;
    let command = body.command(key, &headers, &actor)?;
    let outcome = uploads(&state.use_cases)?.create.run(&actor, command).await.map_err(Problem::from);
    let upload = with_reclaimable(&state, &actor, outcome).await?;
    let response = if upload.fresh { HttpResponse::Created() } else { HttpResponse::Ok() };
    json(response, &begun(&upload))
}
