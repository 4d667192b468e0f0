//! How the bytes of a text are read: the parameter `charset` (RFC 2046, section 4.1.2).

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

/// The name of a character encoding, in lower case: `utf-8`. At most 40 bytes, as registered names have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Charset(String);

/// The text names no character encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a character encoding")]
pub struct InvalidCharset;

impl Charset {
    /// UTF-8, which US-ASCII is a part of.
    #[must_use]
    pub fn utf_8() -> Self {
        Self("utf-8".to_owned())
    }

    /// UTF-16 in the byte order that its mark tells (RFC 2781).
    #[must_use]
    pub fn utf_16() -> Self {
        Self("utf-16".to_owned())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a name. `binary` and `unknown-8bit`, by which tools say that they found none, are no names.
impl FromStr for Charset {
    type Err = InvalidCharset;

    fn from_str(text: &str) -> Result<Self, InvalidCharset> {
        let name = text.to_ascii_lowercase();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`~".contains(&byte);
        let names_none = matches!(name.as_str(), "" | "binary" | "unknown-8bit");
        if !names_none && name.len() <= 40 && name.bytes().all(is_name) {
            Ok(Self(name))
        } else {
            Err(InvalidCharset)
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Looks at the bytes of a text as they pass: whether all of them are UTF-8, or begin with the mark of UTF-16.
///
/// Between two pieces it can be stored, and continued by another process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CharsetCheck {
    seen: u64,
    finding: Finding,
    /// The bytes of a character that is not whole yet: three at most.
    pending: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Finding {
    #[default]
    Utf8,
    Utf16,
    Neither,
}

/// The bytes are no state of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no state of a check of the charset")]
pub struct InvalidCharsetCheck;

impl CharsetCheck {
    /// The charset of a whole text.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Charset> {
        let mut check = Self::default();
        check.update(text);
        check.finish()
    }

    /// How many bytes it has seen.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Looks at more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let is_mark = match (self.seen, self.pending.as_slice(), bytes) {
            (0, _, [first, second, ..]) | (1, [first], [second, ..]) => is_utf_16_mark(*first, *second),
            _ => false,
        };
        // The first half of the mark is no UTF-8; what follows decides.
        let is_half_mark = self.seen == 0 && matches!(bytes, [0xfe | 0xff]);
        self.seen += bytes.len() as u64;
        if is_mark {
            self.finding = Finding::Utf16;
            self.pending.clear();
        } else if is_half_mark {
            self.pending.extend(bytes);
        } else if self.finding == Finding::Utf8 && !self.continues_utf_8(bytes) {
            self.finding = Finding::Neither;
            self.pending.clear();
        }
    }

    /// What the bytes are, all having been seen. `None` where that can't be told.
    #[must_use]
    pub fn finish(&self) -> Option<Charset> {
        match self.finding {
            Finding::Utf8 if self.pending.is_empty() => Some(Charset::utf_8()),
            Finding::Utf16 if self.seen.is_multiple_of(2) => Some(Charset::utf_16()),
            Finding::Utf8 | Finding::Utf16 | Finding::Neither => None,
        }
    }

    fn continues_utf_8(&mut self, mut bytes: &[u8]) -> bool {
        while let (false, Some((first, rest))) = (self.pending.is_empty(), bytes.split_first()) {
            self.pending.push(*first);
            bytes = rest;
            match std::str::from_utf8(&self.pending) {
                Ok(_) => self.pending.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_needs_more) => {}
            }
        }
        let (whole, rest) = bytes.split_at(bytes.len() - unfinished(bytes));
        self.pending.extend(rest);
        simdutf8::basic::from_utf8(whole).is_ok()
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let finding = match self.finding {
            Finding::Utf8 => 0,
            Finding::Utf16 => 1,
            Finding::Neither => 2,
        };
        [&self.seen.to_be_bytes(), [finding].as_slice(), &self.pending].concat().into()
    }

    /// Reads the bytes that were stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidCharsetCheck> {
        let (seen, rest) = bytes.split_first_chunk().ok_or(InvalidCharsetCheck)?;
        let (finding, pending) = match rest {
            [0, pending @ ..] if pending.len() <= 3 => (Finding::Utf8, pending),
            [1] => (Finding::Utf16, [].as_slice()),
            [2] => (Finding::Neither, [].as_slice()),
            _ => return Err(InvalidCharsetCheck),
        };
        Ok(Self { seen: u64::from_be_bytes(*seen), finding, pending: pending.to_owned() })
    }
}

const fn is_utf_16_mark(first: u8, second: u8) -> bool {
    matches!((first, second), (0xff, 0xfe) | (0xfe, 0xff))
}

/// How many bytes at the end are the beginning of a character that is longer.
fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(3).enumerate();
    for (index, byte) in last {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => 1,
        };
        return if length > index + 1 { index + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests;
