//! `Content-Digest` and `Repr-Digest` (RFC 9530): dictionaries of byte sequences (RFC 8941).

use actix_web::http::header::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::body::BodyError;
use fm_domain::files::Sha256;

const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("content-digest"), HeaderName::from_static("repr-digest")];

const BROKEN: BodyError = BodyError::Malformed("a digest field is not a dictionary of byte sequences");

/// The SHA-256 that the headers demand. Other algorithms are ignored; two that differ can't both be met.
pub(super) fn demanded(headers: &HeaderMap) -> Result<Option<Sha256>, BodyError> {
    let mut demanded = None;
    for name in &NAMES {
        let mut own = None;
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_not_ascii| BROKEN)?;
            own = members(text)?.or(own);
        }
        match (demanded, own) {
            (Some(one), Some(other)) if one != other => return Err(BodyError::DigestMismatch),
            (_, Some(_)) => demanded = own,
            (_, None) => {}
        }
    }
    Ok(demanded)
}

/// The `sha-256` among the members of a dictionary; the last one counts.
fn members(text: &str) -> Result<Option<Sha256>, BodyError> {
    let mut found = None;
    for member in text.split(',') {
        let (key, value) = member.trim().split_once('=').ok_or(BROKEN)?;
        let bytes = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or(BROKEN)?;
        let is_key = !key.is_empty()
            && key.bytes().all(|byte| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'_' | b'-' | b'.' | b'*')
            });
        let decoded = STANDARD.decode(bytes).map_err(|_not_base64| BROKEN)?;
        if !is_key {
            return Err(BROKEN);
        }
        if key == "sha-256" {
            let hash: [u8; 32] = decoded.try_into().map_err(|_wrong_length| BROKEN)?;
            found = Some(Sha256::new(hash));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::HeaderValue;
    use fm_fuzzing::changed_lines;
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    const ZERO: &str = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";

    fn read(content: &str, repr: &str) -> Result<Option<Sha256>, BodyError> {
        let mut headers = HeaderMap::new();
        for (name, value) in NAMES.iter().zip([content, repr]) {
            if !value.is_empty() {
                headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
            }
        }
        demanded(&headers)
    }

    #[test]
    fn sha_256_is_demanded_and_others_are_ignored() {
        assert_eq!(read("", ""), Ok(None));
        assert!(read(EMPTY, "").unwrap().is_some());
        assert!(read("", EMPTY).unwrap().is_some());
        assert!(read(EMPTY, EMPTY).unwrap().is_some());
        assert_eq!(read("md5=:AAAA:, unixsum=:AAA=:", ""), Ok(None));
        assert!(read(&format!("sha-512=:AAAA:, {EMPTY}"), "").unwrap().is_some());
    }

    #[test]
    fn two_that_differ_match_nothing() {
        assert_eq!(read(EMPTY, ZERO), Err(BodyError::DigestMismatch));
    }

    #[test]
    fn what_is_no_dictionary_is_malformed() {
        for text in [
            "sha-256",
            "sha-256=abc",
            "sha-256=:abc",
            "sha-256=:!:",
            "sha-256=:AAAA:",
            "SHA-256=:AAAA:",
            "=:AAAA:",
        ] {
            assert_eq!(read(text, ""), Err(BROKEN), "{text}");
        }
    }

    const DIGESTS: &str = include_str!("../../corpus/digests.txt");

    proptest! {
        #[test]
        fn any_hash_is_demanded_as_it_is_written(hash in any::<[u8; 32]>()) {
            let field = format!("sha-256=:{}:", STANDARD.encode(hash));
            prop_assert_eq!(read(&field, ""), Ok(Some(Sha256::new(hash))));
            prop_assert_eq!(read(&field, &field), Ok(Some(Sha256::new(hash))));
        }

        #[test]
        fn a_changed_field_is_refused_or_demands_what_it_says(field in changed_lines(DIGESTS)) {
            let Ok(value) = HeaderValue::from_bytes(&field) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.insert(NAMES[0].clone(), value);
            match demanded(&headers) {
                Ok(Some(hash)) => {
                    let written = format!("sha-256=:{}:", STANDARD.encode(hash.as_bytes()));
                    prop_assert!(String::from_utf8_lossy(&field).contains(&written));
                }
                Ok(None) => {}
                Err(error) => prop_assert_eq!(error, BROKEN),
            }
        }
    }
}
