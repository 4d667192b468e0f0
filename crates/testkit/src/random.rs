//! Repeatable chance: what the same seed gives again.

use fastrand::Rng;

/// The unit in which [`stretch`] makes its bytes.
const BLOCK: u16 = 4096;

/// `length` bytes without a pattern, always the same.
#[must_use]
pub fn bytes(length: usize) -> Vec<u8> {
    filled(&mut Rng::with_seed(1), length)
}

/// `length` bytes without a pattern, made by this source.
#[must_use]
pub fn filled(random: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}

/// `length` lower-case letters without a pattern, always the same: every sniffer takes them for text.
#[must_use]
pub fn letters(length: usize) -> Vec<u8> {
    let mut random = Rng::with_seed(1);
    std::iter::repeat_with(|| random.u8(b'a'..=b'z')).take(length).collect()
}

/// `length` bytes from `offset` on of an endless sequence without a pattern, which is always the same.
#[must_use]
pub fn stretch(offset: u64, length: u64) -> Vec<u8> {
    let (end, size) = (offset + length, u64::from(BLOCK));
    let mut bytes = Vec::new();
    let mut block = [0; BLOCK as usize];
    for number in offset / size..end.div_ceil(size) {
        Rng::with_seed(number).fill(&mut block);
        // Where the wanted bytes are within this block; both places are within its length.
        let first = offset.saturating_sub(number * size);
        let last = (end - number * size).min(size);
        let place = |position: u64| usize::try_from(position).unwrap_or(block.len());
        bytes.extend_from_slice(&block[place(first)..place(last)]);
    }
    bytes
}

#[cfg(test)]
mod tests;
