//! Nothing is left unfinished, no test is switched off, and no text names a folder of one machine.

use crate::repository::{Repository, is_text};
use crate::{Failure, Fault};

/// What may not stand anywhere, and why. The words are put together here, so that this file does not hold them.
const FORBIDDEN: [(&str, &str); 8] = [
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "fix it, or open an issue"),
    (concat!("todo", "!("), "write it"),
    (concat!("unimplemented", "!("), "write it"),
    (concat!("#[", "ignore"), "a test that does not run tests nothing"),
    (concat!("/wo", "rk/"), "a folder of one machine"),
    (concat!("/ro", "ot/"), "a folder of one machine"),
    (concat!("/ho", "me/"), "a folder of one machine"),
];

pub(crate) fn check(repository: &Repository) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for path in repository.files()? {
        if is_text(&path) {
            faults.extend(faults_in(&path, &repository.read(&path)?));
        }
    }
    Ok(faults)
}

fn faults_in(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (word, reason) in FORBIDDEN {
            if holds(line, word) {
                faults.push(format!("{path}:{}: {word}: {reason}", index + 1));
            }
        }
    }
    faults
}

/// Whether the line holds the word, and not as a part of a longer one.
fn holds(line: &str, word: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back().is_some_and(inside);
        let after = line[start + word.len()..].chars().next().is_some_and(inside);
        let is_word = word.chars().all(inside);
        !(before || is_word && after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_passes() {
        let word = FORBIDDEN[0].0;
        let text =
            format!("mastodon {word}S a {word}_LIST\ncargo run\nsee crates/homework/src and \"x/home/\"\n");
        assert_eq!(faults_in("a.md", &text), Vec::<Fault>::new());
    }

    #[test]
    fn every_forbidden_word_is_a_fault_wherever_it_stands() {
        for (word, reason) in FORBIDDEN {
            let text = format!("fine\n    // {word}: later\n");
            assert_eq!(faults_in("a.rs", &text), [format!("a.rs:2: {word}: {reason}")]);
        }
    }

    #[test]
    fn an_ignored_test_is_a_fault_with_and_without_its_reason() {
        let word = concat!("#[", "ignore");
        for attribute in [format!("{word}]"), format!("{word} = \"slow\"]")] {
            assert_eq!(faults_in("a.rs", &attribute).len(), 1, "{attribute}");
        }
    }
}
