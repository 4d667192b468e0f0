#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{COMMON, WeakPassword, is_common};
use crate::accounts::{DisplayName, Email, Password};

fn check(password: &str) -> Result<(), WeakPassword> {
    let email: Email = "Grace.Hopper@Example.com".parse().unwrap();
    let name: DisplayName = "Rear Admiral Hopper".parse().unwrap();
    password.parse::<Password>().unwrap().check_strength(&email, Some(&name))
}

#[test]
fn common_passwords_are_refused_in_any_case_and_width() {
    for common in [
        "password",
        "PassWord",
        "ｐａｓｓｗｏｒｄ",
        "password1",
        "iloveyou",
        "qwerty123",
        "P@ssw0rd",
        " password ",
        "trustno1",
    ] {
        assert_eq!(check(common), Err(WeakPassword::Common), "{common}");
    }
}

#[test]
fn every_entry_of_the_list_is_found_and_what_lies_between_is_not() {
    let entries: Vec<&str> = COMMON.lines().collect();
    assert!(entries.len() > 8000);
    assert!(entries.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()), "the list is sorted");
    for entry in &entries {
        assert!(is_common(entry), "{entry}");
        assert!(entry.chars().count() >= 8);
        let longer = format!("{entry}\u{1}");
        assert!(!is_common(&longer));
    }
    for other in ["", "\n", "\u{1}", "\u{10ffff}", "correct horse"] {
        assert!(!is_common(other), "{other:?}");
    }
}

#[test]
fn one_repeated_character_is_refused() {
    for repeated in ["        ", "aaaaaaaaa", "AaAaAaAa", "\u{a0} \u{3000}     ", "********", "éééééééé"]
    {
        assert_eq!(check(repeated), Err(WeakPassword::Repeated), "{repeated}");
    }
}

#[test]
fn sequences_are_refused() {
    for sequence in [
        "bcdefghijk",
        "5678901234",
        "87654321098",
        "zyxwvutsr",
        "абвгдежзий",
        "poiuytrewq[".trim_end_matches('['),
        "ASDFGHJKL;'",
    ] {
        let refused = check(sequence);
        assert!(
            matches!(refused, Err(WeakPassword::Sequence | WeakPassword::Common)),
            "{sequence}: {refused:?}"
        );
    }
    assert_eq!(check("bcdefghijk"), Err(WeakPassword::Sequence));
}

#[test]
fn the_words_of_the_account_are_refused() {
    for own in [
        "grace.hopper@example.com",
        "Grace.Hopper",
        "gracehopper",
        "grace hopper",
        "reppoh.ecarg",
        "example.com",
        "REAR ADMIRAL HOPPER",
        "rear-admiral-hopper",
    ] {
        assert_eq!(check(own), Err(WeakPassword::OwnWords), "{own}");
    }
}

#[test]
fn other_passwords_are_accepted() {
    for good in [
        "correct horse",
        "a long password",
        "hunter2hunter2",
        "Grace Hopper 1906",
        "29384756",
        "!!!!!!!?",
        "名前名前名前名前",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    let email: Email = "a@b.example".parse().unwrap();
    let password: Password = "--------+".parse().unwrap();
    assert_eq!(password.check_strength(&email, None), Ok(()), "nothing is no own word");
}

proptest! {
    #[test]
    fn any_password_can_be_checked(text in "\\PC{8,30}") {
        if let Ok(password) = text.parse::<Password>() {
            let email: Email = "ada@example.com".parse().unwrap();
            let folded = password.check_strength(&email, None);
            let upper = text.to_uppercase().parse::<Password>();
            if text.is_ascii() && let Ok(upper) = upper {
                prop_assert_eq!(upper.check_strength(&email, None), folded);
            }
        }
    }
}
