//! Moments that clients give.

use chrono::{DateTime, Datelike as _};
use fm_domain::clock::Timestamp;
use serde_json::Value;

use super::text;

/// Whole seconds of the first and the last moment that is taken: the years 1 to 9999, which every client and every database writes alike.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Reads a moment of RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    let known = moment.filter(|moment| (1..=9999).contains(&moment.year()));
    known.map(Timestamp::from).ok_or_else(|| "must be a moment of RFC 3339".to_owned())
}

/// Reads a string as a moment of RFC 3339.
pub(crate) fn moment_value(value: &Value) -> Result<Timestamp, String> {
    moment(text(value)?)
}

/// Reads seconds since 1970-01-01T00:00:00Z, with a fraction or without.
pub(crate) fn unix_seconds(text: &str) -> Option<Timestamp> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{:0<6}", fraction.get(..6).unwrap_or(fraction));
    known(sign * number(whole)?.checked_mul(1_000_000)?.checked_add(number(&micros)?)?)
}

/// Reads milliseconds since 1970-01-01T00:00:00Z, as browsers have them (`File.lastModified`).
pub(crate) fn unix_millis(text: &str) -> Option<Timestamp> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    known(sign * number(digits)?.checked_mul(1_000)?)
}

/// Digits alone.
fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn known(micros: i64) -> Option<Timestamp> {
    let moment = Timestamp::from_unix_micros(micros);
    SECONDS.contains(&moment.unix_seconds()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros)
    }

    #[test]
    fn moments_of_rfc_3339_are_read_with_any_offset() {
        for (text, micros) in [
            ("2026-01-31T12:00:00Z", 1_769_860_800_000_000),
            ("2026-01-31t14:00:00.25+02:00", 1_769_860_800_250_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] {
            assert_eq!(moment(text).ok(), Some(at(micros)), "{text}");
        }
        for text in ["", "2026-01-31", "1769860800", "0000-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_read_to_the_microsecond() {
        for (text, micros) in [
            ("0", 0),
            ("1769860800", 1_769_860_800_000_000),
            ("1769860800.5", 1_769_860_800_500_000),
            ("1769860800.1234567", 1_769_860_800_123_456),
            ("-1.25", -1_250_000),
            ("253402300799", 253_402_300_799_000_000),
        ] {
            assert_eq!(unix_seconds(text), Some(at(micros)), "{text}");
        }
        for text in
            ["", "-", ".5", "1.", "1.x", "+1", "1e3", "0x1", "1.5.5", "253402300800", "99999999999999999999"]
        {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_read_whole() {
        assert_eq!(unix_millis("1769860800123"), Some(at(1_769_860_800_123_000)));
        assert_eq!(unix_millis("-1"), Some(at(-1_000)));
        for text in ["", "-", "1.5", "NaN", "253402300800000", "9223372036854775807"] {
            assert_eq!(unix_millis(text), None, "{text}");
        }
    }
}
