#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_fuzzing::changed_lines;
use proptest::prelude::*;

use super::sniff;
use crate::files::MediaType;

mod containers;
mod printable;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txthello";

const HEADS: &str = include_str!("../../../corpus/heads.txt");

fn sniffed(head: &[u8], claimed: Option<&str>) -> String {
    sniff(head, claimed.map(|text| text.parse().unwrap()).as_ref()).to_string()
}

#[test]
fn pictures_are_known_by_their_magic_number_whatever_is_claimed() {
    let bmp = [b"BM".as_slice(), &[0; 60]].concat();
    for (head, expected) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (&bmp, "image/bmp"),
        (b"II*\0\x08\0\0\0\0\0\0\0", "image/tiff"),
        (b"%PDF-1.7\n", "application/pdf"),
    ] {
        for claimed in
            [None, Some("text/plain"), Some("text/html"), Some("application/zip"), Some("image/x-other")]
        {
            assert_eq!(sniffed(head, claimed), expected, "claimed {claimed:?}");
        }
    }
}

#[test]
fn a_type_whose_magic_number_the_bytes_lack_is_not_believed() {
    for claimed in ["image/png", "image/jpeg", "application/pdf", "application/zip", "video/mp4"] {
        assert_eq!(sniffed(b"just some words", Some(claimed)), "application/octet-stream");
    }
    assert_eq!(sniffed(b"", Some("image/png")), "application/octet-stream");
}

#[test]
fn where_the_bytes_say_nothing_the_client_is_believed() {
    for claimed in ["text/plain", "text/csv", "application/json", "text/html", "application/x-unheard-of"] {
        assert_eq!(sniffed(b"just some words", Some(claimed)), claimed);
    }
    assert_eq!(sniffed(b"just some words", None), "application/octet-stream");
    assert_eq!(sniffed(b"", None), "application/octet-stream");
}

#[test]
fn what_a_container_may_hold_is_believed() {
    assert_eq!(sniffed(ZIP, None), "application/zip");
    for claimed in [DOCX, "application/vnd.oasis.opendocument.text", "application/java-archive"] {
        assert_eq!(sniffed(ZIP, Some(claimed)), claimed);
    }
    for claimed in ["image/png", "text/html", "application/msword", "text/plain"] {
        assert_eq!(sniffed(ZIP, Some(claimed)), "application/zip");
    }
    assert_eq!(sniffed(b"\x1f\x8b\x08\0\0\0\0\0", Some("application/x-tgz")), "application/x-tgz");
}

#[test]
fn html_is_html_and_never_safe() {
    for head in [b"<!DOCTYPE html><html>".as_slice(), b"<html><body>"] {
        let found = sniff(head, Some(&"text/plain".parse().unwrap()));
        assert_eq!(found.as_str(), "text/html");
        assert_eq!(found.safe(), MediaType::octet_stream());
    }
}

#[test]
fn svg_is_kept_as_what_it_is_and_handed_out_as_bytes() {
    for head in [
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".as_slice(),
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    ] {
        let found = sniff(head, Some(&"image/svg+xml".parse().unwrap()));
        assert_eq!(found.as_str(), "image/svg+xml");
        assert_eq!(found.safe(), MediaType::octet_stream());
    }
}

proptest! {
    #[test]
    fn bytes_of_any_kind_have_a_type(head in prop::collection::vec(any::<u8>(), 0..64)) {
        let found = sniff(&head, None);
        prop_assert_eq!(found.as_str().parse(), Ok(found.clone()));
        // Bytes that are no picture are not taken for one, whatever the client claims.
        let png = "image/png".parse().unwrap();
        prop_assert!(sniff(&head, Some(&png)) != png || head.starts_with(b"\x89PNG"));
    }

    #[test]
    fn changed_heads_of_every_format_have_a_type_that_no_browser_runs(
        head in changed_lines(HEADS),
        claimed in prop_oneof![Just("text/html"), Just("image/svg+xml"), Just("image/png"), Just("video/mp4"), Just("audio/ogg")],
    ) {
        for claimed in [None, Some(claimed)] {
            let found = sniff(&head, claimed.map(|claimed| claimed.parse().unwrap()).as_ref());
            prop_assert_eq!(found.as_str().parse(), Ok(found.clone()));
            prop_assert!(!found.safe().is_active(), "{}", found);
            prop_assert!(found.as_str() != "image/png" || head.starts_with(b"\x89PNG"), "{:?}", claimed);
        }
    }
}
