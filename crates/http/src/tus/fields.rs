//! What requests say of an upload and of a piece of it.

use actix_web::http::header::{self, HeaderMap};
use fm_domain::body::ByteSize;
use fm_domain::uploads::Checksum;

use super::{UPLOAD_CHECKSUM, UPLOAD_CONCAT, UPLOAD_DEFER_LENGTH, UPLOAD_LENGTH, UPLOAD_OFFSET};
use crate::input::{bad_header, bytes, single};
use crate::problem::Problem;

/// 400 when the request asks for an extension that changes what it means and is not offered: taken for an ordinary request
/// it would do something else than its client thinks.
pub(crate) fn no_unknown_extension(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(UPLOAD_CONCAT) {
        let detail =
            "asks for the tus extension concatenation, which is not offered: send the file as one upload";
        return Err(bad_header(&UPLOAD_CONCAT, detail));
    }
    let trailers =
        headers.get_all(header::TRAILER).flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
    let is_checksum =
        |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(UPLOAD_CHECKSUM.as_str().as_bytes());
    if trailers.into_iter().any(is_checksum) {
        let detail = "asks for the tus extension checksum-trailer, which is not offered: send Upload-Checksum as a header";
        return Err(bad_header(&header::TRAILER, detail));
    }
    Ok(())
}

/// The media type of a piece.
const PIECE: &str = "application/offset+octet-stream";

/// Whether the body is a piece of an upload.
pub(crate) fn is_piece(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or(value).trim().eq_ignore_ascii_case(PIECE)
}

/// The length of a new upload: either `Upload-Length`, or `Upload-Defer-Length: 1`, and then `None`.
pub(crate) fn new_length(headers: &HeaderMap) -> Result<Option<ByteSize>, Problem> {
    let length = declared_length(headers)?;
    match (length, single(headers, &UPLOAD_DEFER_LENGTH)?) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        (None, Some(_)) => Err(bad_header(&UPLOAD_DEFER_LENGTH, "must be 1")),
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::malformed("either Upload-Length or Upload-Defer-Length must be given"))
        }
    }
}

/// `Upload-Length`, where it is given.
pub(crate) fn declared_length(headers: &HeaderMap) -> Result<Option<ByteSize>, Problem> {
    Ok(bytes(headers, &UPLOAD_LENGTH)?.map(ByteSize::new))
}

/// `Upload-Offset`, which must be given.
pub(crate) fn offset(headers: &HeaderMap) -> Result<ByteSize, Problem> {
    let offset = bytes(headers, &UPLOAD_OFFSET)?;
    offset.map(ByteSize::new).ok_or_else(|| bad_header(&UPLOAD_OFFSET, "is required"))
}

/// `Upload-Checksum`, where it is given.
pub(crate) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    let Some(text) = single(headers, &UPLOAD_CHECKSUM)? else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|invalid| bad_header(&UPLOAD_CHECKSUM, &format!("can't be used: {invalid}")))
}

#[cfg(test)]
mod tests;
