//! Containers that say inside of what kind they are, and claims that fit them.

use super::{ZIP, sniffed};
use crate::files::{MediaType, sniff};

fn iso_media(kind: &[u8], major: &[u8], compatible: &[&[u8]]) -> Vec<u8> {
    let size = 16 + 4 * u32::try_from(compatible.len()).unwrap();
    [&size.to_be_bytes(), kind, major, &[0, 0, 2, 0], &compatible.concat(), b"\0\0\0\x08moov"].concat()
}

/// A frame of `length` bytes and the header of the next one.
fn mpeg_frames(header: [u8; 4], length: usize) -> Vec<u8> {
    let mut frames = header.to_vec();
    frames.resize(length, 0x55);
    frames.extend(header);
    frames
}

fn id3(content: usize) -> Vec<u8> {
    let size = [0, 0, u8::try_from(content >> 7).unwrap(), u8::try_from(content & 0x7f).unwrap()];
    [b"ID3\x04\0\0".as_slice(), &size, &vec![0; content]].concat()
}

fn ogg_page(packet: &[u8]) -> Vec<u8> {
    let length = u8::try_from(packet.len()).unwrap();
    [b"OggS\0\x02".as_slice(), &[0; 20], &[1, length], packet].concat()
}

fn ebml(doc_type: &[u8]) -> Vec<u8> {
    let length = u8::try_from(doc_type.len()).unwrap();
    let content = [b"\x42\x86\x81\x01\x42\x82".as_slice(), &[0x80 | length], doc_type].concat();
    [b"\x1a\x45\xdf\xa3".as_slice(), &[0x80 | u8::try_from(content.len()).unwrap()], &content].concat()
}

#[test]
fn brands_name_the_kind_of_media() {
    for (major, compatible, expected) in [
        (b"XAVC", [b"XAVC", b"mp42", b"iso2"].as_slice(), "video/mp4"),
        (b"isom", &[b"iso2"], "video/mp4"),
        (b"nvr1", &[b"isom"], "video/mp4"),
        (b"qt  ", &[b"qt  "], "video/quicktime"),
        (b"M4A ", &[b"isom"], "audio/mp4"),
        (b"3gp5", &[b"isom"], "video/3gpp"),
        (b"3g2a", &[], "video/3gpp2"),
        (b"heic", &[b"mif1"], "image/heic"),
        (b"mif1", &[b"heic"], "image/heic"),
        (b"msf1", &[b"hevc"], "image/heic-sequence"),
        (b"mif1", &[b"miaf"], "image/heif"),
        (b"mif1", &[b"avif"], "image/avif"),
        (b"avis", &[], "image/avif"),
    ] {
        let compatible: Vec<&[u8]> = compatible.iter().map(|brand| brand.as_slice()).collect();
        let head = iso_media(b"ftyp", major, &compatible);
        for claimed in [None, Some("text/plain"), Some("application/zip"), Some("image/png")] {
            assert_eq!(sniffed(&head, claimed), expected, "{major:?}");
        }
        // What follows the list of brands may be cut off.
        assert_eq!(sniffed(&head[..head.len() - 8], None), expected, "{major:?}");
    }
}

#[test]
fn a_claim_counts_where_the_brand_says_no_more() {
    let unnamed = iso_media(b"ftyp", b"CAEP", &[b"CAEP"]);
    assert_eq!(sniffed(&unnamed, None), "application/octet-stream");
    for claimed in ["video/mp4", "audio/mp4", "video/quicktime", "image/heif", "image/avif"] {
        assert_eq!(sniffed(&unnamed, Some(claimed)), claimed);
    }
    for claimed in ["image/png", "audio/mpeg", "application/pdf"] {
        assert_eq!(sniffed(&unnamed, Some(claimed)), "application/octet-stream", "{claimed}");
    }
    let generic = iso_media(b"ftyp", b"isom", &[b"mp42"]);
    for claimed in ["audio/mp4", "audio/x-m4a", "video/x-m4v", "application/mp4"] {
        assert_eq!(sniffed(&generic, Some(claimed)), claimed);
    }
    assert_eq!(
        sniffed(&iso_media(b"styp", b"msdh", &[b"msix"]), Some("video/iso.segment")),
        "video/iso.segment"
    );
    assert_eq!(sniffed(&iso_media(b"ftyp", b"heic", &[]), Some("image/heif")), "image/heif");
    assert_eq!(sniffed(b"no box at all", Some("video/mp4")), "application/octet-stream");
    assert_eq!(sniffed(b"no box at all", Some("image/heic")), "application/octet-stream");
}

