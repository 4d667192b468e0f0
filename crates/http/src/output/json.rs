//! JSON, written in one pass from the values of the domain.

use chrono::{DateTime, Datelike as _, SecondsFormat, Timelike as _, Utc};
use fm_domain::blobs::SignedUrl;
use fm_domain::clock::Timestamp;
use fm_domain::files::Sha256;
use serde::Serialize;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// JSON as far as it is written.
pub(super) struct Json<'a> {
    pub(super) bytes: Vec<u8>,
    /// What stands before the paths of our own routes: of characters that JSON does not escape.
    pub(super) base_path: &'a str,
}

impl<'a> Json<'a> {
    pub(super) fn with_room(bytes: usize, base_path: &'a str) -> Self {
        Self { bytes: Vec::with_capacity(bytes), base_path }
    }

    pub(super) fn raw(&mut self, json: &str) {
        self.bytes.extend_from_slice(json.as_bytes());
    }

    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> serde_json::Result<()> {
        serde_json::to_writer(&mut self.bytes, value)
    }

    /// A text without characters that JSON escapes.
    pub(super) fn plain(&mut self, text: &str) {
        self.bytes.push(b'"');
        self.raw(text);
        self.bytes.push(b'"');
    }

    pub(super) fn id(&mut self, id: Uuid) {
        self.plain(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]));
    }

    pub(super) fn url(&mut self, url: Option<&SignedUrl>) {
        match url {
            Some(url) => self.plain(url.expose()),
            None => self.raw("null"),
        }
    }

    pub(super) fn hash(&mut self, hash: Option<Sha256>) {
        let Some(hash) = hash else { return self.raw("null") };
        self.bytes.push(b'"');
        for byte in hash.as_bytes() {
            self.bytes.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        self.bytes.push(b'"');
    }

    /// RFC 3339 in UTC with microseconds and `Z`.
    pub(super) fn time(&mut self, moment: Timestamp) {
        let moment = DateTime::<Utc>::from(moment);
        let time = moment.naive_utc();
        let Some(year) = u32::try_from(time.year()).ok().filter(|year| *year <= 9999) else {
            return self.plain(&moment.to_rfc3339_opts(SecondsFormat::Micros, true));
        };
        let fields = [
            ("\"", year, 4),
            ("-", time.month(), 2),
            ("-", time.day(), 2),
            ("T", time.hour(), 2),
            (":", time.minute(), 2),
            (":", time.second(), 2),
            (".", time.nanosecond() / 1000, 6),
        ];
        for (before, number, digits) in fields {
            self.raw(before);
            for place in (0..digits).rev() {
                self.bytes.push(HEX[(number / 10_u32.pow(place) % 10) as usize]);
            }
        }
        self.raw("Z\"");
    }
}
