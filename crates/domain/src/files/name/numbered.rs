//! Names with a number: what an item is called where its own name is taken.

use std::ops::RangeInclusive;

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

/// The keys that a name has with numbers of so many digits: they differ in the number alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedKeys {
    before: String,
    after: String,
    digits: u32,
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

    /// The [keys](Self::search_key) of the names with numbers of so many digits.
    #[must_use]
    pub fn numbered_keys(&self, digits: u32, numbering: Numbering) -> NumberedKeys {
        let (stem, extension) = self.around(digits, numbering);
        let (before, after) = (Self::fold(&format!("{stem} (")), Self::fold(&format!("){extension}")));
        NumberedKeys { before, after, digits }
    }

    /// What stands before and after a number of so many digits, without the space and the brackets.
    fn around(&self, digits: u32, numbering: Numbering) -> (String, String) {
        let (stem, extension) = match numbering {
            Numbering::BeforeExtension => split(&self.0),
            Numbering::AtEnd => (self.0.as_str(), ""),
        };
        let room = Self::MAX_CHARS.saturating_sub(" ()".len() + digits as usize);
        // One character of the stem stays, or the name would begin with a space.
        let extension: String = extension.chars().take(room.saturating_sub(1)).collect();
        let room = room.saturating_sub(extension.chars().count());
        (stem.chars().take(room).collect(), extension)
    }
}

impl NumberedKeys {
    /// What stands before the number.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.before
    }

    /// What stands after it: a bracket at least.
    #[must_use]
    pub fn after(&self) -> &str {
        &self.after
    }

    /// How many digits the number has: 1 to 18.
    #[must_use]
    pub const fn digits(&self) -> u32 {
        self.digits
    }

    /// The numbers of so many digits, from 2 on. In the order of code points their keys are in the order of the numbers.
    #[must_use]
    pub const fn numbers(&self) -> RangeInclusive<u64> {
        let first = 10_u64.pow(self.digits - 1);
        let lowest = if first < 2 { 2 } else { first };
        let highest = 10 * first - 1;
        lowest..=highest
    }

    /// The key of the name with this number, which is one of [`numbers`](Self::numbers).
    #[must_use]
    pub fn key(&self, number: u64) -> String {
        format!("{}{number}{}", self.before, self.after)
    }

    /// The number of the name that has this key; none where it is the key of another name.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let digits = key.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let number =
            digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse::<u64>().ok())??;
        // No number is written with zeros before it.
        (self.numbers().contains(&number) && digits.len() == self.digits as usize).then_some(number)
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
