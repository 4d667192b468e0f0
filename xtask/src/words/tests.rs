#![expect(clippy::unwrap_used, reason = "a test may")]

use super::split::{Token, words_of};
use super::*;

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// How often the word of this line of a list is found in a file of Rust.
fn hits(scope: &str, word: &str, text: &str) -> usize {
    let (list, faults) = list::parse(&format!("{scope} | {word} | 0 | other"));
    assert_eq!(faults, Vec::<Fault>::new());
    places(&list, &files(&[("a.rs", text)])).len()
}

#[test]
fn names_fall_apart_into_words() {
    for (name, words) in [
        ("snake_case", vec!["snake", "case"]),
        ("CamelCase", vec!["Camel", "Case"]),
        ("HTTPServer", vec!["HTTP", "Server"]),
        ("PgUnitOfWork", vec!["Pg", "Unit", "Of", "Work"]),
        ("SHORT_WAIT", vec!["SHORT", "WAIT"]),
        ("_sha256Of", vec!["sha256", "Of"]),
        ("how-far", vec!["how", "far"]),
    ] {
        assert_eq!(words_of(name).collect::<Vec<_>>(), words);
    }
}

#[test]
fn a_word_is_found_in_names_comments_and_strings() {
    for text in [
        "fn grumble() {}",
        "struct LoudGrumble;",
        "const GRUMBLE_TIME: u8 = 1;",
        "mod grumble;",
        "// A grumble.",
        "/// A [`Grumble`] of it.\nfn x() {}",
        "/* a\n grumble */",
        "fn x() { \"a grumble\"; }",
        "fn x() { r#\"a grumble\"#; b\"grumble\"; }",
        "fn x() { \"\\ngrumble\" }",
    ] {
        assert!(hits("word", "grumble", text) >= 1, "{text}");
    }
    for text in
        ["fn grumbled() {}", "struct Grumbles;", "// begrumble", "fn x<'grumble>() {}", "fn grum_ble() {}"]
    {
        assert_eq!(hits("word", "grumble", text), 0, "{text}");
    }
}

#[test]
fn a_star_stands_for_any_ending() {
    assert_eq!(hits("word", "grumbl*", "// grumble, grumbling, Grumbler: no grumpy one"), 3);
}

#[test]
fn a_name_in_prose_is_ordinary_english_unless_it_is_written_as_a_name() {
    assert_eq!(hits("name", "hop_on", "fn hop_on() {}\nstruct HopOn;\nfn hop_on_twice() {}"), 3);
    assert_eq!(hits("name", "hop_on", "// Clients hop on here.\nfn hop() {}"), 0);
    assert_eq!(hits("name", "hop_on", "// See hop_on and `HopOn`."), 2);
    assert_eq!(hits("name", "hop", "// Its `hop` and hop, not `a hop`."), 1);
}

#[test]
fn a_type_is_its_whole_name() {
    assert_eq!(hits("type", "Hop", "struct Hop;\nfn x(a: Hop) {}"), 2);
    assert_eq!(hits("type", "Hop", "// Hop on.\nstruct LongHop;\nfn hop() {}\nconst HOP: u8 = 1;"), 0);
    assert_eq!(hits("type", "ToAndFro", "// See `ToAndFro`."), 1);
}

#[test]
fn a_constant_is_written_in_capitals() {
    assert_eq!(hits("const", "HOP", "const HOP: u8 = 1;\nconst LONG_HOP: u8 = 1;"), 2);
    assert_eq!(hits("const", "HOP", "struct Hop;\nfn hop() {}\n// a hop"), 0);
}

#[test]
fn a_function_is_defined_or_called() {
    assert_eq!(hits("fn", "hop", "fn hop() {}\nfn x() { self.hop(1); hop::<u8>(1) }\n// See `hop()`."), 4);
    assert_eq!(
        hits("fn", "hop", "// The hop.\nfn hop_on() { let hop = x.hop; Hop(1) }\nstruct X { hop: fn(u8) }"),
        0
    );
}

