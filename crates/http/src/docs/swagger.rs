//! `GET /docs`: Swagger UI, out of the binary.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::problem::{Answer, Code, Problem};
use crate::state::State;

/// Nothing from other hosts; the page's own styles are inline.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/// To the page, whose links are relative.
pub(crate) async fn index(state: State) -> Answer {
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, format!("{}/docs/", state.settings.base_path())));
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.finish())
}

/// The page and what it is made of.
pub(crate) async fn asset(request: HttpRequest) -> Answer {
    // The validator's badge would come from another host.
    let config = Config::from("../openapi.json").validator_url("none");
    let tail = request.match_info().get("tail").unwrap_or_default();
    let found = utoipa_swagger_ui::serve(tail, Arc::new(config))
        .map_err(|_broken| Problem::defect("Swagger UI can't be served"))?;
    let file = found.ok_or_else(|| Problem::of(Code::NotFound))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, file.content_type));
    response.insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(file.bytes.into_owned()))
}
