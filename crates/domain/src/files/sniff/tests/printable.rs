//! Magic numbers that are letters: many a text begins with them.

use super::sniffed;

#[test]
fn text_that_begins_like_a_magic_number_is_text() {
    for text in [
        "BMI,age,name\n21.5,40,Ada\n",
        "BM",
        "BM of the quarter\tÄÖ",
        "MZ,PZ\n1,2\n",
        "ID3 tags in a nutshell",
        "ID3v2.4 frames",
        "FWS (Fish and Wildlife Service)",
        "CWS and FWS",
        "BZh is how it begins",
        "BZh9 compresses best",
        "BZ3v1 is another",
        "8BPS is what Photoshop writes",
        "GIF89a was published in 1989",
        "GIFs of cats",
        "BC,AD\n44,14\n",
        "We like WEBP pictures",
        "RIFFs and WEBP tunes",
        "%!x",
        "%PDF is four letters",
        "A text whose third word is %PDF-1.7, which is followed by others",
        "{\\rtfm}",
        "SQLite is a library",
        "LZIP, GZIP and others",
        "MThd begins a song",
        "DSD and PCM",
        "MAC addresses of all machines",
        "M4A files",
        "fLaC is a codec, OggS a container",
        "OggS is how pages begin",
        "Cr24 extensions",
        "MSCF cabinets",
        "AC1015 drawings",
        "070701 was a Sunday",
        "!<arch>\nA text on archives that is long enough for a header of sixty bytes and two more",
        "#!important\n",
        "The moov box is the index",
        "The atom is mdat, it says",
        "RF64 is a WAVE",
        "OTTO and others",
    ] {
        for claimed in ["text/plain", "text/csv", "text/markdown", "application/json", "application/x-own"] {
            assert_eq!(sniffed(text.as_bytes(), Some(claimed)), claimed, "{text:?}");
        }
        assert_eq!(sniffed(text.as_bytes(), None), "application/octet-stream", "{text:?}");
    }
}

#[test]
fn text_is_no_picture_whatever_is_claimed() {
    for claimed in
        ["image/apng", "image/heif", "image/x-icon", "image/avif", "image/bmp", "video/ogg", "audio/flac"]
    {
        assert_eq!(sniffed(b"BMI,age,name\n", Some(claimed)), "application/octet-stream", "{claimed}");
    }
}

#[test]
fn text_in_latin_1_and_utf_16_that_begins_like_a_magic_number_is_text() {
    assert_eq!(sniffed(b"BM\xfcller,\xc4rzte und andere Namen", Some("text/csv")), "text/csv");
    // The mark of UTF-16 looks like a frame of MPEG audio.
    let utf_16: Vec<u8> = "\u{feff}Grüße aus München".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(sniffed(&utf_16, Some("text/plain")), "text/plain");
    assert_eq!(sniffed(&utf_16, Some("audio/mpeg")), "application/octet-stream");
}

#[test]
fn what_has_the_rest_of_the_format_too_is_known() {
    let dos = [b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".as_slice(), &[0; 50]].concat();
    let sqlite = b"SQLite format 3\0\x10\0\x01\x01\0@  ";
    let cpio = [b"070701".as_slice(), &[b'0'; 104]].concat();
    let ar = [b"!<arch>\nhello.o/        0           0     0     644     4         `\n".as_slice(), b"code"]
        .concat();
    let v3 =
        [b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0".as_slice(), &[0; 30]]
            .concat();
    for (head, expected) in [
        (dos.as_slice(), "application/vnd.microsoft.portable-executable"),
        (b"BZh91AY&SY\x12\x34", "application/x-bzip2"),
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", "application/x-bzip2"),
        (b"8BPS\0\x01\0\0\0\0\0\0\0\x03", "image/vnd.adobe.photoshop"),
        (b"FWS\x09\x30\0\0\0\x78\0", "application/x-shockwave-flash"),
        (b"BC\xc0\xde\x35\x14", "application/x-llvm"),
        (sqlite, "application/vnd.sqlite3"),
        (&cpio, "application/x-cpio"),
        (&ar, "application/x-unix-archive"),
        (&v3, "image/bmp"),
        (b"%!PS-Adobe-3.0\n", "application/postscript"),
        (b"{\\rtf1\\ansi}", "application/rtf"),
        (b"%PDF-1.4 \r\n", "application/pdf"),
        (b"\n%PDF-2.0\n", "application/pdf"),
        (b"MThd\0\0\0\x06\0\x01", "audio/midi"),
        (b"#!AMR\n\x04", "audio/amr"),
        (b"#!AMR-WB\n\x04", "audio/amr-wb"),
        (b"fLaC\0\0\0\x22\x10\0", "audio/flac"),
    ] {
        for claimed in [None, Some("text/plain"), Some("text/csv")] {
            assert_eq!(sniffed(head, claimed), expected, "{head:?}");
        }
    }
}

#[test]
fn a_pdf_with_bytes_before_its_header_is_one_where_that_is_claimed() {
    let mailed = b"Received: by mail\r\n\r\n%PDF-1.5\n%\xe2\xe3";
    assert_eq!(sniffed(mailed, Some("application/pdf")), "application/pdf");
    assert_eq!(sniffed(mailed, Some("text/plain")), "text/plain");
    let page = b"<html><body>%PDF-1.5\n";
    assert_eq!(sniffed(page, Some("application/pdf")), "text/html");
}

#[test]
fn a_script_is_what_its_client_calls_it() {
    let script = b"#!/usr/bin/env python3\n";
    assert_eq!(sniffed(script, None), "text/x-shellscript");
    for claimed in ["text/x-python", "text/plain", "application/javascript", "application/x-sh"] {
        assert_eq!(sniffed(script, Some(claimed)), claimed);
    }
    assert_eq!(sniffed(script, Some("image/png")), "text/x-shellscript");
}

#[test]
fn certificates_are_text_and_what_their_client_calls_them() {
    let pem = b"-----BEGIN CERTIFICATE-----\nMIIB";
    assert_eq!(sniffed(pem, None), "application/pem-certificate-chain");
    for claimed in ["text/plain", "application/x-x509-ca-cert", "application/x-pem-file"] {
        assert_eq!(sniffed(pem, Some(claimed)), claimed);
    }
    let signed = b"-----BEGIN PGP SIGNED MESSAGE-----\n";
    assert_eq!(sniffed(signed, Some("text/plain")), "text/plain");
    let der = b"\x30\x82\x03\x01\x30\x82\x02\x01";
    assert_eq!(sniffed(der, Some("text/plain")), "application/x-x509-ca-cert");
    assert_eq!(sniffed(der, Some("application/x-pkcs12")), "application/x-pkcs12");
}

#[test]
fn markdown_may_begin_with_a_tag_and_plain_text_may_not() {
    let head = b"<h1 align=\"center\">Title</h1>";
    assert_eq!(sniffed(head, Some("text/markdown")), "text/markdown");
    for claimed in ["text/plain", "image/png", "application/pdf", "audio/mpeg", "application/zip"] {
        assert_eq!(sniffed(head, Some(claimed)), "text/html", "{claimed}");
        assert_eq!(sniffed(&[b"\xef\xbb\xbf".as_slice(), head].concat(), Some(claimed)), "text/html");
    }
}
