//! The ICC profile, which is cut into as many segments as it needs (ICC.1:2022, B.4).

use crate::segments::{has_segment, marker, next_marker, segment};

/// What a segment with a part of the profile begins with; the number of the part and how many there are follow.
const SIGNATURE: &[u8] = b"ICC_PROFILE\0";

/// Joins the parts that stand before the first scan. As in libjpeg there is no profile where a part is missing or there
/// twice, or where parts disagree about their number; nor where it has more than so many bytes.
pub(crate) fn profile(file: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    let mut parts = [None; 256];
    let (mut count, mut bytes) = (None, 0_usize);
    let mut rest = file;
    loop {
        let marker = next_marker(&mut rest)?;
        let segment = if has_segment(marker) { segment(&mut rest)? } else { &[] };
        if marker == marker::SOS {
            break;
        }
        let (marker::APP2, Some([number, of, part @ ..])) = (marker, segment.strip_prefix(SIGNATURE)) else {
            continue;
        };
        let is_another = parts[usize::from(*number)].replace(part).is_some();
        if is_another || *number == 0 || number > of || *count.get_or_insert(*of) != *of {
            return None;
        }
        bytes = bytes.saturating_add(part.len());
    }
    if bytes > max_bytes {
        return None;
    }
    let mut profile = Vec::with_capacity(bytes);
    for part in &parts[1..=usize::from(count?)] {
        profile.extend_from_slice((*part)?);
    }
    Some(profile)
}
