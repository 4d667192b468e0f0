//! `POST /v1/files`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use fm_api_types::File;
use fm_application::files::{UploadCommand, Uploaded};
use utoipa::ToSchema;

use crate::auth::Authenticated;
use crate::body::{Naming, content_length, incoming, run};
use crate::input::{PlacingHeaders, Query, idempotency_key};
use crate::limits::{count_uploaded_bytes, limit_upload};
use crate::output::{About, file_answer};
use crate::problem::{Answer, Code};
use crate::quota::with_reclaimable;
use crate::settings::HttpSettings;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::RequestTimeout,
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

/// A form with one file. All but `name` come before it.
#[derive(ToSchema)]
#[schema(as = UploadForm)]
#[expect(dead_code, reason = "it describes what is read part by part")]
pub(crate) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What to call it, instead of its file name.
    #[schema(max_length = 255)]
    name: Option<String>,
    /// As the query parameter of this name with a raw body, like the others.
    parent_id: Option<String>,
    path: Option<String>,
    on_conflict: Option<String>,
    strict_parent: Option<String>,
    #[schema(format = DateTime)]
    modified_at: Option<String>,
}

/// Upload a file
///
/// Uploads one file. Either as a form with one part `file`, or as the raw body of any other type with `?name=`. Where the folder has an entry
/// of that name the file is stored as `name (2).ext`, and `requested_name` tells, unless `on_conflict` says otherwise. Folders of `path` that are missing are made
/// once the bytes are there. Where `parent_id` goes away meanwhile the file goes to the root, and `moved_from_parent_id` tells.
/// `path` tells where it is if it lies in the root or in a folder there, or if folders were named by `path`; deeper down ask for it with `include`.
#[utoipa::path(
    post,
    path = "/v1/files",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("name" = Option<String>, Query, description = "The name of a raw body; it must have one. Ignored with a form.", example = "café.png"),
        ("parent_id" = Option<String>, Query, description = "The folder: an id, or `root`, which is what is left out. This and what follows counts with a form too, where it has no part of that name."),
        ("path" = Option<String>, Query, description = "Folders below that, which are made where they are missing: `photos/2026`."),
        ("on_conflict" = Option<String>, Query, description = "What to do where the name is taken: `rename` (unless given), `fail`, or `replace`: the content becomes that of the file that has the name, whose old content becomes a version."),
        ("strict_parent" = Option<String>, Query, description = "`1`: where the folder goes away meanwhile the upload is refused (409 `parent_trashed`)."),
        ("modified_at" = Option<String>, Query, description = "When the content was last changed where it comes from (RFC 3339)."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: 412 `precondition_failed` where the name is taken."),
        ("If-Match" = Option<String>, Header, description = "With `replace`: any entity tag of the revision that may be replaced."),
        ("X-OC-Mtime" = Option<String>, Header, description = "As `modified_at`, in seconds since 1970."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a retry with the same key, name and content within 24 hours gets the first file back."),
        ("Content-Digest" = Option<String>, Header, description = "`sha-256=:…:` of the whole body (RFC 9530); on the part `file`, of the file.", example = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
        ("Repr-Digest" = Option<String>, Header, description = "Like `Content-Digest`."),
    ),
    request_body(content((UploadForm = "multipart/form-data"), ("application/octet-stream"))),
    responses(
        (status = 201, description = "The file.", body = File,
            headers(("Location" = String, description = "`/v1/files/{id}`"), ("ETag" = String, description = "The file's entity tag."))),
        (status = 200, description = "The file that was replaced, or that an earlier upload with the same key made.", body = File,
            headers(("ETag" = String, description = "The file's entity tag."))),
    ),
)]
pub(crate) async fn upload_file(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    payload: web::Payload,
) -> Answer {
    let (user, length) = (actor.user(), content_length(request.headers()));
    limit_upload(&request, &state, user, length).await?;
    let key = idempotency_key(request.headers())?;
    let headers = PlacingHeaders::of(request.headers(), &Query::new(request.query_string()))?;
    let mut incoming = incoming(&request, payload, Naming::ByRequest, &state).await?;
    let placing = std::mem::take(&mut incoming.fields).placing(&headers, &actor)?;
    let name = incoming.name.take();
    let (use_cases, by) = (state.use_cases.clone(), actor.clone());
    let outcome = run(&state, incoming, |body| async move {
        use_cases.files.upload.run(&by, UploadCommand { key, name, body, placing }).await
    });
    let uploaded = with_reclaimable(&state, &actor, outcome.await).await?;
    if length.is_none() {
        count_uploaded_bytes(&request, &state, user, uploaded.view.file.size.bytes()).await;
    }
    uploaded_answer(uploaded, &state.settings)
}

/// 201 for a new file, 200 for one that was there, with what became of its place.
pub(crate) fn uploaded_answer(uploaded: Uploaded, settings: &HttpSettings) -> Answer {
    let Uploaded { view, fresh, replaced, requested_name, moved_from, path } = uploaded;
    let status = if fresh && !replaced { StatusCode::CREATED } else { StatusCode::OK };
    let about = About { path, requested_name, moved_from, ..About::NOTHING };
    file_answer(status, &view, &about, settings)
}
