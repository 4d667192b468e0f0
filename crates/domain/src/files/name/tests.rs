#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_fuzzing::changed_text;
use proptest::prelude::*;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::{FileName, InvalidFileName};

fn refusal(text: &str) -> InvalidFileName {
    text.parse::<FileName>().unwrap_err()
}

#[test]
fn both_spellings_of_an_accent_are_one_name() {
    let composed: FileName = "caf\u{e9}.png".parse().unwrap();
    let decomposed: FileName = "cafe\u{301}.png".parse().unwrap();
    assert_eq!(composed, decomposed);
    assert_eq!(decomposed.as_str(), "caf\u{e9}.png");
}

#[test]
fn characters_are_counted_after_normalisation() {
    assert!("e\u{301}".repeat(255).parse::<FileName>().is_ok());
    assert_eq!(refusal(&"e\u{301}".repeat(256)), InvalidFileName::TooLong);
    assert!("😀".repeat(255).parse::<FileName>().is_ok());
    assert_eq!(refusal(&"😀".repeat(256)), InvalidFileName::TooLong);
    // U+FB2C has no composed form: one character becomes three.
    assert_eq!(refusal(&"\u{fb2c}".repeat(86)), InvalidFileName::TooLong);
    assert!("\u{fb2c}".repeat(85).parse::<FileName>().is_ok());
}

#[test]
fn every_refusal_has_its_reason() {
    for (text, reason) in [
        ("", InvalidFileName::Blank),
        (" \u{3000}\u{2003}", InvalidFileName::Blank),
        ("a\nb", InvalidFileName::Control),
        ("\t", InvalidFileName::Control),
        ("a\0", InvalidFileName::Control),
        ("a\u{85}b", InvalidFileName::Control),
        ("a\u{7f}", InvalidFileName::Control),
        ("a/b", InvalidFileName::Separator),
        ("a\\b", InvalidFileName::Separator),
        (".", InvalidFileName::Dots),
        ("..", InvalidFileName::Dots),
        ("\u{200b}", InvalidFileName::Invisible('\u{200b}')),
        ("invoice\u{202e}fdp.exe", InvalidFileName::Invisible('\u{202e}')),
    ] {
        assert_eq!(refusal(text), reason, "{text:?}");
    }
}

#[test]
fn unusual_names_are_names() {
    for text in ["...", ".a", " a ", "-rf *", "CON", "a:b", "名前.txt", "%2e%2e"] {
        assert_eq!(text.parse::<FileName>().unwrap().as_str(), text);
    }
}

#[test]
fn a_stored_name_may_have_what_a_new_one_may_not() {
    for text in ["\u{200b}", "a\u{202e}b.txt", "\u{feff}a", "a\u{e0041}"] {
        assert_eq!(FileName::from_stored(text).unwrap().as_str(), text);
        let refused = refusal(text);
        assert!(matches!(refused, InvalidFileName::Invisible(_)));
        assert!(refused.to_string().contains("U+"), "{refused}");
    }
    assert_eq!(
        InvalidFileName::Invisible('\u{ad}').to_string(),
        "must not contain the invisible character U+00AD"
    );
    for text in ["", "a/b", "a\nb", ".."] {
        assert_eq!(FileName::from_stored(text), text.parse());
    }
}

#[test]
fn a_name_of_another_extension_keeps_the_rest() {
    for (name, expected) in [
        ("photo.jpg", "photo.png"),
        ("a.b.c", "a.b.png"),
        ("photo", "photo.png"),
        (".jpg", ".png"),
        ("..x", "..png"),
    ] {
        assert_eq!(name.parse::<FileName>().unwrap().with_extension("png").as_str(), expected);
    }
    for long in ["x".repeat(255), "ä".repeat(252)] {
        let name: FileName = long.parse().unwrap();
        assert_eq!(name.with_extension("png"), name);
    }
    let fits: FileName = "ä".repeat(251).parse().unwrap();
    assert_eq!(fits.with_extension("png").as_str().chars().count(), 255);
}

#[test]
fn a_path_is_cut_to_its_last_segment() {
    for (path, name) in [("C:\\fake\\a.txt", "a.txt"), ("/etc/passwd", "passwd"), ("a\\b/c", "c"), ("d", "d")]
    {
        assert_eq!(FileName::from_path(path).unwrap().as_str(), name);
    }
    assert_eq!(FileName::from_path("a/"), Err(InvalidFileName::Blank));
    assert_eq!(FileName::from_path("a/.."), Err(InvalidFileName::Dots));
}

#[test]
fn the_sort_key_is_the_lower_case() {
    assert_eq!("ÄB.TXT".parse::<FileName>().unwrap().sort_key(), "äb.txt");
}

