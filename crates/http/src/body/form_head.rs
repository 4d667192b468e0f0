//! The head of a part of a form (RFC 7578): its `Content-Disposition` and its type.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use fm_domain::body::BodyError;
use fm_domain::files::MediaType;
use memchr::memmem::Finder;
use percent_encoding::percent_decode_str;

use crate::input::has_content_coding;

/// The head of a part.
#[derive(Debug)]
pub(super) struct PartHead {
    /// The name of the field that it is for.
    pub(super) field: String,
    /// The file name that the client gives.
    pub(super) filename: Option<GivenName>,
    /// Its other headers, as far as they are any.
    pub(super) headers: HeaderMap,
}

/// A file name as a client gives it: `filename*`, or else `filename`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GivenName {
    /// A text, which need not be a good name.
    Text(String),
    /// Bytes in another encoding than UTF-8, which only the client knows.
    NotUtf8,
}

const BROKEN: BodyError = BodyError::Malformed("the head of a part is broken");
const TWICE: BodyError =
    BodyError::Malformed("the head of a part names its field, its file or its type twice");
const ENCODED: BodyError = BodyError::Malformed(
    "a part has a Content-Transfer-Encoding or a Content-Encoding, which is not decoded: send its bytes as they are",
);

const CONTENT_TRANSFER_ENCODING: HeaderName = HeaderName::from_static("content-transfer-encoding");

/// What browsers and their imitators write instead of these characters in the names of a form (WHATWG HTML, "multipart
/// form data"). They escape no percent sign, so nothing else is undone: `%20` may be part of a name.
const ESCAPES: [(&str, &str); 3] = [("%22", "\""), ("%0D", "\r"), ("%0A", "\n")];

impl PartHead {
    /// Reads the lines of a head. It must have a `Content-Disposition: form-data` with a name. What is given twice is refused:
    /// readers differ in which one counts.
    pub(super) fn parse(head: &[u8]) -> Result<Self, BodyError> {
        let mut disposition = None;
        let mut headers = HeaderMap::new();
        for line in lines(head) {
            let colon = line.iter().position(|byte| *byte == b':').ok_or(BROKEN)?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"content-disposition") {
                if disposition.replace(value.to_vec()).is_some() {
                    return Err(TWICE);
                }
            } else if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
            {
                headers.append(name, value);
            }
        }
        let disposition = disposition.ok_or(BROKEN)?;
        let kind = disposition.split(|byte| *byte == b';').next().unwrap_or_default();
        if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
            return Err(BROKEN);
        }
        if is_encoded(&headers) {
            return Err(ENCODED);
        }
        let parameters = parameters(&disposition);
        let twice = |wanted| find_all(&parameters, wanted).count() > 1;
        if ["name", "filename", "filename*"].into_iter().any(twice)
            || headers.get_all(header::CONTENT_TYPE).count() > 1
        {
            return Err(TWICE);
        }
        let field =
            find(&parameters, "name").and_then(|name| std::str::from_utf8(name).ok()).ok_or(BROKEN)?;
        let extended = find(&parameters, "filename*").and_then(extended).map(GivenName::Text);
        let filename = extended.or_else(|| find(&parameters, "filename").map(GivenName::of));
        Ok(Self { field: unescaped(field), filename, headers })
    }

    /// The type that the client claims for the part.
    pub(super) fn claimed_type(&self) -> Option<MediaType> {
        self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
    }
}

impl GivenName {
    fn of(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::NotUtf8, |text| Self::Text(unescaped(text)))
    }
}

fn unescaped(text: &str) -> String {
    ESCAPES.iter().fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

/// The lines of a head; one that begins with white space goes on with the line before (RFC 5322, section 2.2.3).
fn lines(head: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let line_break = Finder::new(b"\r\n");
    let mut rest = head;
    while !rest.is_empty() {
        let end = line_break.find(rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[], |end| &rest[end + 2..]);
        match lines.last_mut() {
            Some(before) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                before.push(b' ');
                before.extend_from_slice(line.trim_ascii());
            }
            _ if line.is_empty() => {}
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// Whether the bytes of a part stand for others (RFC 2045, section 6; RFC 9110, section 8.4).
fn is_encoded(headers: &HeaderMap) -> bool {
    let transfer = headers.get_all(CONTENT_TRANSFER_ENCODING).any(|value| {
        let plain: [&[u8]; 4] = [b"7bit", b"8bit", b"binary", b""];
        !plain.iter().any(|name| value.as_bytes().trim_ascii().eq_ignore_ascii_case(name))
    });
    transfer || has_content_coding(headers)
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let parameters = parameters(value.as_bytes());
    let mut boundaries = find_all(&parameters, "boundary");
    let boundary = boundaries.next()?.to_vec();
    // Of two, another reader of the form may take the other one.
    boundaries.next().is_none().then(|| String::from_utf8(boundary).ok())?
}

fn find<'a>(parameters: &'a [(&[u8], Vec<u8>)], wanted: &'a str) -> Option<&'a [u8]> {
    find_all(parameters, wanted).next()
}

fn find_all<'a>(parameters: &'a [(&[u8], Vec<u8>)], wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let is_wanted = move |name: &[u8]| name.eq_ignore_ascii_case(wanted.as_bytes());
    parameters.iter().filter(move |(name, _)| is_wanted(name)).map(|(_, value)| value.as_slice())
}

/// The parameters after the disposition itself, unquoted.
fn parameters(header: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = split_once(header, b';').map_or(&b""[..], |(_, rest)| rest);
    while let Some((name, after)) = split_once(rest, b'=') {
        let (value, left) = value(after.trim_ascii_start());
        let name = name.rsplit(|byte| *byte == b';').next().unwrap_or(name);
        found.push((name.trim_ascii(), value));
        rest = left;
    }
    found
}

fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == at)?;
    Some((&text[..position], &text[position + 1..]))
}

/// A token or a quoted string, and what follows it. A backslash escapes a quote or another backslash alone: browsers
/// of old send Windows paths as they are.
fn value(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let (token, rest) = split_once(text, b';').unwrap_or((text, b""));
        return (token.trim_ascii().to_vec(), rest);
    };
    let mut value = Vec::new();
    let mut bytes = quoted.iter().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return (value, &quoted[at + 1..]),
            b'\\' => match bytes.peek() {
                Some((_, escaped @ (b'"' | b'\\'))) => {
                    value.push(**escaped);
                    bytes.next();
                }
                _ => value.push(b'\\'),
            },
            other => value.push(*other),
        }
    }
    (value, b"")
}

/// `UTF-8'language'percent-encoded` (RFC 8187).
fn extended(value: &[u8]) -> Option<String> {
    let mut fields = std::str::from_utf8(value).ok()?.splitn(3, '\'');
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
mod tests;
