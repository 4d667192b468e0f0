//! The list of banned words: `where | word | count | say instead`, a word in each line.

use super::LIST;
use super::split::words_of;
use crate::Fault;

/// Where a word is banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In names and prose.
    Word,
    /// In names alone: in prose it is ordinary English.
    Name,
    /// As a type's whole name.
    Type,
    /// In the names of constants.
    Const,
    /// As a function's whole name.
    Fn,
    /// As a phrase in prose.
    Phrase,
}

/// A line of the list.
#[derive(Debug)]
pub(super) struct Banned {
    pub(super) scope: Scope,
    pub(super) word: String,
    /// The word in pieces: `snake_case` and `SnakeCase` are two.
    pub(super) parts: Vec<String>,
    /// Whether every word with this beginning is meant, as in `word*`.
    pub(super) is_prefix: bool,
    /// How often it still occurs.
    pub(super) allowed: usize,
    pub(super) instead: String,
}

pub(super) fn parse(text: &str) -> (Vec<Banned>, Vec<Fault>) {
    let mut list = Vec::new();
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match banned(line) {
            Some(one) => list.push(one),
            None => {
                faults
                    .push(format!("{LIST}:{}: not `where | word | count | say instead`: {line}", index + 1));
            }
        }
    }
    (list, faults)
}

/// The list with lower counts where words have become rarer.
pub(super) fn lowered(text: &str, counts: &[usize]) -> String {
    let mut counts = counts.iter();
    let mut lines = Vec::new();
    for line in text.lines() {
        let is_entry = !line.trim().is_empty() && !line.starts_with('#');
        let Some(one) = is_entry.then(|| banned(line)).flatten() else {
            lines.push(line.to_owned());
            continue;
        };
        let allowed = counts.next().map_or(one.allowed, |count| one.allowed.min(*count));
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let allowed = allowed.to_string();
        lines.push([fields[0], fields[1], &allowed, fields[3]].join(" | "));
    }
    lines.join("\n") + "\n"
}

fn banned(line: &str) -> Option<Banned> {
    let [scope, word, allowed, instead] =
        <[&str; 4]>::try_from(line.split('|').map(str::trim).collect::<Vec<_>>()).ok()?;
    let scope = match scope {
        "word" => Scope::Word,
        "name" => Scope::Name,
        "type" => Scope::Type,
        "const" => Scope::Const,
        "fn" => Scope::Fn,
        "phrase" => Scope::Phrase,
        _ => return None,
    };
    let bare = word.strip_suffix('*');
    let parts = words_of(bare.unwrap_or(word)).map(str::to_lowercase).collect::<Vec<_>>();
    (!parts.is_empty() && !instead.is_empty()).then_some(())?;
    Some(Banned {
        scope,
        word: word.to_owned(),
        parts,
        is_prefix: bare.is_some(),
        allowed: allowed.parse().ok()?,
        instead: instead.to_owned(),
    })
}
