#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::Placeholder;

#[test]
fn it_keeps_the_bytes_it_takes() {
    for length in [1, 5, Placeholder::MAX_BYTES] {
        let hash: Vec<u8> = (1_u8..).take(length).collect();
        assert_eq!(Placeholder::new(&hash).unwrap().as_bytes(), hash);
    }
    assert_ne!(Placeholder::new(&[7]), Placeholder::new(&[7, 0]), "a zero at the end counts");
}

#[test]
fn it_reads_the_base64_that_it_writes_and_nothing_else() {
    for length in [1, 2, 3, Placeholder::MAX_BYTES] {
        let placeholder = Placeholder::new(&[0xA5; Placeholder::MAX_BYTES][..length]).unwrap();
        assert_eq!(Placeholder::parse(&placeholder.to_string()), Some(placeholder));
    }
    assert_eq!(Placeholder::new(&[0xFF, 0xEF]).unwrap().to_string(), "/+8=");
    let (long, longer) = ("A".repeat(40), "A".repeat(400));
    for text in ["", "/+8", "_-8=", "AAAA AAAA", long.as_str(), longer.as_str()] {
        assert_eq!(Placeholder::parse(text), None, "{text}");
    }
}

#[test]
fn it_takes_neither_nothing_nor_more_than_a_hash_has() {
    assert_eq!(Placeholder::new(&[]), None);
    assert_eq!(Placeholder::new(&[0; Placeholder::MAX_BYTES + 1]), None);
}
