//! Header fields with one value.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use fm_domain::idempotency::IdempotencyKey;

use crate::problem::{Code, Problem};

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

/// Whether a field `Content-Encoding` names a coding other than `identity`.
pub(crate) fn has_content_coding(headers: &HeaderMap) -> bool {
    let codings = headers
        .get_all(header::CONTENT_ENCODING)
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
    codings
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

/// 415 when the body has a content coding: no route decodes one, and `Accept-Encoding` says so (RFC 9110, section
/// 12.5.3).
pub(crate) fn no_content_coding(headers: &HeaderMap) -> Result<(), Problem> {
    if has_content_coding(headers) {
        let detail =
            "the body has a content coding (Content-Encoding), which is not decoded: send it as it is";
        let identity = HeaderValue::from_static("identity");
        return Err(Problem::new(Code::UnsupportedMediaType, detail).with(header::ACCEPT_ENCODING, identity));
    }
    Ok(())
}

/// 400: the field can't be used.
pub(crate) fn bad_header(name: &HeaderName, detail: &str) -> Problem {
    Problem::malformed(format!("the header {name} {detail}"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::has_content_coding;

    #[test]
    fn identity_is_no_coding() {
        for (lists, has) in [
            (&[][..], false),
            (&[&b"identity"[..]][..], false),
            (&[b"", b" Identity , identity"], false),
            (&[b"gzip"], true),
            (&[b"identity, br"], true),
            (&[b"identity", b"deflate"], true),
            (&[b"\xff"], true),
        ] {
            let mut headers = HeaderMap::new();
            for list in lists {
                if let Ok(list) = HeaderValue::from_bytes(list) {
                    headers.append(CONTENT_ENCODING, list);
                }
            }
            assert_eq!(has_content_coding(&headers), has, "{lists:?}");
        }
    }
}
