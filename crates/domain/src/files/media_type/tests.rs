#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::MediaType;
use crate::files::Charset;

fn media_type(text: &str) -> MediaType {
    text.parse().unwrap()
}

#[test]
fn parameters_are_dropped_and_letters_lowered() {
    assert_eq!(media_type("Text/HTML; charset=UTF-8").as_str(), "text/html");
    assert_eq!(media_type(" image/PNG ;q=1").as_str(), "image/png");
    assert_eq!(media_type("image/png").family(), "image");
}

#[test]
fn a_type_of_a_row_is_the_one_that_was_stored() {
    for text in ["image/png", "text/plain", "text/plain; charset=iso-8859-1", "text/html"] {
        let stored = media_type(text);
        let read = MediaType::from_trusted(stored.as_str().to_owned(), stored.charset().cloned());
        assert_eq!(read, stored);
    }
    assert_eq!(MediaType::png(), media_type("image/png"));
}

#[test]
fn the_charset_of_a_text_is_kept() {
    for (text, expected) in [
        ("text/plain; charset=UTF-8", "text/plain; charset=utf-8"),
        ("text/csv;header=present;Charset=\"iso-8859-1\"", "text/csv; charset=iso-8859-1"),
        ("text/plain;charset=", "text/plain"),
        ("text/plain; charset=binary", "text/plain"),
        ("text/plain; charset=a b", "text/plain"),
        ("application/json; charset=utf-8", "application/json"),
        ("image/png; charset=binary", "image/png"),
        // Never shown as a text.
        ("text/html; charset=utf-7", "text/html"),
    ] {
        let read = media_type(text);
        assert_eq!(read.to_string(), expected, "{text}");
        assert_eq!(read.as_str(), expected.split(';').next().unwrap());
        assert_eq!(media_type(&read.to_string()), read);
    }
    let plain = media_type("text/plain");
    assert!(plain.lacks_charset());
    let read = plain.or_charset(Some(Charset::utf_8()));
    assert_eq!(read.to_string(), "text/plain; charset=utf-8");
    assert_eq!(read.clone().or_charset(Some(Charset::utf_16())), read, "the client's stays");
    assert_eq!(media_type("image/png").or_charset(Some(Charset::utf_8())).charset(), None);
}

#[test]
fn what_is_no_type_is_refused() {
    for text in [
        "",
        "image",
        "image/",
        "/png",
        "image/*",
        "*/*",
        "a b/c",
        "a/b/c",
        "a/b c",
        "é/x",
        "a/b\r\nX: y",
        ";",
    ] {
        assert!(text.parse::<MediaType>().is_err(), "{text:?}");
    }
    assert!(format!("a/{}", "b".repeat(253)).parse::<MediaType>().is_ok());
    assert!(format!("a/{}", "b".repeat(254)).parse::<MediaType>().is_err());
}

#[test]
fn what_a_browser_would_run_is_neither_shown_nor_named() {
    for text in [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "application/xslt+xml",
        "text/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "text/jscript",
        "text/css",
        "application/wasm",
        "video/x+xml",
        "multipart/related",
        "multipart/x-mixed-replace",
        "Multipart/Mixed",
        "message/rfc822",
        "message/http",
        "MESSAGE/external-body",
        "text/rfc822-headers",
    ] {
        assert!(media_type(text).is_active(), "{text}");
        assert!(!media_type(text).may_be_inline(), "{text}");
        assert_eq!(media_type(text).safe(), MediaType::octet_stream(), "{text}");
    }
}

#[test]
fn harmless_types_are_named_as_they_are() {
    let form = media_type("multipart/form-data");
    assert_eq!((form.safe(), form.may_be_inline()), (form.clone(), false));
    for text in ["image/png", "application/pdf", "text/plain", "video/mp4", "audio/ogg"] {
        assert!(media_type(text).may_be_inline(), "{text}");
        assert_eq!(media_type(text).safe(), media_type(text));
    }
    for text in ["application/zip", "text/csv", "application/octet-stream", "image/x-unheard-of"] {
        assert!(!media_type(text).may_be_inline(), "{text}");
        assert_eq!(media_type(text).safe(), media_type(text));
    }
}

proptest! {
    #[test]
    fn a_type_is_read_back_from_its_text(text in "[!#$%&'+.^_`|~0-9A-Za-z-]{1,20}/[!#$%&'+.^_`|~0-9A-Za-z-]{1,20}( ?;.{0,9})?") {
        let read = media_type(&text);
        prop_assert_eq!(read.as_str(), text.split(';').next().unwrap().trim().to_ascii_lowercase());
        prop_assert_eq!(media_type(&read.to_string()), read.clone());
        prop_assert!(!read.safe().is_active());
    }

    #[test]
    fn nothing_accepted_could_break_a_header(text in any::<String>()) {
        if let Ok(read) = text.parse::<MediaType>() {
            prop_assert!(read.as_str().len() <= 255 && read.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
