#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use fm_domain::blobs::Disposition;
use fm_domain::body::BodyError;
use fm_domain::files::FileName;
use fm_fuzzing::changed_lines;
use proptest::prelude::*;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::{GivenName, PartHead, boundary};

fn given(disposition: &[u8]) -> Option<GivenName> {
    PartHead::parse(&[b"Content-Disposition: ", disposition].concat()).unwrap().filename
}

fn read(disposition: &str) -> Option<String> {
    match given(disposition.as_bytes()) {
        Some(GivenName::Text(text)) => Some(text),
        Some(GivenName::NotUtf8) | None => None,
    }
}

#[test]
fn names_are_read_as_clients_write_them() {
    assert_eq!(read(r#"form-data; name="file"; filename="a;b=c.png""#).unwrap(), "a;b=c.png");
    assert_eq!(read(r#"form-data; filename="日本.png"; name="file""#).unwrap(), "日本.png");
    assert_eq!(read(r#"form-data; name="file"; filename="a \"b\".png""#).unwrap(), r#"a "b".png"#);
    assert_eq!(read("form-data; name=file; FileName=x.png").unwrap(), "x.png");
    assert_eq!(read(r#"form-data; name="file"; filename="C:\dir\x.png""#).unwrap(), r"C:\dir\x.png");
    assert_eq!(read(r#"form-data; name="file"; filename="C:\\dir\\x.png""#).unwrap(), r"C:\dir\x.png");
    assert_eq!(read(r#"form-data; name="file""#), None);
}

#[test]
fn the_three_escapes_of_browsers_are_undone_and_no_others() {
    assert_eq!(read(r#"form-data; name="file"; filename="a%22b.txt""#).unwrap(), "a\"b.txt");
    assert_eq!(read(r#"form-data; name="file"; filename="a%0D%0Ab.txt""#).unwrap(), "a\r\nb.txt");
    for kept in ["up%20%C3%A9.bin", "100%.txt", "a%2522b", "%0d%0a", "%2F", "%00"] {
        let read = read(&format!(r#"form-data; name="file"; filename="{kept}""#)).unwrap();
        assert_eq!(read, kept);
    }
    let part = PartHead::parse(b"Content-Disposition: form-data; name=\"a%22b\"").unwrap();
    assert_eq!(part.field, "a\"b");
}

#[test]
fn the_extended_name_wins() {
    let both = r#"form-data; name="file"; filename="e.png"; filename*=UTF-8''%C3%A9.png"#;
    assert_eq!(read(both).unwrap(), "é.png");
    assert_eq!(read("form-data; name=f; filename*=iso-8859-1'en'%E9.png").unwrap(), "é.png");
    assert_eq!(read("form-data; name=f; filename=a; filename*=klingon''x").unwrap(), "a");
    assert_eq!(read("form-data; name=f; filename*=UTF-8''a%2522b").unwrap(), "a%22b");
}

#[test]
fn a_name_that_is_not_utf8_spoils_nothing_else() {
    assert_eq!(given(b"form-data; name=f; filename=\"caf\xe9.txt\""), Some(GivenName::NotUtf8));
    for both in [
        &b"form-data; name=f; filename=\"caf\xe9.txt\"; filename*=UTF-8''caf%C3%A9.txt"[..],
        b"form-data; name=f; filename*=UTF-8''caf%C3%A9.txt; filename=\"caf\xe9.txt\"",
    ] {
        assert_eq!(given(both), Some(GivenName::Text("café.txt".to_owned())));
    }
}

#[test]
fn a_bad_name_is_still_a_name() {
    assert_eq!(read("form-data; name=f; filename=\"a\0b\nc\"").unwrap(), "a\0b\nc");
}

#[test]
fn a_folded_line_goes_on() {
    let head = b"Content-Disposition: form-data;\r\n name=\"file\";\r\n\t filename=\"a.png\"\r\nContent-Type:\r\n image/png";
    let part = PartHead::parse(head).unwrap();
    assert_eq!((part.field.as_str(), &part.filename), ("file", &Some(GivenName::Text("a.png".to_owned()))));
    assert_eq!(part.claimed_type().unwrap().as_str(), "image/png");
}

#[test]
fn bytes_that_stand_for_others_are_refused() {
    let head = |field: &str| format!("Content-Disposition: form-data; name=file\r\n{field}").into_bytes();
    for plain in ["7bit", "8bit", "Binary", ""] {
        assert!(PartHead::parse(&head(&format!("Content-Transfer-Encoding: {plain}"))).is_ok(), "{plain}");
    }
    assert!(PartHead::parse(&head("Content-Encoding: identity")).is_ok());
    for field in [
        "Content-Transfer-Encoding: base64",
        "content-transfer-encoding: Quoted-Printable",
        "Content-Transfer-Encoding: x-uuencode",
        "Content-Encoding: gzip",
    ] {
        let refusal = PartHead::parse(&head(field)).unwrap_err();
        let BodyError::Malformed(detail) = refusal else { panic!("{field}: {refusal:?}") };
        assert!(detail.contains("Content-Transfer-Encoding"), "{detail}");
    }
}

#[test]
fn a_head_must_say_which_field_it_is_for() {
    for head in [
        &b""[..],
        b"Content-Type: text/plain",
        b"Content-Disposition: form-data",
        b"Content-Disposition: attachment; name=a",
        b"no header",
        b"Content-Disposition: form-data; name=\xff",
    ] {
        assert!(PartHead::parse(head).is_err(), "{head:?}");
    }
}

#[test]
fn what_is_given_twice_is_refused() {
    for head in [
        "Content-Disposition: form-data; name=file\r\nContent-Disposition: form-data; name=file",
        "Content-Disposition: form-data; name=name\r\ncontent-disposition: form-data; name=file",
        "Content-Disposition: form-data; name=file; name=name",
        "Content-Disposition: form-data; name=file; NAME=file",
        "Content-Disposition: form-data; name=file; filename=a; filename=b",
        "Content-Disposition: form-data; name=file; filename*=UTF-8''a; FileName*=UTF-8''b",
        "Content-Disposition: form-data; name=file\r\nContent-Type: text/plain\r\nContent-Type: text/html",
    ] {
        let refusal = PartHead::parse(head.as_bytes()).unwrap_err();
        assert!(matches!(refusal, BodyError::Malformed(detail) if detail.contains("twice")), "{head}");
    }
    // Both forms of one name belong together (RFC 6266, section 4.3).
    let both = b"Content-Disposition: form-data; name=file; filename=a; filename*=UTF-8''%C3%A4";
    assert_eq!(PartHead::parse(both).unwrap().filename, Some(GivenName::Text("\u{e4}".to_owned())));
    let mut headers = HeaderMap::new();
    for (value, expected) in [("x/y; boundary=a", Some("a")), ("x/y; boundary=a; Boundary=b", None)] {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        assert_eq!(boundary(&headers).as_deref(), expected);
    }
}

const HEADS: &str = include_str!("../../../corpus/part-heads.txt");

proptest! {
    #[test]
    fn a_head_is_refused_or_says_no_more_than_it_holds(head in changed_lines(HEADS)) {
        if let Ok(part) = PartHead::parse(&head) {
            prop_assert!(part.field.len() <= head.len());
            if let Some(GivenName::Text(name)) = &part.filename {
                // A byte of ISO 8859-1 is one of two in UTF-8.
                prop_assert!(name.len() <= 2 * head.len());
            }
            let fields: usize = part.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
            prop_assert!(fields <= 2 * head.len());
        }
    }

    #[test]
    fn a_name_comes_through_as_browsers_write_it(name in "[^%\\\\]{0,40}") {
        let written = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        prop_assert_eq!(read(&format!("form-data; name=\"file\"; filename=\"{written}\"")), Some(name));
    }

    #[test]
    fn a_name_that_we_write_is_read_back(text in ".{1,255}") {
        let Ok(name) = text.parse::<FileName>() else { return Ok(()) };
        let written = Disposition::Attachment.header_value(&name);
        let written = written.strip_prefix("attachment").unwrap();
        let read = read(&format!("form-data; name=file{written}"));
        prop_assert_eq!(read.as_deref(), Some(name.as_str()));
    }
}
