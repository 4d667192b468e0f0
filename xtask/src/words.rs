//! Names and prose use the field's standard terms: words of a dialect of our own are banned.
//!
//! `xtask/banned-words.txt` lists them, each with what to say instead and how often it still occurs. The counts only shrink.

mod list;
mod split;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::repository::{Repository, is_text};
use crate::{Failure, Fault};
use list::{Banned, Scope};
use split::{Piece, pieces, tokens_of, words_of};

const LIST: &str = "xtask/banned-words.txt";

/// Migrations that were released are never edited.
const RELEASED: &str = "migrations/";

/// The most places that a fault lists.
const SHOWN: usize = 20;

/// Where a banned word stands.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// Its number in the list.
    word: usize,
    path: String,
    line: usize,
}

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    Ok(faults(&read(repository)?, &repository.read_if_there(LIST)?))
}

/// Every place of a word of the list, with the line; without a word how often each occurs.
pub(crate) fn show(repository: &Repository, word: Option<&str>) -> Result<Vec<String>, Failure> {
    shown(&read(repository)?, &repository.read_if_there(LIST)?, word)
}

/// Lowers the counts of the list to how often the words occur.
pub(crate) fn lower(repository: &Repository) -> Result<(), Failure> {
    let text = repository.read(LIST)?;
    let (list, _) = list::parse(&text);
    let counts = counts(&list, &places(&list, &read(repository)?));
    Ok(repository.write(LIST, &list::lowered(&text, &counts))?)
}

fn read(repository: &Repository) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for path in repository.files()? {
        if is_text(&path) && !path.starts_with(RELEASED) {
            let text = repository.read(&path)?;
            files.push((path, text));
        }
    }
    Ok(files)
}

fn faults(files: &[(String, String)], list: &str) -> Vec<Fault> {
    let (list, mut faults) = list::parse(list);
    let places = places(&list, files);
    for ((index, banned), count) in list.iter().enumerate().zip(counts(&list, &places)) {
        let Banned { word, allowed, instead, .. } = banned;
        let own = places.iter().filter(|place| place.word == index);
        if count < *allowed {
            faults.push(format!("{LIST}: {word}: lower the count to {count} (`cargo xtask words --lower`)"));
        } else if *allowed == 0 {
            faults
                .extend(own.map(|Place { path, line, .. }| format!("{path}:{line}: {word}: say {instead}")));
        } else if count > *allowed {
            let places = if count > SHOWN {
                format!(" (`cargo xtask words '{word}'` shows them all)")
            } else {
                own.map(|Place { path, line, .. }| format!("\n    {path}:{line}"))
                    .collect::<Vec<_>>()
                    .concat()
            };
            faults.push(format!("{word}: {count} times, at most {allowed}: say {instead}{places}"));
        }
    }
    faults
}

fn shown(files: &[(String, String)], list: &str, word: Option<&str>) -> Result<Vec<String>, Failure> {
    let (list, _) = list::parse(list);
    let places = places(&list, files);
    let Some(word) = word else {
        let lines = list.iter().zip(counts(&list, &places));
        return Ok(lines
            .map(|(one, count)| format!("{count:5} {}: say {}", one.word, one.instead))
            .collect());
    };
    let is_meant =
        |one: &Banned| one.word.trim_end_matches('*').eq_ignore_ascii_case(word.trim_end_matches('*'));
    if !list.iter().any(is_meant) {
        return Err(format!("{word} is not in {LIST}").into());
    }
    let texts: HashMap<&str, &str> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let places = places.iter().filter(|place| is_meant(&list[place.word]));
    Ok(places
        .map(|Place { path, line, .. }| {
            let text = texts.get(path.as_str()).and_then(|text| text.lines().nth(line - 1));
            format!("{path}:{line}: {}", text.unwrap_or_default().trim())
        })
        .collect())
}

fn counts(list: &[Banned], places: &[Place]) -> Vec<usize> {
    (0..list.len()).map(|index| places.iter().filter(|place| place.word == index).count()).collect()
}

fn places(list: &[Banned], files: &[(String, String)]) -> Vec<Place> {
    let mut search = Search { list, known: HashMap::new() };
    let mut places = Vec::new();
    for (path, text) in files {
        for (line, piece) in pieces(path, text) {
            let mut add = |word| places.push(Place { word, path: path.clone(), line });
            match piece {
                Piece::Name { text, is_function } => search.in_token(text, true, is_function, &mut add),
                Piece::Prose(text) => {
                    for token in tokens_of(text) {
                        search.in_token(token.text, token.is_name, token.is_function, &mut add);
                    }
                    search.phrases(text, &mut add);
                }
            }
        }
    }
    places
}

/// Looks for the words of the list; what a token holds is found out once.
struct Search<'a> {
    list: &'a [Banned],
    known: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Search<'a> {
    fn in_token(&mut self, text: &'a str, is_name: bool, is_function: bool, add: &mut impl FnMut(usize)) {
        let list = self.list;
        let held = self.known.entry(text).or_insert_with(|| held(list, text));
        for word in held {
            let counts = match list[*word].scope {
                Scope::Word => true,
                Scope::Name | Scope::Type | Scope::Const => is_name,
                Scope::Fn => is_function,
                Scope::Phrase => false,
            };
            if counts {
                add(*word);
            }
        }
    }

    fn phrases(&self, line: &str, add: &mut impl FnMut(usize)) {
        let phrases = self.list.iter().enumerate().filter(|(_, one)| one.scope == Scope::Phrase);
        let line = line.to_lowercase();
        for (index, phrase) in phrases {
            let ends = |rest: &str| !rest.chars().next().is_some_and(char::is_alphanumeric);
            for (start, _) in line.match_indices(&phrase.word) {
                let before = line[..start].chars().next_back().is_some_and(char::is_alphanumeric);
                if !before && ends(&line[start + phrase.word.len()..]) {
                    add(index);
                }
            }
        }
    }
}

/// The words of the list that a token holds, one as often as it does.
fn held(list: &[Banned], token: &str) -> Vec<usize> {
    let words: Vec<String> = words_of(token).map(str::to_lowercase).collect();
    let has_lower = token.contains(char::is_lowercase);
    let mut found = Vec::new();
    for (index, banned) in list.iter().enumerate() {
        let length = banned.parts.len();
        let fits = match banned.scope {
            Scope::Word | Scope::Name => true,
            Scope::Type => words.len() == length && has_lower && token.starts_with(char::is_uppercase),
            Scope::Const => !has_lower && token.len() > 1,
            Scope::Fn => words.len() == length && !token.starts_with(char::is_uppercase),
            Scope::Phrase => false,
        };
        if fits {
            let hits = words.windows(length).filter(|own| matches(banned, own)).count();
            found.extend(std::iter::repeat_n(index, hits));
        }
    }
    found
}

fn matches(banned: &Banned, words: &[String]) -> bool {
    banned.parts.iter().zip(words).enumerate().all(|(index, (part, word))| {
        let may_go_on = banned.is_prefix && index + 1 == banned.parts.len();
        word == part || may_go_on && word.starts_with(part.as_str())
    })
}
