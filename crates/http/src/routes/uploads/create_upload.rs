//! `POST /v1/uploads`

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use fm_application::uploads::{CreateResumableCommand, CreatedUpload, FirstBytes};
use fm_domain::access::Actor;
use fm_domain::body::ByteSize;

use crate::body::{Piece, Pump, drive_with_body, piece};
use crate::input::{PlacingHeaders, Query, idempotency_key};
use crate::limits::limit_upload;
use crate::problem::{Answer, Code, Problem};
use crate::quota::with_reclaimable;
use crate::settings::HttpSettings;
use crate::state::{AppState, State};
use crate::tus::{self, Metadata, TusActor};

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
    Code::ChecksumMismatch,
];

/// Create a resumable upload
///
/// Begins a resumable upload. Its file goes to its folder once all bytes are there: folders of `path` that are missing are made then, and
/// where `parent_id` went away meanwhile the file goes to the root. With `Content-Type: application/offset+octet-stream` the body is its first piece; any
/// other body is ignored. Where that piece is refused, or breaks off, the upload is there all the same: the refusal
/// has its `Location` too.
#[utoipa::path(
    post,
    path = "/v1/uploads",
    operation_id = "create_resumable_upload",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("Tus-Resumable" = String, Header, description = "`1.0.0`", example = "1.0.0"),
        ("Upload-Length" = Option<u64>, Header, description = "Bytes of the whole. Either this or `Upload-Defer-Length` must be given."),
        ("Upload-Defer-Length" = Option<u64>, Header, description = "`1`: the length will be told later."),
        ("Upload-Metadata" = String, Header, description = "Keys, each with its value in base64, separated by commas: `filename`, and optionally `filetype`, `parent_id`, `path` (or Uppy's `relativePath`: its folders), `on_conflict`, `strict_parent` and `modified_at` as with `POST /v1/files`, `mtime` (seconds since 1970) or `lastModified` (milliseconds); others are kept.", example = "filename Y2Fmw6kucG5n,filetype aW1hZ2UvcG5n"),
        ("strict_parent" = Option<String>, Query, description = "`1`: as the key of this name."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: 412 `precondition_failed` where the name is taken, now or when the last piece is there."),
        ("If-Match" = Option<String>, Header, description = "With `replace`: any entity tag of the revision that may be replaced, now and when the last piece is there."),
        ("X-OC-Mtime" = Option<String>, Header, description = "When the content was last changed where it comes from: seconds since 1970."),
        ("Upload-Checksum" = Option<String>, Header, description = "An algorithm and the checksum of the body in base64.", example = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a repetition with the same key, name and length gets the first upload."),
    ),
    request_body(content(("application/offset+octet-stream"))),
    responses(
        (status = 201, description = "The upload has begun; without bytes to come it is a file already.",
            headers(
                ("Location" = String, description = "`/v1/uploads/{id}`"),
                ("Upload-Offset" = Option<u64>, description = "Bytes that came, where the body was a piece."),
                ("Upload-Expires" = Option<String>, description = "Until when it can go on (RFC 9110)."),
                ("X-File-Id" = Option<String>, description = "The file that it has become."),
                ("X-Requested-Name" = Option<String>, description = "The name that was asked for, percent-encoded, where it was taken."),
                ("X-Moved-From-Parent-Id" = Option<String>, description = "The folder that was asked for, where it went away meanwhile: the file is in the root."),
                ("Tus-Resumable" = String, description = "`1.0.0`"),
            )),
        (status = 200, description = "The upload that was begun with the same key; a body is not taken.",
            headers(
                ("Location" = String, description = "`/v1/uploads/{id}`"),
                ("Upload-Offset" = u64, description = "Bytes that it has."),
                ("Upload-Expires" = Option<String>, description = "Until when it can go on (RFC 9110)."),
                ("X-File-Id" = Option<String>, description = "The file that it has become."),
                ("X-Requested-Name" = Option<String>, description = "The name that was asked for, percent-encoded, where it was taken."),
                ("X-Moved-From-Parent-Id" = Option<String>, description = "The folder that was asked for, where it went away meanwhile: the file is in the root."),
                ("Tus-Resumable" = String, description = "`1.0.0`"),
            )),
    ),
)]
pub(crate) async fn create_upload(
    request: HttpRequest,
    state: State,
    TusActor(actor): TusActor,
    payload: web::Payload,
) -> Answer {
    let headers = PlacingHeaders::of(request.headers(), &Query::new(request.query_string()))?;
    let mut command = command(request.headers(), &headers, &actor)?;
    limit_upload(&request, &state, actor.user(), command.length.map(ByteSize::bytes)).await?;
    let (first, pump) = first_bytes(&request, payload, &state)?;
    command.first = first;
    let (use_cases, by) = (state.use_cases.clone(), actor.clone());
    let create = async move { tus::uploads(&use_cases)?.create.run(&by, command).await };
    let outcome =
        drive_with_body(&state, pump, create).await.and_then(|created| answer(created, &state.settings));
    with_reclaimable(&state, &actor, outcome).await
}

fn command(
    headers: &HeaderMap,
    of_place: &PlacingHeaders,
    actor: &Actor,
) -> Result<CreateResumableCommand, Problem> {
    tus::no_unknown_extension(headers)?;
    let key = idempotency_key(headers)?;
    let length = tus::new_length(headers)?;
    let Metadata { name, claimed_type, fields, text } = Metadata::of(headers)?;
    Ok(CreateResumableCommand {
        key,
        name,
        placing: fields.placing(of_place, actor)?,
        length,
        claimed_type,
        metadata: text,
        first: None,
    })
}

/// The body, if it holds the first bytes, and what pumps it.
fn first_bytes(
    request: &HttpRequest,
    payload: web::Payload,
    state: &AppState,
) -> Result<(Option<FirstBytes>, Pump), Problem> {
    if !tus::is_piece(request.headers()) {
        return Ok((None, Box::pin(std::future::ready(()))));
    }
    let checksum = tus::checksum(request.headers())?;
    let limit = state.use_cases.operations.capabilities.run().max_resumable;
    let Piece { stream, length, pump } = piece(request, payload, limit, state)?;
    Ok((Some(FirstBytes { body: stream, length, checksum }), pump))
}

fn answer(created: CreatedUpload, settings: &HttpSettings) -> Answer {
    let CreatedUpload { progress, fresh, appended, refusal } = created;
    let location = HeaderValue::from_str(&format!("{}{}/{}", settings.base_path(), tus::PATH, progress.id))
        .map_err(|_not_text| Problem::defect("an id holds characters that no header takes"))?;
    if let Some(refusal) = refusal {
        // tus leaves open what becomes of the upload. Like tusd: it stays, and even the refusal says where it is, so that
        // the client can go on with it.
        return Err(Problem::from(refusal).with(header::LOCATION, location));
    }
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    response.insert_header((header::LOCATION, location));
    if appended || !fresh {
        tus::progress(&mut response, &progress);
    } else {
        tus::expires(&mut response, &progress);
    }
    Ok(response.finish())
}
