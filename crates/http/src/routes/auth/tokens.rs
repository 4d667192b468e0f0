//! The answer that hands out tokens.

use actix_web::HttpResponse;
use fm_application::sessions::TokenPair;

use crate::auth::{ACCESS, REFRESH, set};
use crate::output::{json, token_pair};
use crate::problem::Answer;
use crate::settings::HttpSettings;

/// 200 with the pair, and both cookies.
pub(super) fn hand_out(pair: &TokenPair, settings: &HttpSettings) -> Answer {
    let refresh_token = pair.refresh_token.expose();
    let mut response = HttpResponse::Ok();
    set(&mut response, settings, ACCESS, pair.access_token.expose(), pair.access_expires_in);
    set(&mut response, settings, REFRESH, &refresh_token, pair.refresh_expires_in);
    json(response, &token_pair(pair, &refresh_token))
}
