//! What a request says of its body, read before the body is.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, web};
use fm_application::files::UploadBody;
use fm_domain::body::ByteSize;
use fm_domain::files::MediaType;
use futures_util::future::LocalBoxFuture;

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// An upload that can begin: what the use case gets, and what has to run beside it.
pub(crate) struct Incoming {
    pub(super) body: UploadBody,
    pub(super) pump: Pump,
}

/// Carries bytes from the server's thread to a use case.
pub(crate) type Pump = LocalBoxFuture<'static, ()>;

/// What a request says of its body.
pub(super) struct Envelope {
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
    if text(headers, &header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(Problem::new(Code::UnsupportedMediaType, "the body must not have a content coding"));
    }
    Ok(Envelope {
        payload,
        length: text(headers, &header::CONTENT_LENGTH)
            .and_then(|length| length.parse().ok())
            .map(ByteSize::new),
        media_type: text(headers, &header::CONTENT_TYPE).and_then(|value| value.parse().ok()),
        max_upload: state.use_cases.operations.capabilities.run().max_upload,
    })
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

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