#[test]
fn a_phrase_is_found_in_prose() {
    assert_eq!(hits("phrase", "hop by hop", "// Hop by hop it goes.\nfn x() { \"hop by hop\" }"), 2);
    assert_eq!(hits("phrase", "hop by hop", "fn hop_by_hop() {}\n// hop by hops, shop by hop"), 0);
}

#[test]
fn files_that_are_no_code_are_prose() {
    let (list, _) = list::parse("word | grumble | 0 | complain");
    let found = places(&list, &files(&[("a.md", "# A grumble\n\n`grumble`"), ("b.sh", "# grumble")]));
    let found: Vec<_> = found.iter().map(|place| (place.path.as_str(), place.line)).collect();
    assert_eq!(found, [("a.md", 1), ("a.md", 3), ("b.sh", 1)]);
}

#[test]
fn tokens_of_prose_tell_names_from_words() {
    let token = |text, is_name, is_function| Token { text, is_name, is_function };
    assert_eq!(
        split::tokens_of("A `take()` of it_all, Then `b c`"),
        [
            token("A", false, false),
            token("take", true, true),
            token("of", false, false),
            token("it_all", true, false),
            token("Then", false, false),
            token("b", false, false),
            token("c", false, false),
        ]
    );
}

#[test]
fn as_often_as_agreed_passes() {
    let files = files(&[("a.rs", "// grumble\n"), ("b.md", "grumble\n")]);
    assert_eq!(faults(&files, "# why\nword | grumble | 2 | complain\n"), Vec::<Fault>::new());
}

#[test]
fn more_often_than_agreed_is_a_fault_with_the_places() {
    let files = files(&[("a.rs", "\n// grumble\n"), ("b.md", "grumble\n")]);
    assert_eq!(
        faults(&files, "word | grumble | 1 | complain\n"),
        ["grumble: 2 times, at most 1: say complain\n    a.rs:2\n    b.md:1"]
    );
    let many = [("a.rs".to_owned(), "// grumble\n".repeat(SHOWN + 1))];
    assert_eq!(
        faults(&many, "word | grumble | 1 | complain\n"),
        ["grumble: 21 times, at most 1: say complain (`cargo xtask words 'grumble'` shows them all)"]
    );
}

#[test]
fn each_place_of_a_word_that_is_banned_for_good_is_a_fault() {
    let files = files(&[("a.rs", "\n// grumble\n"), ("b.md", "grumble\n")]);
    assert_eq!(
        faults(&files, "word | grumble | 0 | complain\n"),
        ["a.rs:2: grumble: say complain", "b.md:1: grumble: say complain"]
    );
}

#[test]
fn less_often_than_agreed_is_a_fault() {
    assert_eq!(
        faults(&files(&[("a.rs", "// grumble\n")]), "word | grumble | 2 | complain\n"),
        ["xtask/banned-words.txt: grumble: lower the count to 1 (`cargo xtask words --lower`)"]
    );
}

#[test]
fn lines_that_are_no_entry_are_faults() {
    for line in ["grumble", "word | grumble | many | x", "verb | grumble | 1 | x", "word | grumble | 1 | "] {
        let expected = format!("xtask/banned-words.txt:1: not `where | word | count | say instead`: {line}");
        assert_eq!(faults(&[], line), [expected]);
    }
}

#[test]
fn counts_are_lowered_and_never_raised() {
    let list = "# why\n\nword | one | 5 | a, b\nword | two | 1 | c\n";
    assert_eq!(list::lowered(list, &[3, 7]), "# why\n\nword | one | 3 | a, b\nword | two | 1 | c\n");
}

#[test]
fn places_of_a_word_are_shown_with_their_lines() {
    let files = files(&[("a.rs", "\n    // A Grumble here.\n"), ("b.md", "none\n")]);
    let list = "word | grumbl* | 1 | complain\nword | hop | 1 | jump\n";
    for word in ["grumbl", "grumbl*", "GRUMBL"] {
        assert_eq!(shown(&files, list, Some(word)).unwrap(), ["a.rs:2: // A Grumble here."], "{word}");
    }
    assert_eq!(shown(&files, list, None).unwrap(), ["    1 grumbl*: say complain", "    0 hop: say jump"]);
    assert!(shown(&files, list, Some("none")).is_err());
}
