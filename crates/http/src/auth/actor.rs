//! Who asks.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev};
use fm_application::sessions::Refused;
use fm_domain::access::Actor;
use fm_domain::limits::LimitedAction;
use futures_util::future::LocalBoxFuture;

use super::{ACCESS, client, find_all, same_site};
use crate::limits::{limit_address, limit_user};
use crate::notes::{KnownUser, note};
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

/// The actor of a request, or 401; 429 where the user, or the address of failed attempts, asks too often.
pub(crate) async fn authenticate(request: &HttpRequest) -> Result<Actor, Problem> {
    let state = request.app_data::<State>().ok_or_else(|| Problem::defect("the application has no state"))?;
    let tokens = if let Some(token) = bearer(request.headers()) {
        vec![token]
    } else {
        let cookies = find_all(request.headers(), ACCESS, &state.settings);
        if !cookies.is_empty() {
            same_site(request, &state.settings)?;
        }
        cookies
    };
    for token in tokens {
        match state.use_cases.sessions.authenticate.run(token, client(request)).await {
            Ok(actor) => {
                let known = KnownUser { user: actor.user(), session: actor.session() };
                note(request, |notes| notes.user = Some(known));
                limit_user(request, state, actor.user()).await?;
                return Ok(actor);
            }
            Err(Refused::Unauthenticated) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    limit_address(request, state, LimitedAction::AnonymousRequests).await?;
    Err(Problem::of(Code::Unauthenticated))
}

/// The token of `Authorization: Bearer …` (RFC 6750, section 2.1), empty where it can't be one. Other schemes belong to
/// what stands before us, a proxy that asks for a password, say: they are as if absent.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(header::AUTHORIZATION).find_map(|value| {
        let mut fields = value.as_bytes().splitn(2, u8::is_ascii_whitespace);
        let is_ours = fields.next()?.eq_ignore_ascii_case(b"bearer");
        let token = fields.next().and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default();
        is_ours.then_some(token.trim())
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

    use super::bearer;

    fn read(fields: &[&'static [u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            if let Ok(value) = HeaderValue::from_bytes(field) {
                headers.append(AUTHORIZATION, value);
            }
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_bearer_is_ours_in_any_case() {
        for field in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER  a.b.c ", b"Bearer\ta.b.c"] {
            assert_eq!(read(&[field]).as_deref(), Some("a.b.c"), "{field:?}");
        }
        assert_eq!(read(&[b"Basic YTpi", b"Bearer a.b.c"]).as_deref(), Some("a.b.c"));
    }

    #[test]
    fn other_schemes_are_not_ours() {
        for field in
            [&b"Basic YTpi"[..], b"Digest username=\"\xe9\"", b"Token a.b.c", b"Bearers x", b"a.b.c", b""]
        {
            assert_eq!(read(&[field]), None, "{field:?}");
        }
    }

    #[test]
    fn a_bearer_without_a_token_is_ours_and_proves_nothing() {
        for field in [&b"Bearer"[..], b"Bearer ", b"Bearer \xff"] {
            assert_eq!(read(&[field]).as_deref(), Some(""), "{field:?}");
        }
    }
}
