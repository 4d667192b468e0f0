//! Media types (RFC 9110, section 8.3.1), without parameters.

use std::fmt;
use std::str::FromStr;

/// A media type in lower case, without parameters: `image/png`. At most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// The text is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a media type")]
pub struct InvalidMediaType;

impl MediaType {
    /// `application/octet-stream`: bytes, and nothing said of them.
    #[must_use]
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// The type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is before the slash: `image`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(family, _)| family)
    }

    /// Whether a browser would run it: HTML, XML of any kind, SVG, scripts.
    #[must_use]
    pub fn is_active(&self) -> bool {
        let subtype = self.0.split_once('/').map_or("", |(_, subtype)| subtype);
        subtype.ends_with("+xml")
            || matches!(subtype, "html" | "xml" | "xhtml" | "xsl" | "xslt" | "hta")
            || subtype.contains("javascript")
            || subtype.contains("ecmascript")
            || subtype.contains("jscript")
            || subtype.contains("livescript")
            || subtype.contains("xml-dtd")
            || subtype.contains("xml-external")
            || matches!(
                self.as_str(),
                "text/cache-manifest" | "text/css" | "application/wasm" | "multipart/related"
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

/// Reads `type/subtype`; parameters after `;` are dropped.
impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(text: &str) -> Result<Self, InvalidMediaType> {
        let essence = text.split(';').next().unwrap_or(text).trim();
        match essence.split_once('/') {
            Some((family, subtype))
                if essence.len() <= 255
                    && is_token(family)
                    && is_token(subtype)
                    && !essence.contains('*') =>
            {
                Ok(Self(essence.to_ascii_lowercase()))
            }
            _ => Err(InvalidMediaType),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
