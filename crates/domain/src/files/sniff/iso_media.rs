//! ISO base media files (ISO/IEC 14496-12): MP4, QuickTime, 3GP, HEIF, AVIF. Their first box names brands.

/// More bytes than any list of brands takes.
const MAX_FIRST_BOX: usize = 4096;

/// Whether the first box is one that names brands, whatever they are.
pub(super) fn is_iso_media(head: &[u8]) -> bool {
    brands(head).is_some()
}

/// The type that the brands name.
pub(super) fn recognise(head: &[u8]) -> Option<&'static str> {
    let (major, compatible) = brands(head)?;
    let has = |names: &[&[u8]]| compatible.chunks_exact(4).any(|brand| names.contains(&brand));
    if let Some(found) = by_major_brand(major) {
        return Some(found);
    }
    if has(&[b"avif", b"avis"]) {
        return Some("image/avif");
    }
    match major {
        b"mif1" | b"msf1" | b"mif2" | b"miaf" if has(&[b"heic", b"heix", b"heim", b"heis"]) => {
            Some("image/heic")
        }
        b"mif1" | b"msf1" | b"mif2" | b"miaf" if has(&[b"hevc", b"hevx", b"hevm", b"hevs"]) => {
            Some("image/heic-sequence")
        }
        b"mif1" | b"mif2" | b"miaf" => Some("image/heif"),
        b"msf1" => Some("image/heif-sequence"),
        _ if compatible.chunks_exact(4).any(is_mp4) => Some("video/mp4"),
        _ => None,
    }
}

fn by_major_brand(major: &[u8]) -> Option<&'static str> {
    match major {
        b"avif" | b"avis" => Some("image/avif"),
        b"heic" | b"heix" | b"heim" | b"heis" => Some("image/heic"),
        b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some("image/heic-sequence"),
        b"crx " => Some("image/x-canon-cr3"),
        b"qt  " | b"mqt " => Some("video/quicktime"),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " | b"F4B " => Some("audio/mp4"),
        b"M4V " | b"M4VH" | b"M4VP" => Some("video/x-m4v"),
        b"KDDI" => Some("video/3gpp2"),
        _ if major.starts_with(b"3g2") => Some("video/3gpp2"),
        _ if major.starts_with(b"3g") => Some("video/3gpp"),
        _ if is_mp4(major) => Some("video/mp4"),
        _ => None,
    }
}

fn is_mp4(brand: &[u8]) -> bool {
    matches!(
        brand,
        b"avc1"
            | b"dash"
            | b"msdh"
            | b"msix"
            | b"cmfc"
            | b"cmff"
            | b"cmfs"
            | b"mmp4"
            | b"mobi"
            | b"XAVC"
            | b"MSNV"
            | b"F4V "
            | b"F4P "
    ) || brand.starts_with(b"iso")
        || brand.starts_with(b"mp4")
        || brand.starts_with(b"mp7")
        || brand.starts_with(b"mp21")
        || brand.starts_with(b"ND")
}

/// The major brand and the list of compatible ones, as far as the head has it. A text can't pass: its first four letters
/// would be a far too large size.
fn brands(head: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = head.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let rest = rest.strip_prefix(b"ftyp").or_else(|| rest.strip_prefix(b"styp"))?;
    if !(16..=MAX_FIRST_BOX).contains(&size) || size % 4 != 0 {
        return None;
    }
    let (major, rest) = rest.split_first_chunk::<4>()?;
    let is_printable = major.iter().all(|byte| (b' '..=b'~').contains(byte));
    let compatible = rest.get(4..).unwrap_or_default();
    is_printable.then_some((major, compatible.get(..size - 16).unwrap_or(compatible)))
}