#[test]
fn frames_of_mpeg_audio_are_known_in_every_version() {
    for (header, length) in [
        ([0xff, 0xfb, 0x90, 0x00], 417),
        ([0xff, 0xfa, 0x90, 0x00], 417),
        ([0xff, 0xf3, 0x40, 0x00], 104),
        ([0xff, 0xe3, 0x40, 0x00], 208),
        ([0xff, 0xfd, 0x80, 0x00], 417),
    ] {
        let frames = mpeg_frames(header, length);
        assert_eq!(sniffed(&frames, None), "audio/mpeg", "{header:x?}");
        assert_eq!(sniffed(&frames, Some("audio/mpeg")), "audio/mpeg", "{header:x?}");
        assert_eq!(sniffed(&frames, Some("audio/flac")), "audio/mpeg", "{header:x?}");
        // Without a second frame at its place only the claim counts.
        let broken = mpeg_frames(header, length + 1);
        assert_eq!(sniffed(&broken, None), "application/octet-stream", "{header:x?}");
        assert_eq!(sniffed(&broken, Some("audio/mpeg")), "audio/mpeg", "{header:x?}");
    }
    let adts = [
        [0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc].as_slice(),
        &[0; 9],
        &[0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc],
    ]
    .concat();
    assert_eq!(sniffed(&adts, None), "audio/aac");
}

#[test]
fn what_is_behind_a_tag_decides_where_the_head_reaches_it() {
    let behind = |audio: &[u8]| [id3(300), audio.to_vec()].concat();
    let flac = behind(b"fLaC\0\0\0\x22\x10\0");
    let mp3 = behind(&mpeg_frames([0xff, 0xfb, 0x90, 0x00], 417));
    for claimed in [None, Some("audio/mpeg"), Some("audio/flac"), Some("text/plain")] {
        assert_eq!(sniffed(&flac, claimed), "audio/flac", "{claimed:?}");
        assert_eq!(sniffed(&mp3, claimed), "audio/mpeg", "{claimed:?}");
    }
    let cover = &id3(9000)[..8192];
    assert_eq!(sniffed(cover, None), "audio/mpeg");
    assert_eq!(sniffed(cover, Some("audio/flac")), "audio/flac");
    assert_eq!(sniffed(cover, Some("image/png")), "audio/mpeg");
}

#[test]
fn codecs_name_the_kind_of_ogg() {
    let (theora, vorbis, opus) =
        (ogg_page(b"\x80theora\x03"), ogg_page(b"\x01vorbis"), ogg_page(b"OpusHead\x01"));
    for (head, expected) in [
        (theora.clone(), "video/ogg"),
        ([vorbis.clone(), theora].concat(), "video/ogg"),
        (vorbis, "audio/ogg"),
        (opus.clone(), "audio/ogg"),
        (ogg_page(b"\x7fFLAC\x01"), "audio/ogg"),
        (ogg_page(b"fishead\0"), "application/ogg"),
    ] {
        assert_eq!(sniffed(&head, None), expected);
        assert_eq!(sniffed(&head, Some("image/png")), expected);
    }
    assert_eq!(sniffed(&opus, Some("audio/opus")), "audio/opus");
    assert_eq!(sniffed(&ogg_page(b"fishead\0"), Some("video/ogg")), "video/ogg");
}

