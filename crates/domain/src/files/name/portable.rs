//! Names that every system can have.

use super::FileName;

/// Why a name is not one that Windows can hold.
///
/// Source: Microsoft, "Naming Files, Paths, and Namespaces".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPortable {
    /// A character that names can't have there.
    #[error("must not contain any of < > : \" | ? *")]
    Character,
    /// A dot or a space at the end, which would be cut off there.
    #[error("must not end with a dot or a space")]
    End,
    /// The name of a device, with or without an extension.
    #[error("must not be the name of a device, such as CON or NUL")]
    Device,
}

impl FileName {
    /// Whether Windows can hold the name too.
    ///
    /// # Errors
    ///
    /// [`NotPortable`] when it can't.
    pub fn check_portable(&self) -> Result<(), NotPortable> {
        let name = self.as_str();
        if name.contains(['<', '>', ':', '"', '|', '?', '*']) {
            return Err(NotPortable::Character);
        }
        if name.ends_with(['.', ' ']) {
            return Err(NotPortable::End);
        }
        // `NUL.tar.gz` is the device as well, and so is `NUL .txt`.
        let stem = name.split_once('.').map_or(name, |(stem, _)| stem).trim_end_matches(' ');
        if is_device(&stem.to_uppercase()) { Err(NotPortable::Device) } else { Ok(()) }
    }
}

fn is_device(stem: &str) -> bool {
    if matches!(stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    // The digits of Latin-1 that are written above the line count as well.
    number.is_some_and(|number| {
        let mut digits = number.chars();
        let is_digit = |digit: char| digit.is_ascii_digit() || matches!(digit, '¹' | '²' | '³');
        digits.next().is_some_and(is_digit) && digits.next().is_none()
    })
}

#[cfg(test)]
mod tests;
