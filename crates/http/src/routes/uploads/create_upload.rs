//! `POST /v1/uploads`

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use fm_application::uploads::{CreateResumableCommand, CreatedUpload, FirstBytes};
use fm_domain::body::ByteSize;

use crate::body::{Piece, Pump, drive_with_body, piece};
use crate::input::idempotency_key;
use crate::limits::limit_upload;
use crate::problem::{Answer, Code, Problem};
use crate::settings::HttpSettings;
use crate::state::{AppState, State};
use crate::tus::{self, Metadata, TusActor};

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::RequestTimeout,
    Code::Conflict,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::ChecksumMismatch,
];

/// Create a resumable upload
///
/// Begins a resumable upload. With `Content-Type: application/offset+octet-stream` the body is its first piece; any
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
        ("Upload-Metadata" = String, Header, description = "Keys, each with its value in base64, separated by commas: `filename`, and optionally `filetype`; others are kept.", example = "filename Y2Fmw6kucG5n,filetype aW1hZ2UvcG5n"),
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
                ("Tus-Resumable" = String, description = "`1.0.0`"),
            )),
        (status = 200, description = "The upload that was begun with the same key; a body is not taken.",
            headers(
                ("Location" = String, description = "`/v1/uploads/{id}`"),
                ("Upload-Offset" = u64, description = "Bytes that it has."),
                ("Upload-Expires" = Option<String>, description = "Until when it can go on (RFC 9110)."),
                ("X-File-Id" = Option<String>, description = "The file that it has become."),
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
    let mut command = command(request.headers())?;
    limit_upload(&request, &state, actor.user(), command.length.map(ByteSize::bytes)).await?;
    let (first, pump) = first_bytes(&request, payload, &state)?;
    command.first = first;
    let use_cases = state.use_cases.clone();
    let create = async move { tus::uploads(&use_cases)?.create.run(&actor, command).await };
    answer(drive_with_body(&state, pump, create).await?, &state.settings)
}

fn command(headers: &HeaderMap) -> Result<CreateResumableCommand, Problem> {
    tus::no_unknown_extension(headers)?;
    let key = idempotency_key(headers)?;
    let length = tus::new_length(headers)?;
    let Metadata { name, claimed_type, text } = Metadata::of(headers)?;
    Ok(CreateResumableCommand { key, name, length, claimed_type, metadata: text, first: None })
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
