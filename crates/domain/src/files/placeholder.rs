//! What stands in for a picture until it is loaded.

use std::fmt;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

/// A ThumbHash: a blurred picture in 1 to 28 bytes, with its aspect ratio, mean colour and opacity
/// (<https://evanw.github.io/thumbhash/>).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Placeholder {
    /// Zero after the length.
    bytes: [u8; Self::MAX_BYTES],
    length: usize,
}

impl Placeholder {
    /// More than any ThumbHash has.
    pub const MAX_BYTES: usize = 28;

    /// Takes the bytes of a hash; `None` when there are none, or too many.
    #[must_use]
    pub fn new(hash: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX_BYTES];
        let length = hash.len();
        bytes.get_mut(..length).filter(|room| !room.is_empty())?.copy_from_slice(hash);
        Some(Self { bytes, length })
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let most_digits = Self::MAX_BYTES.div_ceil(3) * 4;
        let text = Some(text).filter(|text| text.len() <= most_digits)?;
        Self::new(&STANDARD.decode(text).ok()?)
    }

    /// The bytes of the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Base64 (RFC 4648, section 4).
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(self.as_bytes(), &STANDARD).fmt(f)
    }
}

impl fmt::Debug for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Placeholder({self})")
    }
}

#[cfg(test)]
mod tests;
