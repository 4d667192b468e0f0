//! Names of files and folders.

mod numbered;
mod portable;

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::invisible;

pub use numbered::Numbering;
pub use portable::NotPortable;

/// The name of a file or folder: 1 to 255 characters after normalisation to NFC, any Unicode but control characters (Cc), `/` and
/// `\`; not `.`, `..` or white space alone. New names have no invisible characters either but where they shape the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// Why a text is no name for a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFileName {
    /// Nothing, or white space alone.
    #[error("must not be blank")]
    Blank,
    /// More than 255 characters.
    #[error("must be at most 255 characters")]
    TooLong,
    /// A control character.
    #[error("must not contain control characters")]
    Control,
    /// A character that shows nothing, or turns the direction of the text: it makes names look like others.
    #[error("must not contain the invisible character U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// A path separator.
    #[error("must not contain / or \\")]
    Separator,
    /// `.` or `..`.
    #[error("must not be . or ..")]
    Dots,
}

/// No text above this many bytes can be 255 characters after NFC.
const LONGEST: usize = 255 * 64;

impl FileName {
    /// The most characters.
    pub const MAX_CHARS: usize = 255;

    /// A name as it was stored: invisible characters were accepted at first, and such files stay readable.
    pub fn from_stored(text: &str) -> Result<Self, InvalidFileName> {
        if text.len() > LONGEST {
            return Err(InvalidFileName::TooLong);
        }
        let name: String = text.nfc().collect();
        if name.trim().is_empty() && !name.chars().any(char::is_control) {
            return Err(InvalidFileName::Blank);
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidFileName::Control);
        }
        if name.contains(['/', '\\']) {
            return Err(InvalidFileName::Separator);
        }
        if name == "." || name == ".." {
            return Err(InvalidFileName::Dots);
        }
        if name.chars().count() > Self::MAX_CHARS {
            return Err(InvalidFileName::TooLong);
        }
        Ok(Self(name))
    }

    /// The name of a row in our own database, where only names are written: it is neither checked nor normalised again. For the database
    /// adapters' rows of files alone, which `cargo xtask check` sees to; any other text is parsed.
    #[must_use]
    pub const fn from_trusted(text: String) -> Self {
        Self(text)
    }

    /// The name with this for its last extension, which is of ASCII letters; a name that this makes too long stays as it is.
    #[must_use]
    pub fn with_extension(&self, extension: &'static str) -> Self {
        let stem = self.0.rsplit_once('.').map_or(self.as_str(), |(stem, _)| stem);
        // What is added composes with nothing before it, and leaves neither a blank name nor dots alone.
        let name = format!("{stem}.{extension}");
        if name.chars().count() > Self::MAX_CHARS { self.clone() } else { Self(name) }
    }

    /// The name of the last segment of a path, as browsers put one into a form's `filename`.
    pub fn from_path(path: &str) -> Result<Self, InvalidFileName> {
        path.rsplit(['/', '\\']).next().unwrap_or(path).parse()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What names are sorted by: their lower case, by code point.
    #[must_use]
    pub fn sort_key(&self) -> String {
        self.0.to_lowercase()
    }

    /// What names are searched by, and what makes two names of one folder the same.
    #[must_use]
    pub fn search_key(&self) -> String {
        Self::fold(&self.0)
    }

    /// Makes two spellings of one text equal, in any case of any script: NFC, lower, upper and lower case, each
    /// character for itself. (The capital ẞ has no way to `ss` but through its lower case.)
    #[must_use]
    pub fn fold(text: &str) -> String {
        let folded: String = text
            .nfc()
            .flat_map(char::to_lowercase)
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .collect();
        folded.nfc().collect()
    }
}

/// A name for a file.
impl FromStr for FileName {
    type Err = InvalidFileName;

    fn from_str(text: &str) -> Result<Self, InvalidFileName> {
        let name = Self::from_stored(text)?;
        match invisible::find(&name.0) {
            Some(character) => Err(InvalidFileName::Invisible(character)),
            None => Ok(name),
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
