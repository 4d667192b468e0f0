//! What clients prefer of an answer (RFC 7240).

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Says which preference was followed (RFC 7240, section 3).
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// It was waited for.
pub(crate) const WAITED: HeaderValue = HeaderValue::from_static("wait");

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Whether an answer that says as little as it can is preferred: `Prefer: return=minimal`. Of a preference that is given twice
/// the first one counts.
pub(crate) fn is_minimal_preferred(headers: &HeaderMap) -> bool {
    preference(headers, "return").is_some_and(|value| value.eq_ignore_ascii_case("minimal"))
}

/// How long the client waits for the answer: `Prefer: wait=10`, in whole seconds (RFC 7240, section 4.3). None where it is not said, or
/// by no number; of a preference that is given twice the first one counts.
pub(crate) fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = preference(headers, "wait")?;
    let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    // More than can be counted is longer than anything waits.
    is_number.then(|| Duration::from_secs(seconds.parse().unwrap_or(u64::MAX)))
}

/// The value of the first preference of this name.
fn preference<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lists = headers.get_all(&PREFER).filter_map(|list| list.to_str().ok());
    let mut preferences =
        lists.flat_map(unquoted_items).filter_map(|item| item.split(';').next()?.split_once('='));
    let (_, value) = preferences.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))?;
    Some(value.trim().trim_matches('"'))
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

    use std::time::Duration;

    use super::{PREFER, is_minimal_preferred, preferred_wait};

    fn headers(lists: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(PREFER, HeaderValue::from_bytes(list).unwrap());
        }
        headers
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
            assert_eq!(is_minimal_preferred(&headers(lists)), expected, "{lists:?}");
        }
    }

    #[test]
    fn the_first_wait_is_a_number_of_seconds() {
        for (lists, expected) in [
            (&[&b"wait=5"[..]][..], Some(5)),
            (&[b"respond-async, WAIT = \"10\" ; foo=bar"], Some(10)),
            (&[b"return=minimal", b"wait=0, wait=7"], Some(0)),
            (&[b"wait=99999999999999999999999"], Some(u64::MAX)),
            (&[b"wait=-1"], None),
            (&[b"wait=+1"], None),
            (&[b"wait=1.5"], None),
            (&[b"wait=\"\""], None),
            (&[b"wait"], None),
            (&[b"note=\"a, wait=3\""], None),
            (&[], None),
        ] {
            assert_eq!(preferred_wait(&headers(lists)), expected.map(Duration::from_secs), "{lists:?}");
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
            prop_assert!(preferred_wait(&headers).is_none() || text.contains("wait"));
        }
    }
}
