//! The answer that hands out tokens.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use fm_application::sessions::TokenPair;

use crate::auth::{ACCESS, REFRESH, set};
use crate::input::{PREFERENCE_APPLIED, is_minimal_preferred};
use crate::output::{json, token_pair};
use crate::problem::Answer;
use crate::settings::HttpSettings;

/// Says that the preference was followed (RFC 7240, section 3).
const MINIMAL: (HeaderName, HeaderValue) = (PREFERENCE_APPLIED, HeaderValue::from_static("return=minimal"));

/// 200 with the pair, and both cookies. 204 with the cookies alone where `asked`, the fields of the request, prefer little: then no
/// script of a page ever holds a token.
pub(super) fn hand_out(pair: &TokenPair, asked: &HeaderMap, settings: &HttpSettings) -> Answer {
    let refresh_token = pair.refresh_token.expose();
    let is_minimal = is_minimal_preferred(asked);
    let mut response = HttpResponse::build(if is_minimal { StatusCode::NO_CONTENT } else { StatusCode::OK });
    set(&mut response, settings, ACCESS, pair.access_token.expose(), pair.access_expires_in);
    set(&mut response, settings, REFRESH, &refresh_token, pair.refresh_expires_in);
    if is_minimal {
        return Ok(response.insert_header(MINIMAL).finish());
    }
    json(response, &token_pair(pair, &refresh_token))
}
