//! `PUT /v1/direct-uploads/{id}/parts/{number}`

use std::cmp::Ordering;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use fm_application::uploads::{PartError, ReceivePart};
use fm_application::wiring::UseCases;
use fm_domain::blobs::PartLink;
use fm_domain::body::ByteSize;
use fm_domain::ids::UploadId;
use fm_domain::limits::LimitedAction;

use crate::body::{Piece, drive_with_body, piece};
use crate::input::{PathId, Query};
use crate::limits::limit_address;
use crate::links::Forbidden;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::Forbidden,
    Code::RequestTimeout,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::RateLimited,
];

/// Upload a part
///
/// Takes a part of a direct upload, where the store is ours. The token is all that it takes: `Authorization` and
/// cookies are ignored. The URL is to be used as it is given. Sent again, a part takes the place of the one before,
/// until the upload is completed.
#[utoipa::path(
    put,
    path = "/v1/direct-uploads/{id}/parts/{number}",
    operation_id = "upload_part",
    tag = "uploads",
    params(
        ("id" = String, Path, format = Uuid, description = "The upload."),
        ("number" = u32, Path, description = "The part."),
        ("token" = String, Query, description = "What the URL was signed with."),
    ),
    request_body(content(("application/octet-stream"))),
    responses((status = 200, description = "The part is kept.",
        headers(("ETag" = String, description = "What completes the upload: the SHA-256 of the part.")))),
)]
pub(crate) async fn receive_part(
    request: HttpRequest,
    state: State,
    id: PathId<UploadId>,
    payload: web::Payload,
) -> Answer {
    limit_address(&request, &state, LimitedAction::AnonymousRequests).await?;
    let link = open(&request, &state, id)?;
    let Piece { stream, length, pump } = piece(&request, payload, link.size, &state)?;
    has_length(length, link.size)?;
    let use_cases = state.use_cases.clone();
    let receive = async move { use_case(&use_cases)?.run(&link, stream).await };
    let part = drive_with_body(&state, pump, receive).await?;
    let tag = format!("\"{}\"", part.tag.as_str());
    Ok(HttpResponse::Ok().insert_header((header::ETAG, tag)).finish())
}

/// What the URL is good for. One that was tampered with is forbidden, whatever part of it.
fn open(request: &HttpRequest, state: &State, id: PathId<UploadId>) -> Result<PartLink, Problem> {
    let token = Query::new(request.query_string()).text("token")?;
    let number = request.match_info().get("number").and_then(|number| number.parse().ok());
    let (Some(id), Some(number), Some(token)) = (id.maybe(), number, token) else {
        return Err(Forbidden.into());
    };
    Ok(state.links.part(id, number, &token)?)
}

/// Where the length is declared it must be the one that was signed: known before the body is read.
fn has_length(declared: Option<ByteSize>, signed: ByteSize) -> Result<(), Problem> {
    match declared.map_or(Ordering::Equal, |declared| declared.cmp(&signed)) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Problem::too_large("part", signed.bytes())),
        Ordering::Less => Err(Problem::malformed("the part is shorter than was signed")),
    }
}

fn use_case(use_cases: &UseCases) -> Result<&ReceivePart, PartError> {
    use_cases.direct.as_ref().and_then(|direct| direct.receive_part.as_ref()).ok_or(PartError::Refused)
}
