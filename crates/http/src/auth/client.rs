//! Where a request comes from.

use actix_web::HttpRequest;
use actix_web::http::header;
use fm_application::sessions::Client;

use crate::notes::noted;

/// The address of the client and its `User-Agent`.
pub(crate) fn client(request: &HttpRequest) -> Client {
    let agent = request.headers().get(header::USER_AGENT);
    Client {
        ip: noted(request, |notes| notes.client.map(|client| client.as_str().to_owned())),
        user_agent: agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    }
}
