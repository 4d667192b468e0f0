//! The `.env` file: lines of `NAME=value`, with or without `export`, quotes and comments.
//!
//! A dollar sign is an ordinary character, as secrets have it. `${NAME}` alone is replaced, outside of single quotes: by the
//! variable of the environment, else by the one of an earlier line. One that is not set is a fault, so that no value is
//! shortened silently.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;

use super::faults::ConfigFaults;

/// Stands for the dollar sign of a reference while the lines are read. Unicode keeps it for use inside of programs.
const REFERENCE: char = '\u{fdd0}';

/// Reads the file, if it is there. Of lines with the same name the last one counts. `names` are those that may be set:
/// other lines are for other programs, and what they lack is no fault.
pub(super) fn read(
    path: &Path,
    environment: &HashMap<String, String>,
    names: &BTreeSet<String>,
    faults: &mut ConfigFaults,
) -> HashMap<String, String> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return HashMap::new(),
        Err(error) => {
            faults.add(".env", format!("can't be read: {error}"));
            return HashMap::new();
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        faults.add(".env", "must be UTF-8");
        return HashMap::new();
    };
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text), environment, names, faults)
}

fn parse(
    text: &str,
    environment: &HashMap<String, String>,
    names: &BTreeSet<String>,
    faults: &mut ConfigFaults,
) -> HashMap<String, String> {
    let text = escaped(text);
    let mut values = HashMap::new();
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        match line {
            Ok((name, value)) => match replaced(&value, environment, &values) {
                Ok(value) => drop(values.insert(name, value)),
                Err(missing) if names.contains(&name) => faults.add(&name, missing.to_string()),
                Err(_of_another_program) => {}
            },
            Err(error) => {
                faults.add(".env", unreadable(&text, &error));
                return HashMap::new();
            }
        }
    }
    values
}

/// Why a value can't be made of its references.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum MissingReference {
    /// The name that is not set.
    #[error("in .env refers to {0}, which is not set: put a value that holds ${{ between single quotes")]
    Unset(String),
    /// What is between the braces is no name; it may be part of a secret.
    #[error("in .env holds ${{ and no name behind it: put it between single quotes")]
    NoName,
}

fn replaced(
    value: &str,
    environment: &HashMap<String, String>,
    earlier: &HashMap<String, String>,
) -> Result<String, MissingReference> {
    let mut parts = value.split(REFERENCE);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) =
            part.strip_prefix('{').and_then(|part| part.split_once('}')).ok_or(MissingReference::NoName)?;
        if !is_name(name) {
            return Err(MissingReference::NoName);
        }
        let value = environment.get(name).or_else(|| earlier.get(name));
        whole.push_str(value.ok_or_else(|| MissingReference::Unset(name.to_owned()))?);
        whole.push_str(rest);
    }
    Ok(whole)
}

/// The text with every dollar sign as an ordinary character, and the marks of references in their places: the parser of
/// the lines would replace `$NAME` too, and by nothing where it is not set.
fn escaped(text: &str) -> String {
    let mut quote = None;
    let mut escaped = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        if quote.is_none() && line.trim_start().starts_with('#') {
            escaped.push_str(line);
            continue;
        }
        let mut characters = line.chars().peekable();
        let mut before = ' ';
        while let Some(character) = characters.next() {
            match (quote, character) {
                // The rest is a comment.
                (None, '#') if before.is_whitespace() => {
                    escaped.push('#');
                    escaped.extend(characters.by_ref());
                }
                (None | Some('"'), '\\') => {
                    escaped.push('\\');
                    escaped.extend(characters.next());
                }
                (None | Some('"'), '$') if characters.peek() == Some(&'{') => escaped.push(REFERENCE),
                (None | Some('"'), '$') => escaped.push_str("\\$"),
                (None, '\'' | '"') => {
                    quote = Some(character);
                    escaped.push(character);
                }
                (Some(open), _) if open == character => {
                    quote = None;
                    escaped.push(character);
                }
                _ => escaped.push(character),
            }
            before = character;
        }
    }
    // The parser takes blanks before the end of the text for a line that is not whole.
    escaped.push('\n');
    escaped
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A line that can't be parsed may hold a secret: it is named, not shown.
fn unreadable(text: &str, error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(fragment, _) = error else { return "can't be read".to_owned() };
    let first = fragment.lines().next().unwrap_or_default();
    let found = text.lines().enumerate().find(|(_, line)| line.contains(first));
    let Some((index, line)) = found.filter(|_| !first.trim().is_empty()) else {
        return "has a line that can't be read: is a quote left open?".to_owned();
    };
    let name = line.split('=').next().unwrap_or_default().trim().trim_start_matches("export ").trim();
    let name = if line.contains('=') && is_name(name) { format!(" ({name})") } else { String::new() };
    format!("has a line that can't be read, number {}{name}: put its value between single quotes", index + 1)
}

#[cfg(test)]
mod tests;
