//! What a request says of its body, read before the body is.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, web};
use fm_application::files::UploadBody;
use fm_domain::body::ByteSize;
use fm_domain::files::{FileName, MediaType};
use futures_util::future::LocalBoxFuture;

use crate::input::{PlacingFields, no_content_coding};
use crate::problem::Problem;
use crate::state::AppState;

/// An upload that can begin: what the use case gets, and what has to run beside it.
pub(crate) struct Incoming {
    pub(super) body: UploadBody,
    pub(super) pump: Pump,
    /// The name of the file, where it is known before its bytes: what the end of the body says counts.
    pub(crate) name: Option<FileName>,
    /// Where the file goes.
    pub(crate) fields: PlacingFields,
}

/// Carries bytes from the server's thread to a use case.
pub(crate) type Pump = LocalBoxFuture<'static, ()>;

/// What a body is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The bytes themselves.
    Raw,
    /// A form with the bytes in a part (`multipart/form-data`).
    Form,
    /// Parts that are no form: `multipart/mixed`, say. No route takes them.
    Parts,
}

/// Where the name of the file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The request names the file.
    ByRequest,
    /// The file has a name, which stays: one in the request is ignored.
    Kept,
}

/// What a request says of its body.
pub(super) struct Envelope {
    /// What it is made of.
    pub(super) kind: Kind,
    /// The body.
    pub(super) payload: web::Payload,
    /// Its length, where it was declared.
    pub(super) length: Option<ByteSize>,
    /// Its type, where that is one.
    pub(super) media_type: Option<MediaType>,
    /// The largest file.
    pub(super) max_upload: ByteSize,
}

/// Reads what a request says of its body.
pub(super) fn open(
    request: &HttpRequest,
    payload: web::Payload,
    state: &AppState,
) -> Result<Envelope, Problem> {
    let headers = request.headers();
    no_content_coding(headers)?;
    Ok(Envelope {
        kind: kind(headers),
        payload,
        length: content_length(headers).map(ByteSize::new),
        media_type: text(headers, &header::CONTENT_TYPE).and_then(|value| value.parse().ok()),
        max_upload: state.use_cases.operations.capabilities.run().max_upload,
    })
}

/// The bytes of a body, where the client declares them.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &header::CONTENT_LENGTH)?.parse().ok()
}

/// 413, known before the body is read.
pub(super) fn within(envelope: &Envelope, limit: u64) -> Result<(), Problem> {
    match envelope.length {
        Some(length) if length.bytes() > limit => {
            Err(Problem::too_large("file", envelope.max_upload.bytes()))
        }
        _ => Ok(()),
    }
}

/// What the body is made of, by its `Content-Type`, whose parameters need not be readable.
pub(crate) fn kind(headers: &HeaderMap) -> Kind {
    let value = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = value.split(|byte| *byte == b';').next().unwrap_or(value).trim_ascii().to_ascii_lowercase();
    match essence.strip_prefix(b"multipart/") {
        None => Kind::Raw,
        Some(b"form-data") => Kind::Form,
        Some(_) => Kind::Parts,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

    use super::{Kind, kind};

    #[test]
    fn a_body_is_raw_a_form_or_parts() {
        for (text, expected) in [
            (&b""[..], Kind::Raw),
            (b"image/png", Kind::Raw),
            (b"multipart", Kind::Raw),
            (b"multipart/form-data; boundary=x", Kind::Form),
            (b" Multipart/Form-Data;boundary=\xff", Kind::Form),
            (b"multipart/form-data", Kind::Form),
            (b"multipart/mixed; boundary=x", Kind::Parts),
            (b"MULTIPART/related", Kind::Parts),
            (b"multipart/", Kind::Parts),
        ] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(text) {
                headers.insert(CONTENT_TYPE, value);
            }
            assert_eq!(kind(&headers), expected, "{text:?}");
        }
    }
}
