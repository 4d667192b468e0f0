#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{DisplayName, Email, InvalidPassword, Password, PasswordHash, Role};
use crate::blobs::SignedUrl;

#[test]
fn addresses_are_kept_as_written_and_compared_without_case() {
    let email: Email = "Ada.Lovelace@Example.COM".parse().unwrap();
    assert_eq!(email.as_str(), "Ada.Lovelace@Example.COM");
    assert_eq!(email.key(), "ada.lovelace@example.com");
    assert_eq!(email, "ada.lovelace@example.com".parse().unwrap());
    assert_ne!(email, "ada@example.com".parse().unwrap());
}

#[test]
fn what_is_no_address_is_refused() {
    let long = format!("a@{}.com", "b.".repeat(124));
    for text in [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "a b@example.com",
        "Ada <ada@example.com>",
        "\"a\"@example.com",
        "ada\0@example.com",
        "ada@@example.com",
        "ada @example.com",
        "ada@exam\u{200b}ple.com",
        "ada@exa\u{ad}mple.com",
        "a\u{200b}da@example.com",
        "a\u{ad}da@example.com",
        "ad\u{200c}a@example.com",
        "ada\u{3164}@example.com",
        "a\u{115f}da@example.com",
        "ad\u{202e}a@example.com",
        "ada\u{fe0f}@example.com",
        "\u{1}ada@example.com",
        &long,
    ] {
        assert!(text.parse::<Email>().is_err(), "{text:?}");
    }
}

#[test]
fn white_space_around_an_address_is_no_part_of_it() {
    for text in [
        " ada@example.com",
        "ada@example.com\r\n",
        "\u{a0}ada@example.com\u{200b}",
        "\u{202a}ada@example.com\u{202c}",
        "\u{ad}ada@example.com\u{61c}",
    ] {
        assert_eq!(text.parse::<Email>().unwrap().as_str(), "ada@example.com", "{text:?}");
    }
}

fn keys(email: &Email) -> Vec<String> {
    email.spellings().iter().map(|email| email.key().to_owned()).collect()
}

#[test]
fn domains_are_compared_by_their_ascii_form() {
    for spellings in [
        &[
            "ada@b\u{fc}cher.example",
            "ada@xn--bcher-kva.example",
            "ADA@B\u{dc}CHER.EXAMPLE",
            "ada@XN--BCHER-KVA.example",
            "ada@bu\u{308}cher.example",
        ][..],
        &[
            "ada@example.com",
            "ada@\u{ff45}xample.com",
            "ada@EXAMPLE\u{3002}com",
            "\u{ff41}da@example\u{ff0e}com",
        ],
        &["ada@fa\u{df}.example", "ada@FA\u{1e9e}.example"],
        &["\u{fb01}n@example.com", "fin@example.com", "FIN@example.com"],
    ] {
        let parsed: Vec<Email> = spellings.iter().map(|text| text.parse().unwrap()).collect();
        for (email, text) in parsed.iter().zip(spellings) {
            assert_eq!(email.key(), parsed[0].key(), "{text}");
            assert!(email.key().rsplit_once('@').unwrap().1.is_ascii());
        }
    }
    for (left, right) in [
        ("ada@fa\u{df}.example", "ada@fass.example"),
        ("ada@\u{430}pple.example", "ada@apple.example"),
        ("zo\u{eb}@example.com", "zoe@example.com"),
    ] {
        assert_ne!(left.parse::<Email>().unwrap(), right.parse().unwrap());
    }
    let shown: Email = "Ada@B\u{fc}cher.Example".parse().unwrap();
    assert_eq!(shown.as_str(), "Ada@B\u{fc}cher.Example", "what was typed stays shown");
}

