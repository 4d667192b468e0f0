//! `GET /v1/blobs/{id}`

use crate::links::VerifiedLink;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::blobs::{BlobReader, ByteRange, GetBlob, ResolvedRange};
use fm_domain::body::ByteSize;
use fm_domain::ids::BlobId;
use fm_domain::limits::LimitedAction;

use crate::download::parse_range;
use crate::input::{PathId, Query, none_match, tag_list_matches_strongly};
use crate::limits::limit_address;
use crate::middleware::{EMBEDDABLE, is_head};
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] =
    &[Code::MalformedRequest, Code::Forbidden, Code::NotFound, Code::RangeNotSatisfiable, Code::RateLimited];

/// What users stored runs nothing, and is no part of our origin.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox");

/// Safari, and Chromium before it showed documents in a process of their own, show no PDF in a sandbox. A script in a PDF
/// reaches nothing beyond its document; the viewers' own styles are inline.
const PDF: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Download by signed URL
///
/// The bytes behind a signed URL. The token is all that it takes: `Authorization` and cookies are ignored. Signed
/// URLs are to be used as they are given. One range is answered; several at once, or one that is none, get the whole.
#[utoipa::path(
    get,
    path = "/v1/blobs/{id}",
    operation_id = "download_by_signed_url",
    tag = "files",
    params(
        ("id" = String, Path, format = Uuid, description = "The blob."),
        ("token" = String, Query, description = "What the URL was signed with."),
        ("Range" = Option<String>, Header, description = "`bytes=first-last`, `bytes=first-` or `bytes=-length`.", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, description = "The range is wanted only if this tag is current."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The bytes.", content_type = "application/octet-stream", body = Vec<u8>,
            headers(
                ("Content-Disposition" = String, description = "Shown or saved, and under which name."),
                ("Repr-Digest" = String, description = "The SHA-256 of all the bytes (RFC 9530)."),
                ("ETag" = String, description = "Never changes."),
            )),
        (status = 206, description = "The range of bytes.", content_type = "application/octet-stream", body = Vec<u8>,
            headers(("Content-Range" = String, description = "Which bytes, of how many."))),
        (status = 304, description = "The client has the bytes."),
    ),
)]
pub(crate) async fn read_blob(request: HttpRequest, state: State, id: PathId<BlobId>) -> Answer {
    limit_address(&request, &state, LimitedAction::AnonymousRequests).await?;
    let link = verify(&request, &state, id)?;
    let headers = request.headers();
    let tag = link.target.key.id.to_string();
    if none_match(headers, &tag) {
        return Ok(described(StatusCode::NOT_MODIFIED, &link, &tag).finish());
    }
    let range = wanted_range(headers, &tag);
    if is_head(&request) {
        let head = state.use_cases.blobs.head.run(&link.target.key).await?.ok_or(GetBlob::NotFound)?;
        let range = range.map(|range| range.resolve(head.size)).transpose().map_err(GetBlob::from)?;
        return Ok(with_bytes(&link, &tag, head.size, range, futures_util::stream::empty::<Bytes>()));
    }
    let BlobReader { size, range, bytes } = state.use_cases.blobs.read.run(&link.target.key, range).await?;
    Ok(with_bytes(&link, &tag, size, range, bytes))
}

type Bytes = Result<actix_web::web::Bytes, fm_domain::body::BodyError>;

/// What the URL leads to. One that was tampered with is forbidden, whatever part of it.
fn verify(request: &HttpRequest, state: &State, id: PathId<BlobId>) -> Result<VerifiedLink, Problem> {
    let token = Query::new(request.query_string()).text("token")?;
    let refused = || Problem::from(crate::links::Forbidden);
    let (Some(id), Some(token)) = (id.maybe(), token) else { return Err(refused()) };
    Ok(state.links.download(id, &token)?)
}

/// The range that is asked for, unless `If-Range` names other bytes than these.
fn wanted_range(headers: &HeaderMap, tag: &str) -> Option<ByteRange> {
    let range = parse_range(headers.get(header::RANGE)?.to_str().ok()?)?;
    match headers.get(header::IF_RANGE) {
        None => Some(range),
        Some(condition) => tag_list_matches_strongly(condition.to_str().ok()?, tag).then_some(range),
    }
}

/// 200 or 206.
fn with_bytes(
    link: &VerifiedLink,
    tag: &str,
    size: ByteSize,
    range: Option<ResolvedRange>,
    bytes: impl futures_util::Stream<Item = Bytes> + 'static,
) -> HttpResponse {
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = described(status, link, tag);
    response.insert_header((header::CONTENT_TYPE, link.target.content_type.to_string()));
    if let Some(ResolvedRange { first, last }) = range {
        response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", size.bytes())));
    }
    let length = range.map_or(size.bytes(), ResolvedRange::length);
    response.body(SizedStream::new(length, Box::pin(bytes)))
}

/// What every answer says of the bytes.
fn described(status: StatusCode, link: &VerifiedLink, tag: &str) -> HttpResponseBuilder {
    let target = &link.target;
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, format!("\"{tag}\"")));
    response.insert_header((header::CACHE_CONTROL, format!("private, max-age={}", link.max_age.as_secs())));
    response.insert_header((header::ACCEPT_RANGES, HeaderValue::from_static("bytes")));
    response.insert_header(EMBEDDABLE);
    let policy = if target.content_type.as_str() == "application/pdf" { PDF } else { SANDBOX };
    response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    response.insert_header((header::CONTENT_DISPOSITION, target.disposition.header_value(&target.filename)));
    if let Some(sha256) = &target.sha256 {
        response.insert_header((REPR_DIGEST, format!("sha-256=:{}:", STANDARD.encode(sha256.as_bytes()))));
    }
    response
}
