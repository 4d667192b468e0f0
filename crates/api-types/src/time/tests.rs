#![expect(clippy::unwrap_used, reason = "a test may")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Moment(#[serde(with = "super")] DateTime<Utc>);

#[test]
fn a_moment_is_written_with_six_digits_and_z() {
    let moment = Moment(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    assert_eq!(serde_json::to_string(&moment).unwrap(), r#""2027-01-15T08:00:00.000000Z""#);
}

#[test]
fn a_moment_is_read_with_any_offset_and_any_digits() {
    let expected = Moment(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    for text in ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00.000000Z", "2027-01-15T10:00:00+02:00"] {
        assert_eq!(serde_json::from_str::<Moment>(&format!("\"{text}\"")).unwrap(), expected, "{text}");
    }
    assert!(serde_json::from_str::<Moment>(r#""2027-01-15 08:00""#).is_err());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Perhaps(#[serde(with = "super::optional")] Option<DateTime<Utc>>);

#[test]
fn a_moment_that_is_not_there_is_null() {
    let moment = DateTime::from_timestamp(1_800_000_000, 0);
    for (moment, text) in [(moment, r#""2027-01-15T08:00:00.000000Z""#), (None, "null")] {
        assert_eq!(serde_json::to_string(&Perhaps(moment)).unwrap(), text);
        assert_eq!(serde_json::from_str::<Perhaps>(text).unwrap(), Perhaps(moment));
    }
}