#[test]
fn an_address_has_every_key_that_it_was_compared_by_before() {
    for (text, expected) in [
        ("ada@example.com", &["ada@example.com"][..]),
        ("Ada@Example.com", &["ada@example.com"]),
        ("Ada@B\u{dc}cher.example", &["ada@b\u{fc}cher.example", "ada@xn--bcher-kva.example"]),
        ("ada@xn--bcher-kva.example", &["ada@xn--bcher-kva.example", "ada@b\u{fc}cher.example"]),
        ("\u{ff41}da@example.com", &["\u{ff41}da@example.com", "ada@example.com"]),
        (
            "ada@\u{ff42}u\u{308}cher.example",
            &[
                "ada@\u{ff42}u\u{308}cher.example",
                "ada@\u{ff42}\u{fc}cher.example",
                "ada@xn--bcher-kva.example",
                "ada@b\u{fc}cher.example",
            ],
        ),
    ] {
        assert_eq!(keys(&text.parse().unwrap()), expected, "{text}");
    }
}

#[test]
fn a_domain_that_has_no_ascii_form_is_compared_as_it_is() {
    let email: Email = "Ada@xn--a.example".parse().unwrap();
    assert_eq!(email.key(), "ada@xn--a.example");
    assert_eq!(keys(&email), [email.key()]);
}

#[test]
fn an_address_that_was_stored_with_invisible_characters_is_read_and_found() {
    for (text, expected) in [
        ("ada@exa\u{ad}mple.com", &["ada@exa\u{ad}mple.com", "ada@example.com"][..]),
        ("ada@exam\u{200b}ple.com", &["ada@exam\u{200b}ple.com", "ada@example.com"]),
        ("A\u{3164}da@example.com", &["a\u{3164}da@example.com", "a\u{1160}da@example.com"]),
        (
            "a\u{115f}da@b\u{fc}cher.example",
            &["a\u{115f}da@b\u{fc}cher.example", "a\u{115f}da@xn--bcher-kva.example"],
        ),
    ] {
        let stored = Email::from_stored(text).unwrap();
        assert_eq!(stored.as_str(), text);
        assert_eq!(keys(&stored), expected);
        assert!(text.parse::<Email>().is_err(), "{text}");
    }
    for text in ["Ada@Example.com", " zoe\u{308}@example.com", "ada@xn--a.example"] {
        let (stored, new) = (Email::from_stored(text).unwrap(), text.parse::<Email>().unwrap());
        assert_eq!((stored.as_str(), keys(&stored)), (new.as_str(), keys(&new)));
    }
}

#[test]
fn an_address_is_normalised_and_remembers_what_was_typed() {
    let twin: Email = "zo\u{eb}@example.com".parse().unwrap();
    let typed: Email = "Zoe\u{308}@example.com".parse().unwrap();
    assert_eq!((typed.as_str(), typed.key()), ("Zo\u{eb}@example.com", twin.key()));
    assert_eq!(keys(&twin), [twin.key()]);

    // Hangul in parts, as macOS writes file names.
    let parts: Email = "\u{1112}\u{1161}\u{11ab}@example.com".parse().unwrap();
    assert_eq!(parts.key(), "\u{d55c}@example.com");
    assert_eq!(keys(&parts), ["\u{1112}\u{1161}\u{11ab}@example.com", "\u{d55c}@example.com"]);
}

#[test]
fn a_password_is_compared_in_one_form() {
    let typed = "pa\u{df}wo\u{308}rter\u{a0}\u{3000}";
    let password = Password::candidate(typed.to_owned());
    assert_eq!(password.expose(), "pa\u{df}w\u{f6}rter  ");
    assert_eq!(password.as_typed().unwrap().expose(), typed);
    assert!(password.as_typed().unwrap().as_typed().is_none());
    for text in ["correct horse", "w\u{f6}rter", " Case AND space "] {
        let password = Password::candidate(text.to_owned());
        assert_eq!(password.expose(), text);
        assert!(password.as_typed().is_none());
    }
    // What it takes is counted in this form.
    assert!("o\u{308}".repeat(7).parse::<Password>().is_err());
    assert!("o\u{308}".repeat(128).parse::<Password>().is_ok());
}

