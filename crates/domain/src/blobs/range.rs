//! Ranges of bytes (RFC 9110, section 14.1.2).

use crate::body::ByteSize;

/// A range as it is asked for, before the size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// `first-last`: both included, `first <= last`.
    Between {
        /// The first byte, counted from 0.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// `first-`
    From {
        /// The first byte, counted from 0.
        first: u64,
    },
    /// `-length`: the last `length` bytes.
    Last {
        /// The number of bytes.
        length: u64,
    },
}

/// A range inside a blob: both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedRange {
    /// The first byte, counted from 0.
    pub first: u64,
    /// The last byte; never before `first`.
    pub last: u64,
}

/// No byte of the blob is in the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the range lies outside the {size}")]
pub struct Unsatisfiable {
    /// The size of the blob.
    pub size: ByteSize,
}

impl ByteRange {
    /// The bytes that it means in a blob of `size`: what reaches over the end is cut.
    pub fn resolve(self, size: ByteSize) -> Result<ResolvedRange, Unsatisfiable> {
        let length = size.bytes();
        let end = length.checked_sub(1).ok_or(Unsatisfiable { size })?;
        match self {
            Self::Between { first, last } if first <= end && first <= last => {
                Ok(ResolvedRange { first, last: last.min(end) })
            }
            Self::From { first } if first <= end => Ok(ResolvedRange { first, last: end }),
            Self::Last { length: wanted } if wanted > 0 => {
                Ok(ResolvedRange { first: length.saturating_sub(wanted), last: end })
            }
            Self::Between { .. } | Self::From { .. } | Self::Last { .. } => Err(Unsatisfiable { size }),
        }
    }
}

impl ResolvedRange {
    /// How many bytes: at least one.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

#[cfg(test)]
mod tests;
