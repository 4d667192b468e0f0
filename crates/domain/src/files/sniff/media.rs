//! Containers of sound and pictures that say inside of what kind they are.

/// TIFF, BigTIFF and what is made of them.
pub(super) fn tiff(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'I', b'I', b'*', 0, _, _, _, _, b'C', b'R', 2, ..]
        | [b'M', b'M', 0, b'*', _, _, _, _, b'C', b'R', 2, ..] => Some("image/x-canon-cr2"),
        [b'I', b'I', b'*', 0, _, _, _, _, ..]
        | [b'M', b'M', 0, b'*', _, _, _, _, ..]
        // BigTIFF: offsets of eight bytes.
        | [b'I', b'I', b'+', 0, 8, 0, 0, 0, ..]
        | [b'M', b'M', 0, b'+', 0, 8, 0, 0, ..] => Some("image/tiff"),
        _ => None,
    }
}

/// Native FLAC (RFC 9639): the first metadata block is `STREAMINFO`, 34 bytes long.
pub(super) fn is_flac(head: &[u8]) -> bool {
    matches!(head, [b'f', b'L', b'a', b'C', 0 | 0x80, 0, 0, 34, ..]) || head == b"fLaC"
}

/// Matroska and WebM: the header is an EBML element (RFC 8794) whose child `DocType` names the type.
pub(super) fn ebml(head: &[u8]) -> Option<&'static str> {
    let rest = head.strip_prefix(b"\x1a\x45\xdf\xa3")?;
    let (size, mut rest) = ebml_number(rest)?;
    rest = rest.get(..size).unwrap_or(rest);
    while let Some((id, after)) = ebml_id(rest) {
        let (size, content) = ebml_number(after)?;
        let content_end = size.min(content.len());
        let (content, after) = content.split_at(content_end);
        if id == DOC_TYPE {
            let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
            return match text {
                b"webm" => Some("video/webm"),
                b"matroska" => Some("video/x-matroska"),
                _ => None,
            };
        }
        rest = after;
    }
    // Without the element the document is of the default type.
    Some("video/x-matroska")
}

const DOC_TYPE: u32 = 0x4282;

fn ebml_id(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let length = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    let (id, rest) = bytes.split_at_checked(length).filter(|_| length <= 4)?;
    Some((id.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)), rest))
}

/// A number of 1 to 8 bytes: the leading zeros of the first say how many follow.
fn ebml_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let first = *bytes.first()?;
    let length = usize::try_from(first.leading_zeros()).ok()? + 1;
    let (number, rest) = bytes.split_at_checked(length).filter(|_| length <= 8)?;
    let value = number.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let marker = 1_u64 << (7 * length);
    Some((usize::try_from(value & !marker).ok()?, rest))
}

/// Ogg (RFC 3533): each stream begins with a page that names its codec, before all others (RFC 5334).
pub(super) fn ogg(head: &[u8]) -> Option<&'static str> {
    let mut rest = head;
    let (mut has_video, mut has_audio) = (false, false);
    while let Some((first_packet, after)) = first_page(rest) {
        has_video |= [b"\x80theora".as_slice(), b"BBCD\0", b"\x01video", b"OVP80"]
            .iter()
            .any(|mark| first_packet.starts_with(mark));
        has_audio |= [b"\x01vorbis".as_slice(), b"OpusHead", b"\x7fFLAC", b"Speex   ", b"PCM     "]
            .iter()
            .any(|mark| first_packet.starts_with(mark));
        rest = after;
    }
    match (has_video, has_audio) {
        (true, _) => Some("video/ogg"),
        (false, true) => Some("audio/ogg"),
        (false, false) => is_ogg(head).then_some("application/ogg"),
    }
}

/// A page has version 0 and three flags.
fn is_ogg(head: &[u8]) -> bool {
    matches!(head, [b'O', b'g', b'g', b'S', 0, flags, ..] if *flags < 8) || head == b"OggS"
}

/// The content of a page that begins a stream, and what follows the page.
fn first_page(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let begins_stream = bytes.get(5)? & 2 != 0;
    if !is_ogg(bytes) || !begins_stream {
        return None;
    }
    let segments = usize::from(*bytes.get(26)?);
    let lengths = bytes.get(27..27 + segments)?;
    let length: usize = lengths.iter().map(|length| usize::from(*length)).sum();
    let content = bytes.get(27 + segments..)?;
    Some(content.split_at(length.min(content.len())))
}

/// AMR, narrow and wide band (RFC 4867, section 5.1). Its mark looks like that of a script.
pub(super) fn amr(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"#!AMR\n") {
        Some("audio/amr")
    } else {
        head.starts_with(b"#!AMR-WB\n").then_some("audio/amr-wb")
    }
}

/// RIFF and its kin with 64-bit sizes: wave sound and MIDI in variants that the library does not know.
pub(super) fn riff(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'B', b'W', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'R', b'I', b'F', b'X', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/x-wav"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'R', b'M', b'I', b'D', ..] => Some("audio/midi"),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'C', ..] => Some("audio/x-aiff"),
        _ => None,
    }
}

/// An MPEG transport stream (ISO/IEC 13818-1): packets of 188 bytes that begin with `G`, bare or each behind a time stamp.
pub(super) fn transport_stream(head: &[u8]) -> Option<&'static str> {
    let is_stream = |before: usize| {
        let step = 188 + before;
        let packets: Vec<u8> =
            (0..4).filter_map(|number| head.get(before + number * step).copied()).collect();
        packets.len() >= 2 && packets.iter().all(|byte| *byte == b'G')
    };
    (is_stream(0) || is_stream(4)).then_some("video/mp2t")
}
