//! Uploads whose body is the file, or a piece of it.

use actix_web::{HttpRequest, web};
use fm_application::files::UploadBody;
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::files::{FileName, InvalidFileName};
use futures_util::FutureExt as _;

use super::channel::{Frames, channel};
use super::digest;
use super::envelope::{Envelope, Incoming, Kind, Naming, Pump, open};
use super::source::{Bounds, Source};
use crate::input::{PlacingFields, Query};
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// A body that is neither a form nor a whole file.
pub(crate) struct Piece {
    /// Its bytes.
    pub(crate) stream: ByteStream,
    /// How many, where that was declared.
    pub(crate) length: Option<ByteSize>,
    /// What brings them.
    pub(crate) pump: Pump,
}

/// A file whose bytes are the body; a new one is named by `?name=`, and placed by the other parameters.
pub(super) fn upload(
    request: &HttpRequest,
    envelope: Envelope,
    naming: Naming,
    state: &AppState,
) -> Result<Incoming, Problem> {
    let (name, fields) = match naming {
        Naming::ByRequest => {
            let query = Query::new(request.query_string());
            let name = query.text("name")?;
            let name = name.ok_or_else(|| Problem::invalid("/name", "is required"))?;
            (Some(name.parse::<FileName>().map_err(refused)?), PlacingFields::of_query(&query)?)
        }
        Naming::Kept => (None, PlacingFields::default()),
    };
    let bounds = Bounds {
        limit: envelope.max_upload.bytes(),
        told_limit: envelope.max_upload,
        stall: state.settings.stall_timeout,
        // The use case hashes the same bytes.
        hashed: false,
    };
    let sha256 = digest::demanded(request.headers())?;
    let (stream, pump) = streamed(envelope.payload, bounds);
    let body = UploadBody {
        stream,
        length: envelope.length,
        claimed_type: envelope.media_type,
        sha256,
        end: std::future::ready(Ok(name.clone())).boxed(),
    };
    Ok(Incoming { body, pump, name, fields })
}

fn refused(invalid: InvalidFileName) -> Problem {
    Problem::invalid("/name", invalid.to_string())
}

/// A piece of an upload that takes many requests, of at most so many bytes.
pub(crate) fn piece(
    request: &HttpRequest,
    payload: web::Payload,
    limit: ByteSize,
    state: &AppState,
) -> Result<Piece, Problem> {
    let envelope = open(request, payload, state)?;
    if envelope.kind != Kind::Raw {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "the body must be the bytes themselves, not multipart",
        ));
    }
    let stall = state.settings.stall_timeout;
    let bounds = Bounds { limit: limit.bytes(), told_limit: limit, stall, hashed: false };
    let (stream, pump) = streamed(envelope.payload, bounds);
    Ok(Piece { stream, length: envelope.length, pump })
}

fn streamed(payload: web::Payload, bounds: Bounds) -> (ByteStream, Pump) {
    let (frames, stream) = channel();
    (stream, pump(Source::new(payload, bounds), frames).boxed_local())
}

async fn pump(mut source: Source, mut frames: Frames) {
    loop {
        // Room first: what the sender waits for us must not count as its stall.
        if frames.ready().await.is_err() {
            return;
        }
        match source.next().await {
            Some(Ok(bytes)) => {
                if frames.send(bytes).await.is_err() {
                    return;
                }
            }
            Some(Err(error)) => return frames.fail(error).await,
            None => return frames.end().await,
        }
    }
}
