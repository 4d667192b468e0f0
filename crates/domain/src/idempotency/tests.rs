use proptest::prelude::*;

use super::IdempotencyKey;

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    for text in ["a", "!~", "8f14e45f-ceea-467f-9a8c-1a2b3c4d5e6f", &"k".repeat(255)] {
        assert_eq!(text.parse::<IdempotencyKey>().map(|key| key.to_string()).as_deref(), Ok(text));
    }
    for text in ["", " ", "a b", "a\t", "é", "a\u{7f}", &"k".repeat(256)] {
        assert!(text.parse::<IdempotencyKey>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_text_is_a_key_by_its_characters_and_their_number_alone(text in "[ -~]{0,300}|[!-~]{0,300}|\\PC{0,9}") {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_key = visible && (1..=255).contains(&text.len());
        prop_assert_eq!(text.parse::<IdempotencyKey>().ok().map(|key| key.to_string()), is_key.then_some(text));
    }
}
