//! The head of a part of a form (RFC 7578): its `Content-Disposition` and its type.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use fm_domain::body::BodyError;
use fm_domain::files::MediaType;
use percent_encoding::percent_decode_str;

/// The head of a part.
#[derive(Debug)]
pub(super) struct PartHead {
    /// The name of the field that it is for.
    pub(super) field: String,
    /// The file name that the client gives: `filename*`, or else `filename`.
    pub(super) filename: Option<String>,
    /// Its other headers, as far as they are any.
    pub(super) headers: HeaderMap,
}

const BROKEN: BodyError = BodyError::Malformed("the head of a part is broken");

impl PartHead {
    /// Reads the lines of a head. It must have a `Content-Disposition: form-data` with a name.
    pub(super) fn parse(head: &[u8]) -> Result<Self, BodyError> {
        let head = std::str::from_utf8(head).map_err(|_bytes| BROKEN)?;
        let mut disposition = None;
        let mut headers = HeaderMap::new();
        for line in head.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(BROKEN)?;
            if name.eq_ignore_ascii_case("content-disposition") {
                disposition = Some(value.trim_matches([' ', '\t']));
            } else if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim()))
            {
                headers.append(name, value);
            }
        }
        let disposition = disposition.ok_or(BROKEN)?;
        let kind = disposition.split(';').next().unwrap_or(disposition);
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return Err(BROKEN);
        }
        let parameters = parameters(disposition);
        let field = find(&parameters, "name").ok_or(BROKEN)?.to_owned();
        let extended = find(&parameters, "filename*").and_then(extended);
        let filename = extended.or_else(|| find(&parameters, "filename").map(str::to_owned));
        Ok(Self { field, filename, headers })
    }

    /// The type that the client claims for the part.
    pub(super) fn claimed_type(&self) -> Option<MediaType> {
        self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
    }
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    find(&parameters(value), "boundary").map(str::to_owned)
}

fn find<'a>(parameters: &'a [(&str, String)], wanted: &str) -> Option<&'a str> {
    parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
}

/// The parameters after the disposition itself, unquoted.
fn parameters(header: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = value(after.trim_start());
        found.push((name.trim_matches([' ', '\t', ';']), value));
        rest = left;
    }
    found
}

/// A token or a quoted string, and what follows it. A backslash escapes a quote or another backslash alone: browsers
/// of old send Windows paths as they are.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_once(';').unwrap_or((text, ""));
        return (token.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => match characters.peek() {
                Some((_, escaped @ ('"' | '\\'))) => {
                    value.push(*escaped);
                    characters.next();
                }
                _ => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    (value, "")
}

/// `UTF-8'language'percent-encoded` (RFC 8187).
fn extended(value: &str) -> Option<String> {
    let mut fields = value.splitn(3, '\'');
    let charset = fields.next()?;
    let _language = fields.next()?;
    let text = percent_decode_str(fields.next()?);
    if charset.eq_ignore_ascii_case("utf-8") {
        text.decode_utf8().ok().map(std::borrow::Cow::into_owned)
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(text.map(char::from).collect())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use super::PartHead;

    fn read(disposition: &str) -> Option<String> {
        PartHead::parse(format!("Content-Disposition: {disposition}").as_bytes()).unwrap().filename
    }

    #[test]
    fn names_are_read_as_clients_write_them() {
        assert_eq!(read(r#"form-data; name="file"; filename="a;b=c.png""#).unwrap(), "a;b=c.png");
        assert_eq!(read(r#"form-data; filename="日本.png"; name="file""#).unwrap(), "日本.png");
        assert_eq!(read(r#"form-data; name="file"; filename="a \"b\".png""#).unwrap(), r#"a "b".png"#);
        assert_eq!(read("form-data; name=file; FileName=x.png").unwrap(), "x.png");
        assert_eq!(read(r#"form-data; name="file"; filename="C:\dir\x.png""#).unwrap(), r"C:\dir\x.png");
        assert_eq!(read(r#"form-data; name="file"; filename="C:\\dir\\x.png""#).unwrap(), r"C:\dir\x.png");
        assert_eq!(read(r#"form-data; name="file""#), None);
    }

    #[test]
    fn the_extended_name_wins() {
        let both = r#"form-data; name="file"; filename="e.png"; filename*=UTF-8''%C3%A9.png"#;
        assert_eq!(read(both).unwrap(), "é.png");
        assert_eq!(read("form-data; name=f; filename*=iso-8859-1'en'%E9.png").unwrap(), "é.png");
        assert_eq!(read("form-data; name=f; filename=a; filename*=klingon''x").unwrap(), "a");
    }

    #[test]
    fn a_bad_name_is_still_a_name() {
        assert_eq!(read("form-data; name=f; filename=\"a\0b\nc\"").unwrap(), "a\0b\nc");
    }

    #[test]
    fn a_head_must_say_which_field_it_is_for() {
        for head in [
            &b""[..],
            b"Content-Type: text/plain",
            b"Content-Disposition: form-data",
            b"Content-Disposition: attachment; name=a",
            b"no header",
            b"Content-Disposition: form-data; name=\xff",
        ] {
            assert!(PartHead::parse(head).is_err(), "{head:?}");
        }
    }
}
