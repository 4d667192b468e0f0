//! Who speaks tus.

use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, dev};
use fm_domain::access::Actor;
use futures_util::future::LocalBoxFuture;

use super::{TUS_RESUMABLE, TUS_VERSION, VERSION};
use crate::auth::Authenticated;
use crate::problem::{Code, Problem};

/// The actor of a request in the one version of tus that is known. Who asks comes first: 401, then 412.
pub(crate) struct TusActor(pub(crate) Actor);

impl FromRequest for TusActor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let authenticated = Authenticated::from_request(request, payload);
        let is_known = is_known(request.headers());
        Box::pin(async move {
            let Authenticated(actor) = authenticated.await?;
            if is_known { Ok(Self(actor)) } else { Err(other_version()) }
        })
    }
}

/// Whether the request is in the version that is known.
fn is_known(headers: &HeaderMap) -> bool {
    headers.get(TUS_RESUMABLE) == Some(&VERSION)
}

fn other_version() -> Problem {
    Problem::new(Code::PreconditionFailed, "Tus-Resumable must be 1.0.0").with(TUS_VERSION, VERSION)
}
