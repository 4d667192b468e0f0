//! `Upload-Metadata`: keys, and their values in base64.

use std::collections::BTreeMap;

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fm_domain::files::{FileName, MediaType};

use super::UPLOAD_METADATA;
use crate::input::{bad_header, single};
use crate::problem::Problem;

/// The longest that is kept. A name of 255 characters takes 1360 bytes at most.
const LONGEST: usize = 8 * 1024;

/// What a client says of an upload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// What the file is to be called.
    pub(crate) name: FileName,
    /// What it is to be; as with every upload, what is no media type says nothing.
    pub(crate) claimed_type: Option<MediaType>,
    /// All of it, as it came.
    pub(crate) text: String,
}

impl Metadata {
    /// Reads it. 400 where it is not what tus says, 422 where `filename` is missing or names no file.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = single(headers, &UPLOAD_METADATA)?.unwrap_or_default();
        if text.len() > LONGEST {
            return Err(bad_header(&UPLOAD_METADATA, "is too long"));
        }
        let mut values = values(text).map_err(|detail| bad_header(&UPLOAD_METADATA, detail))?;
        let refused = |detail: String| Problem::invalid("/filename", detail);
        let name = values.remove("filename").ok_or_else(|| refused("is required".to_owned()))?;
        let name = String::from_utf8(name).map_err(|_bytes| refused("must be UTF-8".to_owned()))?;
        let claimed_type = values.remove("filetype").and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Self {
            name: name.parse().map_err(|invalid| refused(format!("{invalid}")))?,
            claimed_type: claimed_type.and_then(|text| text.parse().ok()),
            text: text.to_owned(),
        })
    }
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

    use super::*;
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
        assert_eq!(metadata.text, text);
    }

    #[test]
    fn what_is_no_type_says_nothing() {
        for text in ["filename YQ==,filetype", "filename YQ==,filetype YQ==", "filename YQ==,filetype /w=="] {
            assert_eq!(read(text).unwrap().claimed_type, None, "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_malformed() {
        let long = format!("filename YQ==,a {}", "YWFh".repeat(2048));
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
