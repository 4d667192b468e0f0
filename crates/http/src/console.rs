//! The console: pages and their files beside the API, out of the binary.

#[cfg(test)]
mod tests;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse};
use fm_console::{Asset, Coding, Console, Encoded};

use crate::input::none_match;
use crate::problem::{Answer, Code, Problem};
use crate::routes::Endpoint;
use crate::state::State;

/// What is below these paths is never a page.
const API: [&str; 2] = ["/v1", "/health"];

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");
const BY_CODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");
/// A page is also answered by what is accepted: others get a problem.
const BY_CODING_AND_TYPE: HeaderValue = HeaderValue::from_static("Accept, Accept-Encoding");

/// No window that a page opens, or is opened by, reaches it from another origin.
const OPENERS: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));

/// Adds the paths of files and the first page to an application. The other pages are what is left: see [`page_or_not_found`].
pub(crate) fn configure(config: &mut ServiceConfig) {
    Endpoint::at("/").on(Method::GET, &[], first_page).register(config);
    for path in ["/assets/{name:.*}", "/favicon.svg", "/licenses.txt"] {
        Endpoint::at(path).on(Method::GET, &[], file).register(config);
    }
}

/// For every path without a route: the page of the console where a browser opens it, and 404 for everything else.
pub(crate) async fn page_or_not_found(request: HttpRequest, state: State) -> Answer {
    let console = console(&state)?;
    if request.method() == Method::GET && !is_api(request.path()) && is_html_wanted(request.headers()) {
        return page(&request, console);
    }
    Err(Problem::of(Code::NotFound))
}

async fn first_page(request: HttpRequest, state: State) -> Answer {
    page(&request, console(&state)?)
}

async fn file(request: HttpRequest, state: State) -> Answer {
    let path = request.path().trim_start_matches('/');
    let asset = console(&state)?.file(path).ok_or_else(|| Problem::of(Code::NotFound))?;
    Ok(asset_answer(&request, asset, [(header::VARY, BY_CODING)]))
}

fn console(state: &State) -> Result<&Console, Problem> {
    state.settings.console.as_deref().ok_or_else(|| Problem::of(Code::NotFound))
}

fn page(request: &HttpRequest, console: &Console) -> Answer {
    let policy = HeaderValue::from_str(console.policy()).map_err(|_not_text| {
        Problem::defect("the policy of the console holds characters that no field takes")
    })?;
    let fields = [(header::VARY, BY_CODING_AND_TYPE), (header::CONTENT_SECURITY_POLICY, policy), OPENERS];
    Ok(asset_answer(request, console.page(), fields))
}

/// 200 with the bytes in the coding that is accepted best, or 304; with these fields.
fn asset_answer<const N: usize>(
    request: &HttpRequest,
    asset: &Asset,
    fields: [(HeaderName, HeaderValue); N],
) -> HttpResponse {
    let headers = request.headers();
    let Encoded { coding, tag, bytes } = asset.encoded(accepted_coding(headers));
    let is_current = none_match(headers, asset.tag());
    let mut response =
        HttpResponse::build(if is_current { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response.insert_header((header::ETAG, format!("\"{tag}\"")));
    response.insert_header((header::CACHE_CONTROL, if asset.is_immutable() { FOREVER } else { REVALIDATED }));
    for field in fields {
        response.insert_header(field);
    }
    if is_current {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, asset.content_type()));
    if let Some(name) = coding.name() {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    response.body(bytes)
}

/// A list that is not ASCII names no coding.
fn accepted_coding(headers: &HeaderMap) -> Coding {
    let lists = headers.get_all(header::ACCEPT_ENCODING);
    Coding::accepted(lists.filter_map(|list| list.to_str().ok()))
}

fn is_api(path: &str) -> bool {
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    API.iter().any(|api| path.strip_prefix(api).is_some_and(is_below))
}

/// Whether `Accept` names HTML, as a browser does that opens a page. `*/*` does not: scripts and programs send it.
fn is_html_wanted(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).filter_map(|list| list.to_str().ok());
    let mut types =
        lists.flat_map(|list| list.split(',')).map(|range| range.split(';').next().unwrap_or_default());
    types.any(|name| name.trim().eq_ignore_ascii_case("text/html"))
}
