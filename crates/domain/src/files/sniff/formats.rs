//! Formats by their magic numbers: those that the library knows, where what follows the number fits too.

use super::claims::PEM_CHAIN;
use super::{iso_media, media, mpeg_audio};

/// How far from the beginning Acrobat looks for the header of a PDF.
const PDF_SEARCH: usize = 1024;

/// The mark of UTF-8, which editors put before text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The type that the bytes show.
pub(super) fn recognise(head: &[u8]) -> Option<&'static str> {
    iso_media::recognise(head)
        .or_else(|| media::tiff(head))
        .or_else(|| media::ebml(head))
        .or_else(|| media::ogg(head))
        .or_else(|| mpeg_audio::recognise(head))
        .or_else(|| media::amr(head))
        .or_else(|| tar(head))
        .or_else(|| by_magic_number(head))
        .or_else(|| media::riff(head).filter(|_| is_binary(head)))
        .or_else(|| media::transport_stream(head).filter(|_| is_binary(head)))
        .or_else(|| text(head))
}

fn by_magic_number(head: &[u8]) -> Option<&'static str> {
    let found = infer::get(head)?.mime_type();
    match found {
        "audio/x-flac" => media::is_flac(head).then_some("audio/flac"),
        // The fonts that old versions of Internet Explorer embed.
        "application/octet-stream" => is_binary(head).then_some("application/vnd.ms-fontobject"),
        _ => is_followed(found, head).then_some(found),
    }
}

/// Whether what follows the magic number is what the format has there. A number of a few printable letters alone begins
/// many a text.
fn is_followed(found: &str, head: &[u8]) -> bool {
    match found {
        "application/vnd.microsoft.portable-executable" => is_dos_header(head),
        "application/x-executable" => head.starts_with(b"\x7fELF") || is_coff(head),
        "application/x-llvm" => head.starts_with(b"BC\xc0\xde"),
        "application/vnd.android.dex" | "application/vnd.android.dey" => head.get(7) == Some(&0),
        "application/x-x509-ca-cert" => is_der(head),
        "application/x-bzip2" => is_bzip2(head),
        "application/pdf" => is_pdf(head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start()),
        "application/x-shockwave-flash" => matches!(head.get(3), Some(1..=60)) && is_binary(head),
        "application/rtf" => head.get(5).is_some_and(u8::is_ascii_digit),
        "application/postscript" => head.starts_with(b"%!PS"),
        "application/vnd.sqlite3" => head.starts_with(b"SQLite format 3\0"),
        "application/x-unix-archive" | "application/vnd.debian.binary-package" => is_ar(head),
        "application/x-cpio" => is_cpio(head),
        "application/x-lzip" => matches!(head.get(4), Some(0 | 1)),
        "image/bmp" => is_bmp(head),
        "image/gif" => (head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a")) && is_binary(head),
        "image/webp" => head.starts_with(b"RIFF") && head.get(12..15) == Some(b"VP8"),
        "image/vnd.adobe.photoshop" => matches!(head.get(4..6), Some([0, 1 | 2])),
        "image/vnd.microsoft.icon" => matches!(head, [_, _, _, _, low, high, ..] if (low, high) != (&0, &0)),
        "audio/x-dsf" => head.get(4..8) == Some(&[28, 0, 0, 0]),
        "audio/x-ape" => {
            matches!(head, [_, _, _, _, low, high, ..] if (3000..5000).contains(&u16::from_le_bytes([*low, *high])))
        }
        "audio/midi" => head.get(4..8) == Some(&[0, 0, 0, 6]),
        "application/vnd.bzip3"
        | "application/x-google-chrome-extension"
        | "application/vnd.ms-cab-compressed"
        | "application/x-mobipocket-ebook"
        | "application/dicom"
        | "application/font-sfnt"
        | "audio/x-aiff"
        | "audio/x-wav"
        | "image/vnd.djvu"
        | "image/vnd.dwg"
        | "video/x-msvideo"
        | "video/quicktime" => is_binary(head),
        // Their containers were read before, and are not there. Text comes last.
        "application/x-tar" | "audio/aac" | "audio/m4a" | "audio/mpeg" | "audio/ogg" | "audio/opus"
        | "image/avif" | "image/heif" | "image/tiff" | "image/x-canon-cr2" | "text/html"
        | "text/x-shellscript" | "text/xml" | "video/mp4" | "video/webm" | "video/x-m4v"
        | "video/x-matroska" => false,
        _ => true,
    }
}

/// Text that says what it is: HTML, XML, a script, certificates.
fn text(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(BOM).unwrap_or(head);
    if infer::text::is_html(head) {
        Some("text/html")
    } else if infer::text::is_xml(head) {
        Some("text/xml")
    } else if head.strip_prefix(b"#!").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"/")) {
        Some("text/x-shellscript")
    } else if head.starts_with(b"-----BEGIN CERTIFICATE-----") {
        Some(PEM_CHAIN)
    } else {
        None
    }
}

