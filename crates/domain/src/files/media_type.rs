//! Media types (RFC 9110, section 8.3.1), without parameters but the charset of texts.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::Charset;

/// A media type in lower case: `image/png`, at most 255 bytes. Of parameters only the charset of a text is kept:
/// `text/plain; charset=utf-8`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaType {
    essence: Cow<'static, str>,
    charset: Option<Charset>,
}

/// The text is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a media type")]
pub struct InvalidMediaType;

impl MediaType {
    /// `application/octet-stream`: bytes, and nothing said of them.
    #[must_use]
    pub fn octet_stream() -> Self {
        Self { essence: Cow::Borrowed("application/octet-stream"), charset: None }
    }

    /// `image/jpeg`: what previews of opaque pictures are.
    #[must_use]
    pub const fn jpeg() -> Self {
        Self { essence: Cow::Borrowed("image/jpeg"), charset: None }
    }

    /// `image/png`: what thumbnails are.
    #[must_use]
    pub const fn png() -> Self {
        Self { essence: Cow::Borrowed("image/png"), charset: None }
    }

    /// The type of a row in our own database, where only types are written: it is not checked again. For the database adapters' rows of
    /// files alone, which `cargo xtask check` sees to; any other text is parsed.
    #[must_use]
    pub fn from_trusted(essence: String, charset: Option<Charset>) -> Self {
        Self { essence: Cow::Owned(essence), charset: None }.or_charset(charset)
    }

    /// The type as text, without parameters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.essence
    }

    /// How a text is read, where that is known.
    #[must_use]
    pub const fn charset(&self) -> Option<&Charset> {
        self.charset.as_ref()
    }

    /// Whether it is a text whose charset is not known. One that a browser would run is never handed to it as a text.
    #[must_use]
    pub fn lacks_charset(&self) -> bool {
        self.charset.is_none() && self.family() == "text" && !self.is_active()
    }

    /// The type with this charset, where it lacks one.
    #[must_use]
    pub fn or_charset(self, charset: Option<Charset>) -> Self {
        if self.lacks_charset() { Self { charset, ..self } } else { self }
    }

    /// What is before the slash: `image`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.essence.split_once('/').map_or(self.as_str(), |(family, _)| family)
    }

    /// Whether a browser or a mail program would act on what is in it: HTML, XML of any kind, SVG, scripts, messages, and
    /// bodies of several parts, each of which has a type of its own. Forms are what browsers send, and nothing they act on.
    #[must_use]
    pub fn is_active(&self) -> bool {
        let subtype = self.essence.split_once('/').map_or("", |(_, subtype)| subtype);
        self.family() == "message"
            || (self.family() == "multipart" && subtype != "form-data")
            || subtype.ends_with("+xml")
            || matches!(subtype, "html" | "xml" | "xhtml" | "xsl" | "xslt" | "hta")
            || subtype.contains("javascript")
            || subtype.contains("ecmascript")
            || subtype.contains("jscript")
            || subtype.contains("livescript")
            || subtype.contains("xml-dtd")
            || subtype.contains("xml-external")
            || matches!(
                self.as_str(),
                "text/cache-manifest" | "text/css" | "text/rfc822-headers" | "application/wasm"
            )
            || matches!(subtype, "x-shockwave-flash" | "x-mimearchive" | "vnd.mozilla.xul")
    }

    /// Whether it may be shown inside a browser: raster images, PDF, plain text, audio and video.
    #[must_use]
    pub fn may_be_inline(&self) -> bool {
        !self.is_active()
            && (matches!(self.family(), "audio" | "video")
                || matches!(
                    self.as_str(),
                    "application/pdf"
                        | "text/plain"
                        | "image/jpeg"
                        | "image/png"
                        | "image/gif"
                        | "image/webp"
                        | "image/bmp"
                        | "image/tiff"
                        | "image/avif"
                        | "image/heif"
                        | "image/heic"
                        | "image/jxl"
                        | "image/vnd.microsoft.icon"
                        | "image/x-icon"
                        | "image/apng"
                ))
    }

    /// The type to hand to storage and browsers: the type itself, or `application/octet-stream` for one that a
    /// browser would run.
    #[must_use]
    pub fn safe(&self) -> Self {
        if self.is_active() { Self::octet_stream() } else { self.clone() }
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Reads `type/subtype`; parameters after `;` are dropped, but for the charset of a text.
impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(text: &str) -> Result<Self, InvalidMediaType> {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim();
        match essence.split_once('/') {
            Some((family, subtype))
                if essence.len() <= 255
                    && is_token(family)
                    && is_token(subtype)
                    && !essence.contains('*') =>
            {
                let bare = Self { essence: Cow::Owned(essence.to_ascii_lowercase()), charset: None };
                Ok(bare.or_charset(charset_of(parameters)))
            }
            _ => Err(InvalidMediaType),
        }
    }
}

/// The first `charset` among parameters; its value may be quoted.
fn charset_of(parameters: &str) -> Option<Charset> {
    let mut named = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let value = value.trim();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    unquoted.unwrap_or(value).parse().ok()
}

/// As in a header field, with the charset.
impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)?;
        match &self.charset {
            Some(charset) => write!(f, "; charset={charset}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
