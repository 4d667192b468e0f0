//! The end of a connection that the HTTP library does not end.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::SystemTime;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HttpDate};
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use crate::middleware::{self, RequestId};
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Without a word: no answer is waited for.
    Quiet,
    /// With the problem of this status, which a request met that can't be read.
    Refusal(u16),
    /// The HTTP library dropped the connection before it answered a request.
    CutOff,
}

impl Ending {
    /// What a connection that was cut off is owed: the library ends it in good order when the chunks of a body are broken,
    /// and with an error when an answer could not be made.
    pub(super) fn after(self, in_good_order: bool) -> Self {
        match self {
            Self::CutOff => Self::Refusal(if in_good_order { 400 } else { 500 }),
            other => other,
        }
    }

    /// Answers, and takes what the client still sends for a moment, so that it sees the answer instead of a reset.
    pub(super) async fn finish(self, mut socket: TcpStream, state: &AppState) {
        let due = Instant::now() + state.settings.linger;
        let outcome = timeout_at(due, async {
            if let Self::Refusal(status) = self {
                let peer = socket.peer_addr().ok().map(|peer| peer.ip().to_canonical());
                socket.write_all(&answer(status, peer, state)).await?;
            }
            socket.shutdown().await?;
            let mut rest = vec![0; 16 * 1024];
            while socket.read(&mut rest).await? > 0 {}
            std::io::Result::Ok(())
        });
        if let Ok(Err(error)) = outcome.await {
            tracing::trace!(%error, "a client was gone before its connection was ended");
        }
    }
}

/// The answer to a request that the library could not read, and the line that it leaves in the log.
fn answer(status: u16, peer: Option<IpAddr>, state: &AppState) -> Vec<u8> {
    let problem = problem(status);
    let id = RequestId::fresh(state.ids.uuid());
    // Behind a proxy only the head would tell whose request it is.
    let client = peer.filter(|peer| !state.settings.trusted_proxies.contain(*peer));
    tracing::info!(
        request.id = id.as_str(),
        client.address = client.map(tracing::field::display),
        http.status = problem.code().status().as_u16(),
        problem.code = problem.code().name(),
        "request refused before it was read to its end"
    );
    let mut response = problem.render(id.as_str());
    middleware::secure(response.headers_mut(), &state.settings);
    encode(response, &id)
}

fn problem(status: u16) -> Problem {
    match status {
        400 => Problem::malformed(
            "the request is not valid HTTP/1.1: its request line, a header field or the framing of its body can't be read",
        ),
        408 => Problem::new(Code::RequestTimeout, "the head of the request stalled"),
        431 => Problem::of(Code::HeaderFieldsTooLarge),
        other => {
            let status = StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Problem::of(Code::of_status(status))
        }
    }
}

/// The bytes of the answer.
fn encode(response: HttpResponse, id: &RequestId) -> Vec<u8> {
    let status = response.status();
    let reason = response.head().reason().to_owned();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
    for (name, value) in response.headers() {
        // Writing to a string does not fail, and our own header values are texts.
        let _infallible = write!(head, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    #[expect(
        clippy::disallowed_methods,
        reason = "the HTTP library dates answers by the machine's clock too"
    )]
    let now = SystemTime::now();
    let _infallible = write!(
        head,
        "{}: {}\r\n{}: {}\r\n{}: {}\r\n{}: close\r\n\r\n",
        header::DATE,
        HttpDate::from(now),
        header::CONTENT_LENGTH,
        body.len(),
        RequestId::HEADER,
        id.as_str(),
        header::CONNECTION
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&body);
    bytes
}
