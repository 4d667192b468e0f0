//! Who asks.

use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use fm_domain::access::Actor;
use futures_util::future::LocalBoxFuture;

use super::{ACCESS, client, find, same_site};
use crate::middleware::KnownUser;
use crate::problem::{Code, Problem};
use crate::state::State;

/// The actor, whose access token and session were checked: by `Authorization: Bearer …`, or else by cookie. Where it
/// is taken, a request without valid credentials is answered 401.
pub(crate) struct Authenticated(pub(crate) Actor);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await.map(Self) })
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Actor, Problem> {
    let state = request.app_data::<State>().ok_or_else(|| Problem::defect("the application has no state"))?;
    let token = if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        value.to_str().ok().and_then(bearer)
    } else {
        let cookie = find(request.headers(), ACCESS);
        if cookie.is_some() {
            same_site(request, &state.settings)?;
        }
        cookie
    };
    let token = token.ok_or_else(|| Problem::of(Code::Unauthenticated))?;
    let actor = state.use_cases.sessions.authenticate.run(token, &client(request)).await?;
    request.extensions_mut().insert(KnownUser(actor.user()));
    Ok(actor)
}

/// The token of `Bearer …` (RFC 6750, section 2.1).
fn bearer(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
