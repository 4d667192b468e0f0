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
