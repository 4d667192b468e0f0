//! `Upload-Metadata`: keys, and their values in base64.

use std::collections::BTreeMap;

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileName, InvalidFileName, MediaType};
use fm_domain::tree::TreePath;

use super::UPLOAD_METADATA;
use crate::input::{PlacingFields, bad_header, moment, single, unix_millis, unix_seconds};
use crate::problem::Problem;

/// The longest that is kept. A name of 255 characters takes 1360 bytes at most, a path of 16 KiB a third more than that.
const LONGEST: usize = 32 * 1024;

/// What clients in JavaScript write for nothing.
const NOTHING: [&str; 3] = ["", "null", "undefined"];

/// What a client says of an upload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// What the file is to be called.
    pub(crate) name: FileName,
    /// What it is to be; as with every upload, what is no media type says nothing.
    pub(crate) claimed_type: Option<MediaType>,
    /// Where the file goes.
    pub(crate) fields: PlacingFields,
    /// All of it, as it came.
    pub(crate) text: String,
}

impl Metadata {
    /// Reads it. 400 where it is not what tus says, 422 where `filename` is missing or names no file, or another value can't be used.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = single(headers, &UPLOAD_METADATA)?.unwrap_or_default();
        if text.len() > LONGEST {
            return Err(bad_header(&UPLOAD_METADATA, "is too long"));
        }
        let mut values = values(text).map_err(|detail| bad_header(&UPLOAD_METADATA, detail))?;
        let name = values.remove("filename").ok_or_else(|| refused("filename", "is required"))?;
        let name = String::from_utf8(name).map_err(|_bytes| refused("filename", "must be UTF-8"))?;
        let claimed_type = values.remove("filetype").and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Self {
            name: name
                .parse()
                .map_err(|invalid: InvalidFileName| refused("filename", invalid.to_string()))?,
            claimed_type: claimed_type.and_then(|text| text.parse().ok()),
            fields: placing_fields(&mut values)?,
            text: text.to_owned(),
        })
    }
}

/// Where the file goes: by our own names, else by those that clients have. Uppy sends `relativePath`, the path in the folder that was
/// dropped, the name at its end; `lastModified` is the time of a file in a browser, `mtime` that of a sync client.
fn placing_fields(values: &mut BTreeMap<&str, Vec<u8>>) -> Result<PlacingFields, Problem> {
    let mut take = |key: &str| -> Result<Option<String>, Problem> {
        let Some(value) = values.remove(key) else { return Ok(None) };
        let text = String::from_utf8(value).map_err(|_bytes| refused(key, "must be UTF-8"))?;
        Ok(Some(text).filter(|text| !NOTHING.contains(&text.as_str())))
    };
    let mut fields = PlacingFields::default();
    for key in PlacingFields::NAMES {
        if let Some(text) = take(key)? {
            fields.set(key, &text).map_err(|wrong| refused(key, wrong))?;
        }
    }
    let (relative, mtime, last_modified) = (take("relativePath")?, take("mtime")?, take("lastModified")?);
    if let Some(text) = relative.filter(|_| fields.path.is_none()) {
        let folders = text.rsplit_once('/').map_or("", |(folders, _)| folders);
        let path =
            TreePath::parse(folders).map_err(|invalid| refused("relativePath", invalid.to_string()))?;
        fields.path = Some(path);
    }
    if let Some(text) = mtime.filter(|_| fields.modified_at.is_none()) {
        fields.modified_at = Some(mtime_of(&text)?);
    }
    if let Some(text) = last_modified.filter(|_| fields.modified_at.is_none()) {
        let wrong = || refused("lastModified", "must be milliseconds since 1970");
        fields.modified_at = Some(unix_millis(&text).ok_or_else(wrong)?);
    }
    Ok(fields)
}

fn mtime_of(text: &str) -> Result<Timestamp, Problem> {
    let wrong = || refused("mtime", "must be seconds since 1970, or a moment of RFC 3339");
    unix_seconds(text).or_else(|| moment(text).ok()).ok_or_else(wrong)
}

fn refused(key: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(format!("/{key}"), detail)
}

