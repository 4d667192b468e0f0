//! Header fields with one value.

use actix_web::http::header::{HeaderMap, HeaderName};
use fm_domain::idempotency::IdempotencyKey;

use crate::problem::Problem;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The value of a field, if it was sent; 400 when it was sent twice or is not visible ASCII.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad_header(name, "is given twice"));
    }
    value.to_str().map(Some).map_err(|_not_ascii| bad_header(name, "is not ASCII"))
}

/// A number of bytes; 400 when it is none.
pub(crate) fn bytes(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Problem> {
    let Some(text) = single(headers, name)? else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Some).ok_or_else(|| bad_header(name, "is not a number of bytes"))
}

/// `Idempotency-Key`; 400 when it can't be one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(text) = single(headers, &IDEMPOTENCY_KEY)? else { return Ok(None) };
    text.parse().map(Some).map_err(|invalid| bad_header(&IDEMPOTENCY_KEY, &format!("{invalid}")))
}

/// 400: the field can't be used.
pub(crate) fn bad_header(name: &HeaderName, detail: &str) -> Problem {
    Problem::malformed(format!("the header {name} {detail}"))
}
