//! Signed URLs. On the lane of S3 the store answers them; what it is known not to honour is asked on the other lanes
//! alone, and said so at the place.

mod answers;
mod dispositions;
mod ranges;
mod redirects;
mod signatures;
mod windows;

use serde_json::Value;

/// The URL that a file's JSON carries.
fn url_of(file: &Value) -> String {
    file["download"]["url"].as_str().expect("a file has a URL").to_owned()
}

/// Seconds from now until the moment that the text names.
fn seconds_until(moment: &Value) -> i64 {
    let moment = chrono::DateTime::parse_from_rfc3339(moment.as_str().expect("a moment")).expect("RFC 3339");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    moment.timestamp() - i64::try_from(now.as_secs()).expect("seconds")
}
