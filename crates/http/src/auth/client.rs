//! Where a request comes from.

use actix_web::HttpRequest;
use actix_web::http::header;
use fm_application::sessions::Client;

use super::{ADDRESS_BYTES, address_text, client_address};

/// The address of the client and its `User-Agent`.
pub(crate) fn client(request: &HttpRequest) -> Client {
    let agent = request.headers().get(header::USER_AGENT);
    Client {
        ip: client_address(request).map(|address| address_text(address, &mut [0; ADDRESS_BYTES]).to_owned()),
        user_agent: agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    }
}