#[test]
fn a_password_has_8_to_128_characters() {
    for text in ["12345678", &"ü".repeat(8), &"ü".repeat(128)] {
        assert_eq!(text.parse::<Password>().unwrap().expose(), text);
    }
    for text in ["", "1234567", &"ü".repeat(7), &"a".repeat(129)] {
        assert_eq!(text.parse::<Password>().map(|_| ()), Err(InvalidPassword));
    }
    assert_eq!(Password::candidate("x".to_owned()).expose(), "x");
}

#[test]
fn secrets_are_never_shown() {
    let secret = "correct horse".to_owned();
    assert_eq!(format!("{:?}", Password::candidate(secret.clone())), "Password(…)");
    assert_eq!(format!("{:?}", PasswordHash::new(secret.clone())), "PasswordHash(…)");
    assert_eq!(format!("{:?}", SignedUrl::new(&secret)), "SignedUrl(…)");
    assert!(!format!("{:?}", crate::testing::an_account()).contains("hash of ada"));
}

#[test]
fn a_display_name_is_normalised_and_bounded() {
    assert_eq!("Zoe\u{308}".parse::<DisplayName>().unwrap().as_str(), "Zo\u{eb}");
    assert!("e\u{301}".repeat(255).parse::<DisplayName>().is_ok());
    for text in ["", "  ", "a\tb", &"a".repeat(256), &"a".repeat(10_000)] {
        assert!(text.parse::<DisplayName>().is_err());
    }
}

#[test]
fn a_new_display_name_has_no_invisible_characters_but_where_they_shape_the_text() {
    for text in
        ["Ada\u{200b}", "\u{202e}adA", "A\u{ad}da", "\u{3164}", "Ada\u{2066}", "\u{feff}Ada", "A\u{e0041}"]
    {
        assert!(text.parse::<DisplayName>().is_err(), "{}", text.escape_unicode());
        assert_eq!(DisplayName::from_stored(text).unwrap().as_str(), text);
    }
    for text in [
        "Ada",
        "\u{645}\u{6cc}\u{200c}\u{62e}",
        "\u{1f469}\u{200d}\u{1f467}",
        "\u{2764}\u{fe0f}",
        "\u{5e9}\u{5dc}",
    ] {
        assert_eq!(text.parse::<DisplayName>().unwrap().as_str(), text);
    }
    for text in ["", " ", "a\tb", "a\u{85}b", &"a".repeat(256)] {
        assert!(DisplayName::from_stored(text).is_err(), "{text:?}");
    }
}

#[test]
fn roles_are_read_back_from_their_names() {
    for role in [Role::User, Role::Admin] {
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    assert!("root".parse::<Role>().is_err() && "User".parse::<Role>().is_err());
}

proptest! {
    #[test]
    fn any_case_of_an_address_is_the_same_address(local in "[a-z0-9]{1,20}([._+-][a-z0-9]{1,9}){0,2}", domain in "[a-z0-9]{1,20}", mask in any::<u64>()) {
        let text = format!("{local}@{domain}.example");
        let mixed: String = text
            .chars()
            .enumerate()
            .map(|(at, c)| if mask >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let (plain, mixed): (Email, Email) = (text.parse().unwrap(), mixed.parse().unwrap());
        prop_assert_eq!(plain.key(), mixed.key());
        prop_assert_eq!(plain, mixed);
    }

    #[test]
    fn an_address_in_ascii_has_the_key_that_the_standard_gives_it(local in "[A-Za-z0-9]{1,9}", domain in "(xn--|[A-Za-z0-9]{1,3}--?)?[A-Za-z0-9]{1,9}(\\.(xn--)?[A-Za-z]{2,5}){1,2}") {
        let standard = idna::domain_to_ascii(&domain).ok();
        if let (Ok(email), Some(standard)) = (format!("{local}@{domain}").parse::<Email>(), standard) {
            prop_assert_eq!(email.key(), format!("{}@{standard}", local.to_lowercase()));
        }
    }

    #[test]
    fn no_accepted_address_could_break_a_header(text in any::<String>()) {
        if let Ok(email) = text.parse::<Email>() {
            prop_assert!(email.as_str().len() <= 254 && !email.as_str().chars().any(char::is_control));
            prop_assert_eq!(email.as_str().matches('@').count(), 1);
        }
    }
}
