//! Passwords that are guessed first.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{DisplayName, Email, Password};

/// Common passwords of at least 8 characters, in NFKC and lower case, sorted by their bytes, each with a line end.
const COMMON: &str = include_str!("../../../../vendor/common-passwords/passwords.txt");

/// The rows of the keyboard that most have.
const KEYBOARD: [&str; 4] = ["`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"];

/// Why a password is refused that is long enough: it is among those that are guessed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is on the list of common passwords.
    #[error("is one of the most common passwords: choose another one")]
    Common,
    /// One character over and over, blanks included.
    #[error("must not be one repeated character")]
    Repeated,
    /// Neighbours in the alphabet, among the digits or on a keyboard.
    #[error("must not be a plain sequence of letters or digits")]
    Sequence,
    /// The address or the name of the account, or a part of them.
    #[error("must not be your own address or name")]
    OwnWords,
}

impl Password {
    /// Refuses a password that is guessed first, in any case and width (NIST SP 800-63B, section 3.1.1.2). For new
    /// passwords alone: those of before stay valid.
    pub fn check_strength(&self, email: &Email, name: Option<&DisplayName>) -> Result<(), WeakPassword> {
        let text = folded(self.expose());
        if is_repeated(&text) {
            return Err(WeakPassword::Repeated);
        }
        if is_common(&text) || is_common(text.trim()) {
            return Err(WeakPassword::Common);
        }
        if is_sequence(&text) {
            return Err(WeakPassword::Sequence);
        }
        if is_own_word(&text, email, name) {
            return Err(WeakPassword::OwnWords);
        }
        Ok(())
    }
}

/// The text without its case and without compatibility forms, such as full-width letters.
fn folded(text: &str) -> Zeroizing<String> {
    // Room for the longest form, so that no part of the result is left in memory that was given back.
    let mut folded = Zeroizing::new(String::with_capacity(text.len() * 20));
    folded.extend(text.nfkc().flat_map(char::to_lowercase));
    folded
}

/// Whether a line is this text: a binary search by bytes, for lines that can't be counted off.
fn is_common(text: &str) -> bool {
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low.midpoint(high);
        let bytes = COMMON.as_bytes();
        let start = bytes[low..middle].iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[start..high].iter().position(|byte| *byte == b'\n').map_or(high, |at| start + at);
        match bytes[start..end].cmp(text.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = (end + 1).min(high),
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

fn is_repeated(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    characters.all(|character| Some(character) == first)
}

/// Whether each character follows the one before: up or down the alphabet or the digits, whose ends are neighbours, or
/// along a row of a keyboard.
fn is_sequence(text: &str) -> bool {
    let steps = |step: fn(char, char) -> bool| {
        text.chars().zip(text.chars().skip(1)).all(|(before, after)| step(before, after))
    };
    steps(follows) || steps(|before, after| follows(after, before)) || {
        let backwards = Zeroizing::new(text.chars().rev().collect::<String>());
        KEYBOARD.iter().any(|row| row.contains(text) || row.contains(backwards.as_str()))
    }
}

fn follows(before: char, after: char) -> bool {
    matches!((before, after), ('9', '0') | ('z', 'a'))
        || (before.is_alphanumeric() && after.is_alphanumeric() && u32::from(before) + 1 == u32::from(after))
}

/// Whether it is the address, its local part, its domain or the name, whatever separates their words.
fn is_own_word(text: &str, email: &Email, name: Option<&DisplayName>) -> bool {
    let bare = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(text.chars().filter(|character| character.is_alphanumeric()).collect())
    };
    let password = bare(text);
    let address = folded(email.as_str());
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let name = folded(name.map_or("", DisplayName::as_str));
    let words = [address.as_str(), local, domain, name.as_str()];
    words.iter().any(|word| {
        let word = bare(word);
        !word.is_empty() && (word == password || word.chars().rev().eq(password.chars()))
    })
}

#[cfg(test)]
mod tests;