/// Whether there is a byte that no text has (WHATWG MIME Sniffing, section 3).
fn is_binary(head: &[u8]) -> bool {
    head.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f))
}

fn little_u32(head: &[u8], at: usize) -> Option<u32> {
    head.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn little_u16(head: &[u8], at: usize) -> Option<u16> {
    head.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// The size of the header that follows, and where the pixels begin, both in four bytes.
fn is_bmp(head: &[u8]) -> bool {
    little_u32(head, 14).is_some_and(|size| size <= 255)
        && little_u32(head, 10).is_some_and(|at| at < 1 << 24)
}

/// The last page of a DOS program has 512 bytes at most; its header is counted in blocks of 16.
fn is_dos_header(head: &[u8]) -> bool {
    little_u16(head, 2).is_some_and(|bytes| bytes <= 512)
        && little_u16(head, 8).is_some_and(|blocks| blocks >= 1)
}

/// An object file: how many sections, and the size of the header behind this one.
fn is_coff(head: &[u8]) -> bool {
    little_u16(head, 2).is_some_and(|sections| (1..=96).contains(&sections))
        && little_u16(head, 16).is_some_and(|size| matches!(size, 0 | 28 | 224 | 240))
}

/// A sequence of more than 255 bytes that begins with a sequence, a number, an id or a field.
fn is_der(head: &[u8]) -> bool {
    matches!(head, [0x30, 0x82, _, _, 0x30 | 0x02 | 0x06 | 0xa0, ..])
}

/// A sequence of any length, or its text form anywhere in the head.
pub(super) fn is_der_or_pem(head: &[u8]) -> bool {
    matches!(head, [0x30, 0x80..=0x84, ..]) || contains(head, b"-----BEGIN ")
}

/// The number of the block size, then the mark of a block or of the end.
fn is_bzip2(head: &[u8]) -> bool {
    let [_, _, _, level, block @ ..] = head else { return false };
    level.is_ascii_digit() && (block.starts_with(b"1AY&SY") || block.starts_with(b"\x17\x72\x45\x38\x50\x90"))
}

/// `%PDF-1.7` and the end of the line; some writers put spaces or a comment there.
fn is_pdf(head: &[u8]) -> bool {
    let Some([major, b'.', minor, rest @ ..]) = head.strip_prefix(b"%PDF-") else { return false };
    let rest = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
    major.is_ascii_digit() && minor.is_ascii_digit() && matches!(rest, None | Some(b'\r' | b'\n' | b'%'))
}

/// A header with other bytes before it.
pub(super) fn has_pdf_header_within(head: &[u8]) -> bool {
    let searched = head.get(..PDF_SEARCH).unwrap_or(head);
    (0..searched.len()).any(|start| searched.get(start..).is_some_and(is_pdf))
}

/// The header of the first member ends with a mark.
fn is_ar(head: &[u8]) -> bool {
    head == b"!<arch>\n" || (head.starts_with(b"!<arch>\n") && head.get(66..68) == Some(b"`\n"))
}

/// The text form has 13 hexadecimal fields behind its mark; of the binary one the name's length is looked at.
fn is_cpio(head: &[u8]) -> bool {
    if head.starts_with(b"0707") {
        return head.get(6..110).is_some_and(|fields| fields.iter().all(u8::is_ascii_hexdigit));
    }
    little_u16(head, 20).is_some_and(|length| {
        let length = if head.starts_with(b"\xc7\x71") { length } else { length.swap_bytes() };
        (1..=1024).contains(&length)
    })
}

/// A tar archive: the checksum of its first header is the sum of all its bytes, those of the sum counted as spaces.
fn tar(head: &[u8]) -> Option<&'static str> {
    let header = head.first_chunk::<512>()?;
    let (before, rest) = header.split_at(148);
    let (stored, after) = rest.split_at(8);
    let digits: Vec<u8> = stored.iter().copied().filter(u8::is_ascii_digit).collect();
    let stored = std::str::from_utf8(&digits).ok().and_then(|text| u32::from_str_radix(text, 8).ok())?;
    let sum: u32 = before.iter().chain(after).map(|byte| u32::from(*byte)).sum();
    (header.first() != Some(&0) && sum + 8 * u32::from(b' ') == stored).then_some("application/x-tar")
}

fn contains(head: &[u8], needle: &[u8]) -> bool {
    head.windows(needle.len()).any(|window| window == needle)
}
