//! Signed URLs. On the lane of S3 the store answers them; what it is known not to honour is asked on the other lanes
//! alone, and said so at the place.

mod answers;
mod charsets;
mod dispositions;
mod ranges;
mod redirects;
mod signatures;
mod windows;

use chrono::{DateTime, Utc};
use fm_api_types::File;

/// The URL that a file's JSON carries.
fn url_of(file: &File) -> String {
    file.download.url.expose().to_owned()
}

/// Seconds from now until the moment that is given.
fn seconds_until(moment: DateTime<Utc>) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    moment.timestamp() - i64::try_from(now.as_secs()).expect("seconds")
}
