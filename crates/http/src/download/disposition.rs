//! `Content-Disposition` (RFC 6266) with names in any script (RFC 8187).

use std::fmt::Write as _;

use fm_domain::blob::Disposition;
use fm_domain::file::FileName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but `attr-char` (RFC 8187, section 3.2.1).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
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

/// The header: the name as plain ASCII for old clients, and exactly for all others. Always printable ASCII.
pub(crate) fn content_disposition(disposition: Disposition, name: &FileName) -> String {
    let fallback: String = name.as_str().chars().map(plain).collect();
    let mut header = format!("{}; filename=\"{fallback}\"; filename*=UTF-8''", disposition.as_str());
    for piece in utf8_percent_encode(name.as_str(), NOT_ATTR_CHAR) {
        if header.write_str(piece).is_err() {
            break;
        }
    }
    header
}

/// The character, where every client takes it for itself inside quotes: some decode percent signs there.
fn plain(character: char) -> char {
    match character {
        '"' | '\\' | '%' => '_',
        ' '..='~' => character,
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_given_twice() {
        let name: FileName = "café \"1\" 100%.png".parse().unwrap();
        assert_eq!(
            content_disposition(Disposition::Attachment, &name),
            "attachment; filename=\"caf_ _1_ 100_.png\"; filename*=UTF-8''caf%C3%A9%20%221%22%20100%25.png"
        );
    }

    proptest! {
        #[test]
        fn every_name_comes_back(text in ".{1,255}") {
            let Ok(name) = text.parse::<FileName>() else { return Ok(()) };
            let header = content_disposition(Disposition::Inline, &name);
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let rest = header.strip_prefix("inline; filename=\"").unwrap();
            let (fallback, rest) = rest.split_once('"').unwrap();
            prop_assert!(!fallback.contains(['\\', '%']));
            let encoded = rest.strip_prefix("; filename*=UTF-8''").unwrap();
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)));
            prop_assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), name.as_str());
        }
    }
}
