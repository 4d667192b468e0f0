//! What surrounds the HTTP library on a connection: what it would answer badly is answered here
//! ([ADR 27](../../../../docs/adr/0027-what-the-http-library-answers-by-itself.md)).
//!
//! ```text
//! socket ◀──▶ WatchedStream ◀──▶ HTTP library ◀──▶ expectation ◀──▶ application
//! ```

mod answers;
mod ending;
mod expectation;
mod stream;

use std::rc::Rc;

use actix_http::error::DispatchError;
use actix_web::HttpRequest;
use actix_web::dev::Service;
use actix_web::rt::net::TcpStream;

pub(crate) use expectation::{call, until_the_body_is_wanted};
pub(crate) use stream::WatchedStream;

use crate::state::AppState;
use fm_application::wiring::Presence;
use stream::Watch;

/// Whether the client of this request is still there.
pub(crate) fn presence(request: &HttpRequest) -> Presence {
    request.conn_data::<Rc<Watch>>().map(|watch| watch.presence()).unwrap_or_default()
}

/// Serves a connection to its end.
pub(crate) async fn run<H>(http: Rc<H>, socket: TcpStream, state: AppState)
where
    H: Service<(WatchedStream, Option<std::net::SocketAddr>), Response = (), Error = DispatchError>,
{
    // Head and body of an answer leave in two segments: with Nagle's algorithm the second waits for the client's delayed
    // acknowledgement, 40 ms.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let peer = socket.peer_addr().ok();
    let watch = Rc::new(Watch::default());
    let stream = WatchedStream::new(socket, Rc::clone(&watch), state.settings.head_timeout);
    let outcome = http.call((stream, peer)).await;
    if let Err(error) = &outcome {
        tracing::trace!(%error, "a connection ended early");
    }
    if let Some((socket, ending)) = watch.take_ended() {
        ending.after(outcome.is_ok()).finish(socket, &state).await;
    }
}
