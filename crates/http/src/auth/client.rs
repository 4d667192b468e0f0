//! Where a request comes from.

use actix_web::HttpRequest;
use actix_web::http::header;
use fm_application::sessions::Client;

/// The address of the peer and its `User-Agent`.
pub(crate) fn client(request: &HttpRequest) -> Client {
    let agent = request.headers().get(header::USER_AGENT);
    Client {
        ip: request.peer_addr().map(|address| address.ip().to_string()),
        user_agent: agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    }
}
