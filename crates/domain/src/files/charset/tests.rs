#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

fn check(pieces: &[&[u8]]) -> Option<String> {
    let mut check = CharsetCheck::default();
    for piece in pieces {
        check.update(piece);
        check = CharsetCheck::from_bytes(&check.to_bytes()).unwrap();
    }
    assert_eq!(check.seen(), pieces.concat().len() as u64);
    check.finish().map(|charset| charset.to_string())
}

#[test]
fn utf_8_is_known_with_and_without_its_mark() {
    for text in ["", "plain ASCII", "Grüße", "日本語 🌍", "\u{feff}marked"] {
        assert_eq!(check(&[text.as_bytes()]).as_deref(), Some("utf-8"), "{text:?}");
    }
}

#[test]
fn other_encodings_are_not_taken_for_utf_8() {
    for bytes in [
        b"Gr\xfc\xdfe".as_slice(),
        b"\xff",
        b"cut \xe2\x82",
        b"overlong \xc0\xaf",
        b"surrogate \xed\xa0\x80",
        b"beyond \xf4\x90\x80\x80",
        b"\x80 alone",
        b"late \xe4",
    ] {
        assert_eq!(check(&[bytes]), None, "{bytes:x?}");
    }
}

#[test]
fn utf_16_is_known_by_its_mark_alone() {
    let text = "Grüße".encode_utf16();
    let little: Vec<u8> = text.clone().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.flat_map(u16::to_be_bytes).collect();
    assert_eq!(check(&[b"\xff\xfe", &little]).as_deref(), Some("utf-16"));
    assert_eq!(check(&[b"\xfe", b"\xff", &big]).as_deref(), Some("utf-16"));
    assert_eq!(check(&[b"\xff", b"x"]), None);
    assert_eq!(check(&[&little]), None);
    assert_eq!(check(&[b"\xff\xfe", &little[1..]]), None, "half a unit is missing");
}

#[test]
fn names_are_read_in_any_case() {
    assert_eq!("UTF-8".parse(), Ok(Charset::utf_8()));
    for name in ["iso-8859-1", "windows-1252", "shift_jis"] {
        assert_eq!(name.parse::<Charset>().unwrap().as_str(), name);
    }
    for text in [
        "",
        "binary",
        "unknown-8bit",
        "iso_8859-1:1987",
        "a b",
        "a;b",
        "\"x\"",
        "é",
        "a\r\nb",
        &"x".repeat(41),
    ] {
        assert_eq!(text.parse::<Charset>(), Err(InvalidCharset), "{text:?}");
    }
}

#[test]
fn what_is_no_state_is_refused() {
    for bytes in [b"".as_slice(), b"\0\0\0\0\0\0\0\0", b"\0\0\0\0\0\0\0\0\x03", b"\0\0\0\0\0\0\0\0\0abcd"] {
        assert_eq!(CharsetCheck::from_bytes(bytes), Err(InvalidCharsetCheck));
    }
}

proptest! {
    #[test]
    fn pieces_are_judged_like_the_whole(
        text in "\\PC{0,60}",
        broken in prop::option::of((0_usize..200, any::<u8>())),
        cuts in prop::collection::vec(0_usize..200, 0..6),
    ) {
        let mut bytes = text.into_bytes();
        if let Some((at, byte)) = broken {
            let at = at % (bytes.len() + 1);
            bytes.insert(at, byte);
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let found = check(&pieces);
        prop_assert_eq!(found.as_deref() == Some("utf-8"), std::str::from_utf8(&bytes).is_ok());
        prop_assert_eq!(found, check(&[&bytes]));
    }
}