#[test]
fn letters_with_several_cases_fold_to_one_text() {
    for spellings in [
        &["Σ", "σ", "ς"][..],
        &["ß", "ẞ", "SS", "ss", "Ss"],
        &["ﬃ", "FFI", "ffi"],
        &["K", "k", "\u{212a}"],
        &["Å", "å", "\u{212b}", "A\u{30a}"],
        &["Ω", "ω", "\u{2126}"],
        &["ǅ", "Ǆ", "ǆ"],
        &["Ж", "ж"],
        &["Ა", "ა"],
        &["Ꭰ", "ꭰ"],
    ] {
        let folded: Vec<String> = spellings.iter().map(|text| FileName::fold(text)).collect();
        assert!(folded.windows(2).all(|pair| pair[0] == pair[1]), "{spellings:?} became {folded:?}");
    }
    assert_ne!(FileName::fold("a"), FileName::fold("ä"));
}

#[test]
fn every_cased_character_folds_as_its_upper_and_its_lower_case_do() {
    for character in '\0'..=char::MAX {
        let text = character.to_string();
        if text.to_uppercase() == text && text.to_lowercase() == text {
            continue;
        }
        let folded = FileName::fold(&text);
        assert_eq!(FileName::fold(&text.to_uppercase()), folded, "{character:?}");
        assert_eq!(FileName::fold(&text.to_lowercase()), folded, "{character:?}");
        assert_eq!(FileName::fold(&folded), folded, "{character:?}");
    }
}

const NAMES: &str = include_str!("../../../corpus/names.txt");

fn keeps_every_promise(name: &FileName) -> Result<(), TestCaseError> {
    let kept = name.as_str();
    prop_assert!(is_nfc(kept));
    prop_assert!((1..=255).contains(&kept.chars().count()));
    prop_assert!(!kept.chars().any(|c| c.is_control() || c == '/' || c == '\\'));
    prop_assert!(kept != "." && kept != ".." && !kept.trim().is_empty());
    prop_assert_eq!(kept.nfd().collect::<String>().parse::<FileName>(), Ok(name.clone()));
    prop_assert_eq!(kept.parse::<FileName>(), Ok(name.clone()));
    Ok(())
}

proptest! {
    #[test]
    fn what_is_accepted_keeps_every_promise(text in "\\PC{0,20}|[\\x00-\\x20./\\\\a]{0,4}|(e\u{301}|\u{1f82}|😀){250,260}") {
        if let Ok(name) = text.parse::<FileName>() {
            keeps_every_promise(&name)?;
        }
    }

    #[test]
    fn changed_names_are_refused_or_keep_every_promise(text in changed_text(NAMES)) {
        if let Ok(name) = text.parse::<FileName>() {
            keeps_every_promise(&name)?;
        }
        if let Ok(name) = FileName::from_path(&text) {
            keeps_every_promise(&name)?;
        }
    }

    #[test]
    fn folding_forgets_case_and_normal_form(text in any::<String>()) {
        let folded = FileName::fold(&text);
        prop_assert_eq!(FileName::fold(&folded), folded.clone());
        prop_assert_eq!(FileName::fold(&text.nfd().collect::<String>()), folded.clone());
        prop_assert_eq!(FileName::fold(&text.to_lowercase()), folded.clone());
        prop_assert_eq!(FileName::fold(&text.to_uppercase()), folded);
    }

    #[test]
    fn a_name_is_found_by_any_part_of_it_in_any_case(before in "[a-zäß]{0,5}", part in "[a-zäß]{1,5}", after in "[a-zäß]{0,5}") {
        let name: FileName = format!("{before}{part}{after}").parse().unwrap();
        prop_assert!(name.search_key().contains(&FileName::fold(&part.to_uppercase())));
    }

    #[test]
    fn a_name_of_another_extension_is_a_name_and_is_read_back_as_it_was_stored(text in "\\PC{1,260}") {
        if let Ok(name) = FileName::from_stored(&text) {
            let renamed = name.with_extension("png");
            prop_assert!(renamed.as_str().strip_suffix(".png").is_some() || renamed == name);
            prop_assert_eq!(FileName::from_stored(renamed.as_str()), Ok(renamed.clone()));
            prop_assert_eq!(FileName::from_trusted(renamed.as_str().to_owned()), renamed);
        }
    }

    #[test]
    fn the_last_segment_of_any_path_has_no_separator(path in "[a-c/\\\\.]{0,12}") {
        if let Ok(name) = FileName::from_path(&path) {
            prop_assert!(path.ends_with(name.as_str()));
        }
    }
}
