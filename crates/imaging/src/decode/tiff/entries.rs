//! The entries of the first directory, read before any value of them.

use std::ops::RangeInclusive;

use fm_domain::thumbnails::RenderThumbnail;

/// The most bytes of the values of one tag.
pub(super) const MAX_VALUE_BYTES: u64 = 1024 * 1024;

/// The tags of a picture itself; text about it and private tags have other numbers, or are text, and are never read.
const PICTURE_TAGS: RangeInclusive<u16> = 256..=532;

/// The colour profile, which is read where it is in the file.
const PROFILE: u16 = 34_675;

// Types of values.
const BYTES: u16 = 1;
const TEXT: u16 = 2;
const UNDEFINED: u16 = 7;

/// An entry of a directory.
struct Entry {
    tag: u16,
    /// The type of its values.
    kind: u16,
    count: u64,
    /// The field of the values: where they are, unless they fit into it.
    value: u64,
}

/// Refuses a tag with more values than the file has bytes, or than are read: the `tiff` crate makes room for them before it looks
/// whether they are there. What is no directory is left to that crate.
pub(super) fn check(file: &[u8]) -> Result<(), RenderThumbnail> {
    let most = MAX_VALUE_BYTES.min(file.len() as u64);
    for Entry { tag, kind, count, .. } in entries(file).into_iter().flatten() {
        let bytes_of_one: u64 = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 1,
        };
        if PICTURE_TAGS.contains(&tag) && kind != TEXT && count.saturating_mul(bytes_of_one) > most {
            return Err(RenderThumbnail::TooLarge);
        }
    }
    Ok(())
}

/// The colour profile in the file.
pub(super) fn profile(file: &[u8]) -> Option<&[u8]> {
    let entry = entries(file)?.find(|entry| entry.tag == PROFILE)?;
    let offset = usize::try_from(entry.value).ok()?;
    let end = offset.checked_add(usize::try_from(entry.count).ok()?)?;
    file.get(offset..end).filter(|_| matches!(entry.kind, BYTES | UNDEFINED))
}

/// The entries of the first directory (TIFF 6.0, section 2; in BigTIFF the numbers are longer).
fn entries(file: &[u8]) -> Option<impl Iterator<Item = Entry>> {
    let is_big_endian = file.starts_with(b"MM");
    let number = move |at: u64, bytes: u64| {
        let (from, to) = (usize::try_from(at).ok()?, usize::try_from(at.checked_add(bytes)?).ok()?);
        let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        let bytes = file.get(from..to)?;
        Some(if is_big_endian { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) })
    };
    let (offset_at, offset_bytes, count_bytes, entry_bytes) =
        if number(2, 2)? == 43 { (8, 8, 8, 20) } else { (4, 4, 2, 12) };
    let directory = number(offset_at, offset_bytes)?;
    let first = directory.checked_add(count_bytes)?;
    let entry = move |index: u64| {
        let at = first.checked_add(index.checked_mul(entry_bytes)?)?;
        let short = |at| number(at, 2).and_then(|number| u16::try_from(number).ok());
        let (tag, kind) = (short(at)?, short(at.checked_add(2)?)?);
        let count_at = at.checked_add(4)?;
        let count = number(count_at, offset_bytes)?;
        let value = number(count_at.checked_add(offset_bytes)?, offset_bytes)?;
        Some(Entry { tag, kind, count, value })
    };
    Some((0..number(directory, count_bytes)?).map_while(entry))
}
