//! The colour profile of a PNG (Portable Network Graphics, third edition, 11.3.2.3).

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// The bytes before the first chunk.
const SIGNATURE_BYTES: usize = 8;

/// Finds the profile and unpacks it, as far as it is there; `None` where there is none, it is broken, or it has more than so many bytes.
pub(super) fn unpacked(file: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    let packed = packed(file).filter(|packed| packed.len() <= max_bytes)?;
    let mut profile = Vec::new();
    // One byte more tells that there are too many.
    ZlibDecoder::new(packed).take(max_bytes as u64 + 1).read_to_end(&mut profile).ok()?;
    (profile.len() <= max_bytes).then_some(profile)
}

/// The data of the chunk `iCCP` without its name, which stands before the pixels.
fn packed(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(SIGNATURE_BYTES..)?;
    loop {
        let (&length, after) = rest.split_first_chunk()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (data, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
        match kind {
            b"iCCP" => {
                let name = data.iter().position(|&byte| byte == 0)?;
                // Zero is the one way of packing that there is.
                return data.get(name + 1..)?.strip_prefix(&[0]);
            }
            b"IDAT" | b"IEND" => return None,
            _ => rest = after.get(4..)?,
        }
    }
}

#[cfg(test)]
mod tests;
