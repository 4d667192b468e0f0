//! Takes a file apart: names, prose, and the words that either is made of.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Name {
        text: &'a str,
        /// It is defined as a function here, or called.
        is_function: bool,
    },
    /// A line of a comment, of a string, or of a file that is no code.
    Prose(&'a str),
}

/// The pieces of a file, each with its line.
pub(super) fn pieces<'a>(path: &str, text: &'a str) -> Vec<(usize, Piece<'a>)> {
    let is_rust = std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs");
    if is_rust { of_rust(text) } else { of_prose(text, 1) }
}

fn of_prose(text: &str, first: usize) -> Vec<(usize, Piece<'_>)> {
    text.lines().enumerate().map(|(index, line)| (first + index, Piece::Prose(line))).collect()
}

fn of_rust(text: &str) -> Vec<(usize, Piece<'_>)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = text;
    let mut is_defined = false;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let Some((own, after)) = rest.split_at_checked(token.len as usize) else { break };
        match token.kind {
            TokenKind::Ident | TokenKind::RawIdent => {
                let is_called = after.starts_with('(') || after.starts_with("::<");
                found.push((line, Piece::Name { text: own, is_function: is_defined || is_called }));
                is_defined = own == "fn";
            }
            TokenKind::Whitespace => {}
            TokenKind::LineComment { .. }
            | TokenKind::BlockComment { .. }
            | TokenKind::Literal {
                kind:
                    LiteralKind::Str { .. }
                    | LiteralKind::ByteStr { .. }
                    | LiteralKind::CStr { .. }
                    | LiteralKind::RawStr { .. }
                    | LiteralKind::RawByteStr { .. }
                    | LiteralKind::RawCStr { .. },
                ..
            } => found.extend(of_prose(own, line)),
            _ => is_defined = false,
        }
        line += own.matches('\n').count();
        rest = after;
    }
    found
}

/// What a line of prose says in one go: a name or a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// It is written as a name: alone in backticks, or in a case that prose does not have.
    pub(super) is_name: bool,
    /// A name with brackets after it.
    pub(super) is_function: bool,
}

pub(super) fn tokens_of(line: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    // In backticks, and whether they hold one name alone.
    let (mut is_quoted, mut is_one) = (false, false);
    let mut start = None;
    let mut escaped = false;
    for (index, character) in line.char_indices().chain([(line.len(), ' ')]) {
        let is_inside = (character.is_alphanumeric() || character == '_') && !escaped;
        escaped = character == '\\' && !escaped;
        if is_inside {
            start.get_or_insert(index);
            continue;
        }
        if let Some(start) = start.take() {
            let text = &line[start..index];
            let is_name = is_quoted && is_one || is_written_as_name(text);
            found.push(Token { text, is_name, is_function: is_name && character == '(' });
        }
        if character == '`' {
            is_quoted = !is_quoted;
            let quoted = line[index + 1..].split('`').next();
            is_one = quoted.is_some_and(|quoted| !quoted.contains(' '));
        }
    }
    found
}

fn is_written_as_name(text: &str) -> bool {
    let has_lower = text.contains(char::is_lowercase);
    text.trim_matches('_').contains('_') || has_lower && text.chars().skip(1).any(char::is_uppercase)
}

/// The words of a name in `snake_case`, `CamelCase` or `CAPITALS`.
pub(super) fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_alphanumeric()).flat_map(humps)
}

fn humps(text: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let mut start = 0;
    for (index, window) in characters.windows(2).enumerate() {
        let [(_, one), (position, two)] = *window else { continue };
        let ends_capitals = one.is_uppercase()
            && two.is_uppercase()
            && characters.get(index + 2).is_some_and(|(_, three)| three.is_lowercase());
        if !one.is_uppercase() && two.is_uppercase() || ends_capitals {
            found.push(&text[start..position]);
            start = position;
        }
    }
    found.push(&text[start..]);
    found.retain(|word| !word.is_empty());
    found
}