/// The pairs. A value may be left out, and then the space too.
fn values(text: &str) -> Result<BTreeMap<&str, Vec<u8>>, &'static str> {
    let mut values = BTreeMap::new();
    if text.trim().is_empty() {
        return Ok(values);
    }
    for pair in text.split(',').map(str::trim) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() {
            return Err("has an empty key");
        }
        let value = STANDARD.decode(value.trim()).map_err(|_not_base64| "has a value that is not base64")?;
        if values.insert(key, value).is_some() {
            return Err("has a key twice");
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::HeaderValue;
    use fm_fuzzing::changed_lines;
    use proptest::prelude::*;

    use fm_domain::tree::OnConflict;

    use super::*;
    use crate::input::ItemRef;
    use crate::problem::Code;

    fn read(text: &str) -> Result<Metadata, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(UPLOAD_METADATA, HeaderValue::from_str(text).unwrap());
        Metadata::of(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn a_name_and_a_type_are_read_and_the_rest_is_kept() {
        let text = "filename Y2Fmw6kucG5n,filetype aW1hZ2UvcG5n , relativePath bnVsbA==,empty,bare ";
        let metadata = read(text).unwrap();
        assert_eq!(metadata.name.as_str(), "café.png");
        assert_eq!(metadata.claimed_type.unwrap().as_str(), "image/png");
        assert_eq!(metadata.fields, PlacingFields::default());
        assert_eq!(metadata.text, text);
    }

    fn placed(values: &[(&str, &str)]) -> Result<PlacingFields, Code> {
        let pairs = values.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
        read(&std::iter::once("filename YQ==".to_owned()).chain(pairs).collect::<Vec<_>>().join(","))
            .map(|metadata| metadata.fields)
    }

    #[test]
    fn a_file_is_placed_by_our_own_keys_and_by_those_of_clients() {
        let path = |text: &str| Some(TreePath::parse(text).unwrap());
        let at = |seconds| Some(Timestamp::from_unix_seconds(seconds));
        let fields =
            placed(&[("parent_id", "root"), ("on_conflict", "fail"), ("strict_parent", "true")]).unwrap();
        assert_eq!((fields.parent, fields.on_conflict), (Some(ItemRef::Root), Some(OnConflict::Fail)));
        assert_eq!(fields.strict_parent, Some(true));
        assert_eq!(placed(&[("relativePath", "photos/2026/a.png")]).unwrap().path, path("photos/2026"));
        assert_eq!(placed(&[("relativePath", "a.png")]).unwrap().path, path(""));
        assert_eq!(placed(&[("relativePath", "x/a"), ("path", "y/z")]).unwrap().path, path("y/z"));
        for (key, text) in [("mtime", "7"), ("mtime", "1970-01-01T00:00:07Z"), ("lastModified", "7000")] {
            assert_eq!(placed(&[(key, text)]).unwrap().modified_at, at(7), "{key} {text}");
        }
        assert_eq!(placed(&[("lastModified", "9000"), ("mtime", "7")]).unwrap().modified_at, at(7));
    }

    #[test]
    fn what_javascript_writes_for_nothing_says_nothing() {
        for nothing in NOTHING {
            let keys = ["parent_id", "path", "on_conflict", "relativePath", "mtime", "lastModified"];
            let fields = placed(&keys.map(|key| (key, nothing))).unwrap();
            assert_eq!(fields, PlacingFields::default(), "{nothing}");
        }
    }

    #[test]
    fn places_that_can_not_be_used_are_refused() {
        for (key, text) in [
            ("path", "a/../b"),
            ("relativePath", "../a"),
            ("on_conflict", "reuse"),
            ("strict_parent", "perhaps"),
            ("modified_at", "7"),
            ("mtime", "yesterday"),
            ("lastModified", "NaN"),
        ] {
            assert_eq!(placed(&[(key, text)]), Err(Code::ValidationFailed), "{key} {text}");
        }
    }

    #[test]
    fn what_is_no_type_says_nothing() {
        for text in ["filename YQ==,filetype", "filename YQ==,filetype YQ==", "filename YQ==,filetype /w=="] {
            assert_eq!(read(text).unwrap().claimed_type, None, "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_malformed() {
        let long = format!("filename YQ==,a {}", "YWFh".repeat(8192));
        for text in
            ["filename YQ==,,a YQ==", "filename YQ==,filename YQ==", "filename !", &long, "a b c", ","]
        {
            assert_eq!(read(text), Err(Code::MalformedRequest), "{text}");
        }
    }

    const FIELDS: &str = include_str!("../../corpus/tus-metadata.txt");

    proptest! {
        #[test]
        fn any_name_comes_through(text in "\\PC{1,80}", claimed in "[a-z]{1,9}/[a-z]{1,9}") {
            let fields = format!("filename {},filetype {}", STANDARD.encode(&text), STANDARD.encode(&claimed));
            if let Ok(name) = text.parse::<FileName>() {
                let metadata = read(&fields).unwrap();
                prop_assert_eq!(metadata.name, name);
                prop_assert_eq!(metadata.claimed_type, claimed.parse().ok());
            } else {
                prop_assert_eq!(read(&fields), Err(Code::ValidationFailed));
            }
        }

        #[test]
        fn what_is_read_of_a_changed_field_is_read_again(field in changed_lines(FIELDS)) {
            let Ok(value) = HeaderValue::from_bytes(&field) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.insert(UPLOAD_METADATA, value);
            if let Ok(metadata) = Metadata::of(&headers) {
                prop_assert!(metadata.text.len() <= LONGEST);
                let again = read(&format!("filename {}", STANDARD.encode(metadata.name.as_str()))).unwrap();
                prop_assert_eq!(again.name, metadata.name);
                prop_assert_eq!(read(&metadata.text).unwrap().claimed_type, metadata.claimed_type);
            }
        }
    }

    #[test]
    fn a_file_needs_a_name() {
        // Nothing, an empty one, one that is no UTF-8, a path.
        for text in ["", "filetype YQ==", "filename", "filename /w==", "filename YS9i"] {
            assert_eq!(read(text), Err(Code::ValidationFailed), "{text}");
        }
    }
}
