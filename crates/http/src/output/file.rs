//! Files as clients see them: the JSON of [`fm_api_types::File`] and [`fm_api_types::FileList`], written in one pass.
//!
//! A page of them is what clients ask for most. Its bytes go from the values of the domain into one buffer, without bodies of `fm-api-types` in
//! between, and a signed URL, which needs no escapes, is copied as it is.

use chrono::{DateTime, Datelike as _, SecondsFormat, Timelike as _, Utc};
use fm_application::files::{FileList, FileView};
use fm_domain::blobs::SignedUrl;
use fm_domain::clock::Timestamp;
use fm_domain::files::{Sha256, ThumbnailState};
use serde::Serialize;
use uuid::fmt::Hyphenated;

/// The JSON of a file but for its texts, at most.
const FIXED_BYTES: usize = 512;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A file with its signed URLs.
pub(crate) fn file(view: &FileView) -> serde_json::Result<Vec<u8>> {
    let mut json = Json(Vec::with_capacity(bytes_of(view)));
    json.file(view)?;
    Ok(json.0)
}

/// A page of files.
pub(crate) fn file_list(list: &FileList) -> serde_json::Result<Vec<u8>> {
    let bytes: usize = list.items.iter().map(bytes_of).sum();
    let mut json = Json(Vec::with_capacity(FIXED_BYTES + bytes));
    json.raw("{\"items\":[");
    for (index, view) in list.items.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        json.file(view)?;
    }
    json.raw("],\"next_cursor\":");
    json.value(&list.next_cursor)?;
    json.raw("}");
    Ok(json.0)
}

/// About how long the JSON of a file is.
fn bytes_of(view: &FileView) -> usize {
    let texts = view.file.name.as_str().len() + view.file.content_type.as_str().len();
    let thumbnail = view.thumbnail.as_ref().map_or(0, |url| url.expose().len());
    FIXED_BYTES + texts + view.download.expose().len() + thumbnail
}

/// JSON as far as it is written.
struct Json(Vec<u8>);

impl Json {
    fn file(&mut self, view: &FileView) -> serde_json::Result<()> {
        let file = &view.file;
        self.raw("{\"id\":");
        self.plain(file.id.uuid().hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]));
        self.raw(",\"name\":");
        self.value(file.name.as_str())?;
        self.raw(",\"content_type\":");
        self.value(file.content_type.as_str())?;
        self.raw(",\"size\":");
        self.value(&file.size.bytes())?;
        self.raw(",\"sha256\":");
        self.hash(file.sha256);
        self.raw(",\"created_at\":");
        self.time(file.created_at);
        self.raw(",\"updated_at\":");
        self.time(file.updated_at);
        self.raw(",\"thumbnail\":{\"status\":");
        self.plain(file.thumbnail.as_str());
        self.raw(",\"url\":");
        self.url(view.thumbnail.as_ref());
        let (width, height) = match file.thumbnail {
            ThumbnailState::Ready { width, height, .. } => (Some(width), Some(height)),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
        };
        self.raw(",\"width\":");
        self.value(&width)?;
        self.raw(",\"height\":");
        self.value(&height)?;
        self.raw("},\"download\":{\"url\":");
        self.url(Some(&view.download));
        self.raw(",\"expires_at\":");
        self.time(view.expires_at);
        self.raw("}}");
        Ok(())
    }

    fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> serde_json::Result<()> {
        serde_json::to_writer(&mut self.0, value)
    }

    /// A text without characters that JSON escapes.
    fn plain(&mut self, text: &str) {
        self.0.push(b'"');
        self.raw(text);
        self.0.push(b'"');
    }

    fn url(&mut self, url: Option<&SignedUrl>) {
        match url {
            Some(url) => self.plain(url.expose()),
            None => self.raw("null"),
        }
    }

    fn hash(&mut self, hash: Option<Sha256>) {
        let Some(hash) = hash else { return self.raw("null") };
        self.0.push(b'"');
        for byte in hash.as_bytes() {
            self.0.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        self.0.push(b'"');
    }

    /// RFC 3339 in UTC with microseconds and `Z`.
    fn time(&mut self, moment: Timestamp) {
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
                self.0.push(HEX[(number / 10_u32.pow(place) % 10) as usize]);
            }
        }
        self.raw("Z\"");
    }
}

#[cfg(test)]
mod tests;
