//! How a direct upload is cut into parts.

use fm_domain::blobs::PartLimits;
use fm_domain::body::ByteSize;

const MIB: u64 = 1024 * 1024;
/// What a part has as long as there are few enough of them.
const USUAL: u64 = 8 * MIB;
/// More parts than that make the list of them unwieldy.
const MOST: u64 = 1000;

/// A part of a direct upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedPart {
    pub(super) number: u32,
    pub(super) offset: ByteSize,
    pub(super) size: ByteSize,
}

/// How large the parts of an upload of this size are, but for the last: 8 MiB, or more where there would be more than
/// 1,000 of them.
pub(crate) fn part_size(size: ByteSize, limits: PartLimits) -> ByteSize {
    let most = MOST.min(u64::from(limits.most_parts)).max(1);
    let needed = size.bytes().div_ceil(most).div_ceil(MIB) * MIB;
    ByteSize::new(needed.max(USUAL).max(limits.least.bytes()))
}

/// The parts, in order; none of an upload without bytes.
pub(super) fn plan(size: ByteSize, limits: PartLimits) -> impl Iterator<Item = PlannedPart> {
    let part = part_size(size, limits).bytes();
    let count = u32::try_from(size.bytes().div_ceil(part)).unwrap_or(u32::MAX);
    (0..count).map(move |index| {
        let offset = u64::from(index) * part;
        PlannedPart {
            number: index + 1,
            offset: ByteSize::new(offset),
            size: ByteSize::new(part.min(size.bytes() - offset)),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits(least: u64) -> PartLimits {
        PartLimits { least: ByteSize::new(least), most: ByteSize::new(5 << 30), most_parts: 10_000 }
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole_and_few_and_large_enough(size in 0_u64..(1 << 43)) {
            let parts: Vec<PlannedPart> = plan(ByteSize::new(size), limits(5 * MIB)).collect();
            prop_assert!(parts.len() <= 1000);
            let mut end = 0;
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!((part.number as usize, part.offset.bytes()), (index + 1, end));
                prop_assert!(part.size.bytes() >= 5 * MIB || index + 1 == parts.len());
                end += part.size.bytes();
            }
            prop_assert_eq!(end, size);
        }
    }

    #[test]
    fn what_has_no_bytes_has_no_parts() {
        assert_eq!(plan(ByteSize::ZERO, limits(1)).count(), 0);
        assert_eq!(plan(ByteSize::new(1), limits(1)).count(), 1);
    }
}
