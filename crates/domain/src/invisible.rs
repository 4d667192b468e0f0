//! Characters that show nothing or turn the direction of a text: they make two names or addresses look alike, or one look
//! like another.

use std::ops::RangeInclusive;

/// What Unicode 17 asks renderers to show nothing for (`Default_Ignorable_Code_Point`), and the marks of interlinear
/// annotations. The other format characters (category Cf), such as the Arabic number signs, are visible.
const INVISIBLE: [RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{fff9}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// ZWNJ and ZWJ, which join letters of Persian or Indian scripts, and emoji.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Picks one of several forms of the character before it: of an emoji, an ideograph or a Mongolian letter.
const fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
}

/// The flag that flags of subdivisions begin with, such as that of Scotland (UTS #51, section 1.4.7).
const BLACK_FLAG: char = '\u{1f3f4}';

/// The letter or digit that a tag stands for.
fn tag(character: char) -> Option<char> {
    let plain = u32::from(character).checked_sub(0xe_0000).and_then(char::from_u32)?;
    (plain.is_ascii_lowercase() || plain.is_ascii_digit()).then_some(plain)
}

const CANCEL_TAG: char = '\u{e007f}';

/// Whether the character shows nothing, wherever it stands.
pub(crate) fn is_invisible(character: char) -> bool {
    character > '\u{7f}' && INVISIBLE.iter().any(|range| range.contains(&character))
}

/// The first character that shows nothing and does nothing in its place.
///
/// In their places are: a joiner between two characters that are none; a variation selector behind a visible character;
/// the tags of the flag of a subdivision.
pub(crate) fn find(name: &str) -> Option<char> {
    let mut before = None;
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        if character == BLACK_FLAG {
            rest = after_tags(rest);
        } else if is_invisible(character) {
            let is_in_place = if is_joiner(character) {
                let after = rest.clone().next();
                is_neighbour(before, is_variation_selector) && is_neighbour(after, |_| false)
            } else {
                is_variation_selector(character) && is_neighbour(before, |_| false)
            };
            if !is_in_place {
                return Some(character);
            }
        }
        before = Some(character);
    }
    None
}

/// Whether there is a character that shows something, or is one of `others`.
fn is_neighbour(character: Option<char>, others: fn(char) -> bool) -> bool {
    character.is_some_and(|character| !is_invisible(character) || others(character))
}

/// What follows the tags of the flag of a subdivision: three to six letters or digits, and the end.
fn after_tags(rest: std::str::Chars<'_>) -> std::str::Chars<'_> {
    let count = rest.clone().take_while(|character| tag(*character).is_some()).count();
    let mut after = rest.clone();
    match after.by_ref().nth(count) {
        Some(CANCEL_TAG) if (3..=6).contains(&count) => after,
        _ => rest,
    }
}

#[cfg(test)]
mod tests;
