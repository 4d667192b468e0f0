//! Names with a number: what an item is called where its own name is taken.

use super::FileName;

/// Where the number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Of files: before the extension, `report (2).pdf`. The extension is what follows the last dot of a name that does not
    /// begin with it; of an archive that is packed as a whole, `.tar` belongs to it: `backup (2).tar.gz`.
    BeforeExtension,
    /// Of folders: at the end, `v1.2 (2)`.
    AtEnd,
}

impl FileName {
    /// The name with this number: `report (2).pdf`. The stem is cut where the whole would be longer than
    /// [`FileName::MAX_CHARS`] characters, and the extension too where it alone leaves no room.
    #[must_use]
    pub fn numbered(&self, number: u64, numbering: Numbering) -> Self {
        let (stem, extension) = self.around(number.checked_ilog10().unwrap_or(0) + 1, numbering);
        // Nothing composes across the joints: the parts of a name in NFC are in NFC, and a space, a bracket and a dot stand between them.
        Self(format!("{stem} ({number}){extension}"))
    }

    /// The number from 2 on with which this name is `numbered`, in any case; none where that is another name.
    #[must_use]
    pub fn number_of(&self, numbered: &Self, numbering: Numbering) -> Option<u64> {
        let key = numbered.search_key();
        // The stem and the extension may have brackets with numbers too.
        key.split(" (").skip(1).find_map(|rest| {
            let (digits, _) = rest.split_once(')')?;
            let number = digits.parse::<u64>().ok().filter(|number| *number >= 2)?;
            (self.numbered(number, numbering).search_key() == key).then_some(number)
        })
    }

    /// What stands before and after a number of so many digits, without the space and the brackets.
    fn around(&self, digits: u32, numbering: Numbering) -> (String, String) {
        let (stem, whole) = match numbering {
            Numbering::BeforeExtension => split(&self.0),
            Numbering::AtEnd => (self.0.as_str(), ""),
        };
        let room = Self::MAX_CHARS.saturating_sub(" ()".len() + digits as usize);
        // One character of the stem stays, or the name would begin with a space.
        let mut extension: String = whole.chars().take(room.saturating_sub(1)).collect();
        if extension.len() < whole.len() {
            // Nothing that not every system holds at the end of a name is left there.
            extension.truncate(extension.trim_end_matches(['.', ' ']).len());
        }
        let room = room.saturating_sub(extension.chars().count());
        (stem.chars().take(room).collect(), extension)
    }
}

/// Stem and extension, which has its dot; no extension where the name has none.
fn split(name: &str) -> (&str, &str) {
    let Some(dot) = name.rfind('.').filter(|dot| *dot > 0 && dot + 1 < name.len()) else { return (name, "") };
    let (stem, _) = name.split_at(dot);
    let packed = stem.len().checked_sub(".tar".len()).filter(|inner| *inner > 0);
    let inner = packed.filter(|inner| {
        // Where that is no boundary of characters it is no `.tar` either.
        stem.get(*inner..).is_some_and(|last| last.eq_ignore_ascii_case(".tar"))
    });
    name.split_at(inner.unwrap_or(dot))
}

#[cfg(test)]
mod tests;
