//! What clients prefer of an answer (RFC 7240).

use actix_web::http::header::{HeaderMap, HeaderName};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Whether an answer that says as little as it can is preferred: `Prefer: return=minimal`. Of a preference that is given twice
/// the first one counts.
pub(crate) fn is_minimal_preferred(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(&PREFER).filter_map(|list| list.to_str().ok());
    let mut preferences =
        lists.flat_map(unquoted_items).filter_map(|item| item.split(';').next()?.split_once('='));
    let wanted = preferences.find(|(name, _)| name.trim().eq_ignore_ascii_case("return"));
    wanted.is_some_and(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("minimal"))
}

/// The items between commas that stand in no quoted text.
fn unquoted_items(list: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    list.split(move |character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::{HeaderMap, HeaderValue};
    use fm_fuzzing::changed_lines;
    use proptest::prelude::*;

    use super::{PREFER, is_minimal_preferred};

    fn is_preferred(lists: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(PREFER, HeaderValue::from_bytes(list).unwrap());
        }
        is_minimal_preferred(&headers)
    }

    #[test]
    fn the_first_return_decides() {
        for (lists, expected) in [
            (&[&b"return=minimal"[..]][..], true),
            (&[b"respond-async, RETURN = \"Minimal\" ; foo=bar"], true),
            (&[b"wait=5", b"return=minimal"], true),
            (&[b"return=minimal", b"return=representation"], true),
            (&[b"return=representation, return=minimal"], false),
            (&[b"note=\"a, return=minimal\""], false),
            (&[b"minimal"], false),
            (&[b"return"], false),
            (&[b"return=minimally"], false),
            (&[b"\xff"], false),
            (&[], false),
        ] {
            assert_eq!(is_preferred(lists), expected, "{lists:?}");
        }
    }

    const LINES: &str = include_str!("../../corpus/preferences.txt");

    proptest! {
        #[test]
        fn a_changed_list_prefers_what_it_names_alone(line in changed_lines(LINES)) {
            let Ok(value) = HeaderValue::from_bytes(&line) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.append(PREFER, value);
            let text = String::from_utf8_lossy(&line).to_ascii_lowercase();
            prop_assert!(!is_minimal_preferred(&headers) || text.contains("return") && text.contains("minimal"));
        }
    }
}