#[test]
fn short_webm_is_webm() {
    assert_eq!(sniffed(&ebml(b"webm"), None), "video/webm");
    assert_eq!(sniffed(&ebml(b"webm"), Some("audio/webm")), "audio/webm");
    assert_eq!(sniffed(&ebml(b"matroska"), Some("video/webm")), "video/x-matroska");
    assert_eq!(sniffed(&ebml(b"other"), Some("video/webm")), "application/octet-stream");
}

#[test]
fn big_tiff_is_tiff() {
    for head in [b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".as_slice(), b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10"] {
        assert_eq!(sniffed(head, None), "image/tiff");
        assert_eq!(sniffed(head, Some("application/octet-stream")), "image/tiff");
    }
}

#[test]
fn a_tar_archive_is_known_by_its_checksum() {
    let mut header = [0_u8; 512];
    header[..7].copy_from_slice(b"BMI.csv");
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(b"00000000005");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_eq!(sniffed(&header, None), "application/x-tar");
    header[0] = b'C';
    assert_eq!(sniffed(&header, None), "application/octet-stream");
}

#[test]
fn packets_of_a_transport_stream_are_known_and_typescript_is_not_one() {
    let mut stream = vec![0xff; 188 * 4];
    stream.iter_mut().step_by(188).for_each(|byte| *byte = b'G');
    stream[3] = 0x10;
    assert_eq!(sniffed(&stream, None), "video/mp2t");
    assert_eq!(sniffed(&stream, Some("video/mpeg")), "video/mpeg");
    assert_eq!(sniffed(b"export const answer = 42;", Some("video/mp2t")), "application/octet-stream");
}

#[test]
fn a_claim_may_name_what_an_archive_holds() {
    for claimed in [
        "model/vnd.usdz+zip",
        "application/vnd.comicbook+zip",
        "application/vnd.unheard.of+zip",
        "model/3mf",
        "application/epub+zip",
        "application/vnd.android.package-archive",
        "application/x-cbz",
    ] {
        assert_eq!(sniffed(ZIP, Some(claimed)), claimed);
    }
    // Not where a browser would show it, and not where the bytes are no archive.
    assert_eq!(sniffed(ZIP, Some("video/x+zip")), "application/zip");
    assert_eq!(sniffed(b"words", Some("model/3mf")), "application/octet-stream");
    assert_eq!(
        sniffed(b"\x1f\x8b\x08\0\0\0\0\0", Some("application/tlsrpt+gzip")),
        "application/tlsrpt+gzip"
    );
}

#[test]
fn a_claim_may_name_what_xml_and_json_are() {
    for claimed in ["image/svg+xml", "application/atom+xml", "application/xml"] {
        assert_eq!(sniffed(b"<?xml version=\"1.0\"?><a/>", Some(claimed)), claimed);
    }
    // Drawing programs leave a comment first, which looks like HTML.
    assert_eq!(sniffed(b"<!-- made by hand --><svg/>", Some("image/svg+xml")), "image/svg+xml");
    assert_eq!(sniffed(b"{\"type\": \"Point\"}", Some("application/geo+json")), "application/geo+json");
}

#[test]
fn no_claim_brings_what_a_browser_would_run_inside_it() {
    let heads: [&[u8]; 6] = [
        b"<html><script>alert(1)</script>",
        b"<!DOCTYPE html><p>",
        b"<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>",
        b"\xef\xbb\xbf<html><script>",
        b"\n\n<script>alert(1)</script>",
        b"<!-- GIF89a --><script>",
    ];
    for head in heads {
        for claimed in [
            "text/plain",
            "image/png",
            "image/heic",
            "video/mp4",
            "video/x",
            "audio/x+xml",
            "application/pdf",
        ] {
            let found: MediaType = sniff(head, Some(&claimed.parse().unwrap()));
            assert!(!found.may_be_inline(), "{claimed}: {found}");
            assert_eq!(found.safe(), MediaType::octet_stream(), "{claimed}");
        }
    }
}
