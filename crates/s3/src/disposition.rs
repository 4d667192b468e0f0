//! `Content-Disposition` (RFC 6266), in ASCII.

use std::fmt::Write as _;

use fm_domain::blob::Disposition;
use fm_domain::file::FileName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 wants encoded: everything but `attr-char`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The field's value. The name comes twice: as a quoted ASCII string for old clients, where characters that some of
/// them misread are `_`, and whole as `filename*`, which all others prefer.
pub(crate) fn content_disposition(disposition: Disposition, name: &FileName) -> String {
    let mut value = String::with_capacity(64 + 2 * name.as_str().len());
    value.push_str(disposition.as_str());
    value.push_str("; filename=\"");
    value.extend(
        name.as_str().chars().map(|c| {
            if (c == ' ' || c.is_ascii_graphic()) && !matches!(c, '"' | '\\' | '%') { c } else { '_' }
        }),
    );
    // Writing to a string can't fail.
    let _ = write!(value, "\"; filename*=UTF-8''{}", utf8_percent_encode(name.as_str(), ENCODED));
    value
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't parse its own text has failed")]

    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str) -> String {
        content_disposition(Disposition::Attachment, &name.parse().unwrap())
    }

    #[test]
    fn a_plain_name_is_given_in_both_forms() {
        assert_eq!(of("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
    }

    #[test]
    fn quotes_and_other_scripts_survive_in_the_second_form_alone() {
        assert_eq!(
            of("é\"%'.png"),
            "attachment; filename=\"___'.png\"; filename*=UTF-8''%C3%A9%22%25%27.png"
        );
    }

    proptest! {
        #[test]
        fn every_name_comes_back_from_plain_ascii(name in "\\PC{1,60}") {
            if let Ok(name) = name.parse::<FileName>() {
                let value = content_disposition(Disposition::Inline, &name);
                prop_assert!(value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
                prop_assert_eq!(value.matches('"').count(), 2);
                let (_, encoded) = value.split_once("filename*=UTF-8''").unwrap();
                prop_assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), name.as_str());
            }
        }
    }
}
