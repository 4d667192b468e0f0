//! `PATCH /v1/uploads/{id}`

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use fm_application::uploads::AppendCommand;
use fm_domain::body::ByteSize;
use fm_domain::ids::UploadId;

use crate::body::{Piece, Pump, drive_with_body, piece};
use crate::input::PathId;
use crate::limits::limit_upload_bytes;
use crate::problem::{Answer, Code, Problem};
use crate::quota::with_reclaimable;
use crate::state::State;
use crate::tus::{self, TusActor};

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::RequestTimeout,
    Code::Conflict,
    Code::NameTaken,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::UploadExpired,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
    Code::ChecksumMismatch,
];

/// Append to an upload
///
/// Sends a piece of a resumable upload. The received bytes of a piece that broke off are kept, unless it has a
/// checksum. With the last piece the upload is a file. A piece that does not belong where the upload is gets a 409
/// with `Upload-Offset`; one that another request takes the upload away from, a 409 with `Retry-After`.
#[utoipa::path(
    patch,
    path = "/v1/uploads/{id}",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`", example = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece belongs."),
        ("Upload-Length" = Option<u64>, Header, description = "Bytes of the whole, where they were not told before."),
        ("Upload-Checksum" = Option<String>, Header, description = "An algorithm and the checksum of the body in base64.", example = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
    ),
    request_body(content(("application/offset+octet-stream"))),
    responses((status = 204, description = "The piece is kept.",
        headers(
            ("Upload-Offset" = u64, description = "Bytes that the upload has."),
            ("Upload-Expires" = Option<String>, description = "Until when it can go on (RFC 9110)."),
            ("X-File-Id" = Option<String>, description = "The file that it has become."),
            ("X-Requested-Name" = Option<String>, description = "The name that was asked for, percent-encoded, where it was taken."),
            ("X-Moved-From-Parent-Id" = Option<String>, description = "The folder that was asked for, where it went away meanwhile: the file is in the root."),
            ("Tus-Resumable" = String, description = "`1.0.0`"),
        ))),
)]
pub(crate) async fn append_to_upload(
    request: HttpRequest,
    state: State,
    TusActor(actor): TusActor,
    id: PathId<UploadId>,
    payload: web::Payload,
) -> Answer {
    let id = id.known()?;
    tus::no_unknown_extension(request.headers())?;
    let limit = state.use_cases.operations.capabilities.run().max_resumable;
    if !tus::is_piece(request.headers()) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "the body must be application/offset+octet-stream",
        ));
    }
    let piece = piece(&request, payload, limit, &state)?;
    let (command, pump) = command(request.headers(), id, piece)?;
    limit_upload_bytes(&request, &state, actor.user(), command.length.map(ByteSize::bytes)).await?;
    let (use_cases, by) = (state.use_cases.clone(), actor.clone());
    let append = async move { tus::uploads(&use_cases)?.append.run(&by, command).await };
    let outcome = drive_with_body(&state, pump, append).await;
    let progress = with_reclaimable(&state, &actor, outcome).await?;
    let mut response = HttpResponse::NoContent();
    tus::progress(&mut response, &progress);
    Ok(response.finish())
}

fn command(headers: &HeaderMap, upload: UploadId, piece: Piece) -> Result<(AppendCommand, Pump), Problem> {
    let Piece { stream, length, pump } = piece;
    let command = AppendCommand {
        upload,
        offset: tus::offset(headers)?,
        length: tus::declared_length(headers)?,
        checksum: tus::checksum(headers)?,
        body: stream,
        body_length: length,
    };
    Ok((command, pump))
}
