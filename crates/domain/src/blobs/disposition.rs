//! `Content-Disposition` (RFC 6266) with names in any script (RFC 8187).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::files::{FileName, MediaType};

/// All but `attr-char` (RFC 8187, section 3.2.1).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Whether a browser shows the bytes or saves them (RFC 6266).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Shows them.
    Inline,
    /// Saves them.
    Attachment,
}

impl Disposition {
    /// `inline` or `attachment`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        }
    }

    /// `inline` only for types on the allow-list, `attachment` for any other.
    #[must_use]
    pub fn allowed_for(self, content_type: &MediaType) -> Self {
        if self == Self::Inline && content_type.may_be_inline() { self } else { Self::Attachment }
    }

    /// The value of the header field `Content-Disposition`: printable ASCII alone. The name comes twice: as a quoted
    /// string for old clients, where characters that some of them misread are `_`, and exactly as `filename*`, which
    /// all others prefer.
    #[must_use]
    pub fn header_value(self, name: &FileName) -> String {
        let plain: String = name.as_str().chars().map(plain).collect();
        let exact = utf8_percent_encode(name.as_str(), NOT_ATTR_CHAR);
        format!("{}; filename=\"{plain}\"; filename*=UTF-8''{exact}", self.as_str())
    }
}

/// The character, where every client takes it for itself inside quotes: some decode percent signs there.
fn plain(character: char) -> char {
    match character {
        '"' | '\\' | '%' => '_',
        ' '..='~' => character,
        _ => '_',
    }
}

#[cfg(test)]
mod tests;
