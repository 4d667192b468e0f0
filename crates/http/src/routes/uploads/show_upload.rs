//! `HEAD /v1/uploads/{id}`

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use fm_domain::ids::UploadId;

use crate::body::run_detached;
use crate::input::PathId;
use crate::problem::{Answer, Code};
use crate::state::State;
use crate::tus::{self, TusActor};

pub(super) const PROBLEMS: &[Code] = &[
    Code::NotFound,
    Code::UploadExpired,
    Code::Conflict,
    Code::NameTaken,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::PreconditionFailed,
    Code::QuotaExceeded,
    Code::ValidationFailed,
];

/// Get an upload's offset
///
/// How far a resumable upload is.
#[utoipa::path(
    head,
    path = "/v1/uploads/{id}",
    operation_id = "get_upload_offset",
    tag = "uploads",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The upload."),
        ("Tus-Resumable" = String, Header, description = "`1.0.0`", example = "1.0.0"),
    ),
    responses((status = 200, description = "It goes on, or is a file.",
        headers(
            ("Upload-Offset" = u64, description = "Bytes that it has."),
            ("Upload-Length" = Option<u64>, description = "Bytes that it will have, once that is known."),
            ("Upload-Defer-Length" = Option<u64>, description = "`1`: the length is not known yet."),
            ("Upload-Metadata" = Option<String>, description = "As it came."),
            ("Upload-Expires" = Option<String>, description = "Until when it can go on (RFC 9110)."),
            ("X-File-Id" = Option<String>, description = "The file that it has become."),
            ("Tus-Resumable" = String, description = "`1.0.0`"),
        ))),
)]
pub(crate) async fn show_upload(state: State, TusActor(actor): TusActor, id: PathId<UploadId>) -> Answer {
    let id = id.known()?;
    let use_cases = state.use_cases.clone();
    let resume = async move { tus::uploads(&use_cases)?.resume.run(&actor, id).await };
    let progress = run_detached(&state, Box::pin(resume)).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    tus::progress(&mut response, &progress);
    match progress.length {
        Some(length) => response.insert_header((tus::UPLOAD_LENGTH, length.bytes())),
        None => response.insert_header((tus::UPLOAD_DEFER_LENGTH, 1)),
    };
    if !progress.metadata.is_empty() {
        response.insert_header((tus::UPLOAD_METADATA, progress.metadata));
    }
    Ok(response.finish())
}
