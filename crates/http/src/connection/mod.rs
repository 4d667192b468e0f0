//! What surrounds the HTTP library on a connection: what it would answer badly is answered here
//! ([ADR 27](../../../../docs/adr/0027-what-the-http-library-answers-by-itself.md)).
//!
//! ```text
//! socket ◀──▶ WatchedStream ◀──▶ HTTP library ◀──▶ expectation ◀──▶ application
//! ```

mod answers;
mod count;
mod ending;
mod expectation;
mod head_end;
mod request_head;
mod stream;
mod watch;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_web::HttpRequest;
use actix_web::dev::Service;
use actix_web::rt::net::TcpStream;

pub(crate) use count::Connections;
pub(crate) use expectation::{call, until_the_body_is_wanted};
pub(crate) use stream::WatchedStream;

use crate::settings::HttpSettings;
use crate::state::AppState;
use fm_application::wiring::Presence;
use watch::Watch;

/// Whether the client of this request is still there.
pub(crate) fn presence(request: &HttpRequest) -> Presence {
    request.conn_data::<Rc<Watch>>().map(|watch| watch.presence()).unwrap_or_default()
}

/// Serves a connection to its end.
pub(crate) async fn run<H>(http: Rc<H>, socket: TcpStream, state: AppState)
where
    H: Service<(WatchedStream, Option<std::net::SocketAddr>), Response = (), Error = DispatchError>,
{
    let peer = socket.peer_addr().ok();
    // Before a byte is read: a flood from one address leaves room for the others.
    let address =
        peer.map(|peer| peer.ip().to_canonical()).filter(|&address| is_counted(address, &state.settings));
    let counted =
        address.map(|address| state.connections.count(address, state.settings.max_connections_per_address));
    if counted.as_ref().is_some_and(Option::is_none) {
        return tracing::debug!("a connection of an address that has its share was closed");
    }
    // Head and body of an answer leave in two segments: with Nagle's algorithm the second waits for the client's delayed
    // acknowledgement, 40 ms.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    if let Err(error) = set_tcp_user_timeout(&socket, state.settings.stall_timeout) {
        tracing::debug!(%error, "a client that reads nothing is noticed late");
    }
    let watch = Rc::new(Watch::default());
    let stream = WatchedStream::new(socket, Rc::clone(&watch), &state.settings, Arc::clone(&state.traffic));
    let outcome = http.call((stream, peer)).await;
    if let Err(error) = &outcome {
        tracing::trace!(%error, "a connection ended early");
    }
    if let Some((socket, ending)) = watch.take_ended() {
        ending.after(outcome.is_ok()).finish(socket, &state).await;
    }
}

/// Whether the connections of this address have a limit of their own. Those of proxies stand for many.
fn is_counted(address: IpAddr, settings: &HttpSettings) -> bool {
    (settings.limits_loopback || !address.is_loopback()) && !settings.trusted_proxies.contain(address)
}

/// Ends the connection when what is sent stays unread or unacknowledged for so long (RFC 5482 names the option). The kernel
/// alone knows: its buffer takes an answer of some megabytes long before the client does.
fn set_tcp_user_timeout(socket: &TcpStream, limit: Duration) -> std::io::Result<()> {
    let milliseconds = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(socket, milliseconds)?)
}
