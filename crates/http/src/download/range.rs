//! `Range` (RFC 9110, section 14.2).

use fm_domain::blobs::ByteRange;

/// The range that is asked for; `None` where the header asks for nothing that we know: another unit, a range that is
/// none, or several at once. The whole is a correct answer to all of these.
pub(crate) fn parse_range(header: &str) -> Option<ByteRange> {
    let (unit, set) = header.trim().split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut ranges =
        set.split(',').map(|range| range.trim_matches([' ', '\t'])).filter(|range| !range.is_empty());
    let (only, None) = (ranges.next()?, ranges.next()) else { return None };
    let (first, last) = only.split_once('-')?;
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Some(ByteRange::Between { first, last }),
        (Some(first), None) if last.is_empty() => Some(ByteRange::From { first }),
        (None, Some(length)) if first.is_empty() => Some(ByteRange::Last { length }),
        _ => None,
    }
}

/// Digits alone; a number too large to count with is as good as the largest.
fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use fm_fuzzing::changed_text;
    use proptest::prelude::*;

    use super::*;

    const RANGES: &str = include_str!("../../corpus/ranges.txt");

    fn rendered(range: ByteRange) -> String {
        match range {
            ByteRange::Between { first, last } => format!("bytes={first}-{last}"),
            ByteRange::From { first } => format!("bytes={first}-"),
            ByteRange::Last { length } => format!("bytes=-{length}"),
        }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse_range("bytes=0-0"), Some(ByteRange::Between { first: 0, last: 0 }));
        assert_eq!(parse_range("bytes=5-"), Some(ByteRange::From { first: 5 }));
        assert_eq!(parse_range("Bytes= -5"), Some(ByteRange::Last { length: 5 }));
        assert_eq!(parse_range("bytes=,1-2,"), Some(ByteRange::Between { first: 1, last: 2 }));
        assert_eq!(
            parse_range("bytes=0-99999999999999999999"),
            Some(ByteRange::Between { first: 0, last: u64::MAX })
        );
    }

    #[test]
    fn what_is_no_single_range_asks_for_the_whole() {
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=2-1",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1-2,4-5",
            "lines=1-2",
            "bytes=1 -2",
        ] {
            assert_eq!(parse_range(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(text in ".*") {
            let _range = parse_range(&text);
        }

        #[test]
        fn what_is_read_of_a_changed_field_is_read_again(text in changed_text(RANGES)) {
            if let Some(range) = parse_range(&text) {
                prop_assert_eq!(parse_range(&rendered(range)), Some(range));
                if let ByteRange::Between { first, last } = range {
                    prop_assert!(first <= last);
                }
            }
        }

        #[test]
        fn written_ranges_are_read_back(first: u64, length in 0..u64::MAX / 2) {
            let last = first.saturating_add(length);
            for range in [ByteRange::Between { first, last }, ByteRange::From { first }, ByteRange::Last { length }] {
                prop_assert_eq!(parse_range(&rendered(range)), Some(range));
            }
        }
    }
}
