#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_fuzzing::changed_text;
use proptest::prelude::*;
use uuid::Uuid;

use super::{AccessToken, RefreshToken};
use crate::ids::SessionId;
use crate::sessions::Generation;
use crate::testing::{CountingIds, PlainMacs};

const TOKENS: &str = include_str!("../../../corpus/tokens.txt");

fn a_token() -> RefreshToken {
    RefreshToken::issue(SessionId::new(CountingIds::nth(1)), Generation::new(7), &[3; 16], &PlainMacs)
}

/// Refresh tokens live for weeks.
#[test]
fn a_token_that_was_given_out_before_is_still_genuine() {
    let text = "00000000-0000-7000-8000-000000000001.7.hKbyrBG5-qGRHtEQ6G7k-hM4V2yUXYhq5AGeAAyhduc";
    assert_eq!(a_token().expose().as_str(), text);
    let read = RefreshToken::parse(text).unwrap();
    assert_eq!((read.session, read.generation), (a_token().session, a_token().generation));
    assert!(read.is_genuine(&[3; 16], &PlainMacs));
}

#[test]
fn what_is_no_token_is_not_read() {
    let text = a_token().expose().to_string();
    let fields: Vec<&str> = text.split('.').collect();
    let (session, mac) = (fields[0], fields[2]);
    for text in [
        String::new(),
        "..".to_owned(),
        format!("{session}.7"),
        format!("{session}.7.{mac}."),
        format!("{session}.7.{mac}.x"),
        format!("{session}.+7.{mac}"),
        format!("{session}.-7.{mac}"),
        format!("{session}..{mac}"),
        format!("{session}.4294967296.{mac}"),
        format!("{session}.7.{mac}A"),
        format!("{session}.7.{}", &mac[1..]),
        format!("{{{session}}}.7.{mac}"),
        format!(" {session}.7.{mac}"),
    ] {
        assert!(RefreshToken::parse(&text).is_none(), "{text}");
    }
}

#[test]
fn neither_token_shows_itself() {
    let refresh = a_token();
    let mac = refresh.expose().rsplit('.').next().unwrap().to_owned();
    assert!(!format!("{refresh:?}").contains(&mac));
    let access = AccessToken::new("header.payload.signature".to_owned());
    assert_eq!(format!("{access:?}"), "AccessToken(…)");
    assert_eq!(access.expose(), "header.payload.signature");
}

proptest! {
    #[test]
    fn a_token_is_read_back_and_genuine_with_its_own_salt_alone(id in any::<u128>(), generation in any::<u32>(), salt in any::<[u8; 16]>(), other in any::<[u8; 16]>()) {
        prop_assume!(salt != other);
        let session = SessionId::new(Uuid::from_u128(id));
        let issued = RefreshToken::issue(session, Generation::new(generation), &salt, &PlainMacs);
        let read = RefreshToken::parse(&issued.expose()).unwrap();
        prop_assert_eq!((read.session, read.generation.number()), (session, generation));
        prop_assert_eq!(read.expose(), issued.expose());
        prop_assert!(read.is_genuine(&salt, &PlainMacs));
        prop_assert!(!read.is_genuine(&other, &PlainMacs));
    }

    #[test]
    fn a_token_with_a_changed_byte_is_not_genuine(at in any::<prop::sample::Index>(), other in 0_u8..128) {
        let text = a_token().expose().to_string();
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        // An id is the same in either case.
        prop_assume!(!bytes[at].eq_ignore_ascii_case(&other) || at > 36 && bytes[at] != other);
        bytes[at] = other;
        let read = RefreshToken::parse(&String::from_utf8(bytes).unwrap());
        prop_assert!(!read.is_some_and(|read| read.is_genuine(&[3; 16], &PlainMacs)));
    }

    #[test]
    fn what_is_read_of_any_text_is_written_and_read_again(text in changed_text(TOKENS)) {
        if let Some(read) = RefreshToken::parse(&text) {
            let written = read.expose().to_string();
            prop_assert!(written.len() <= text.len());
            let again = RefreshToken::parse(&written).unwrap();
            prop_assert_eq!((again.session, again.generation), (read.session, read.generation));
            let is_ours = written == a_token().expose().as_str();
            prop_assert_eq!(read.is_genuine(&[3; 16], &PlainMacs), is_ours, "{}", text);
        }
    }
}
