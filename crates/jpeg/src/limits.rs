//! What a picture may cost, and why there is none.

use std::time::Instant;

/// What decoding a picture may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of coefficients, samples and rows: at 1/8, three a block and component. Code tables take at most
    /// 64 KiB more.
    pub max_alloc: u64,
    /// When decoding stops; `None` is never. It is looked at once a row of blocks.
    pub deadline: Option<Instant>,
}

impl Limits {
    /// Fails if so many bytes are too many.
    pub(crate) const fn check_alloc(self, bytes: u64) -> Result<(), DecodeError> {
        if bytes <= self.max_alloc { Ok(()) } else { Err(DecodeError::TooLarge) }
    }

    /// Fails once the deadline has passed.
    pub(crate) fn check_time(self) -> Result<(), DecodeError> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(DecodeError::TimedOut);
        }
        Ok(())
    }
}

/// Why a picture was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is of a kind that is not decoded: of another precision than 8 bits, of two components or more than four,
    /// lossless, hierarchical, arithmetically coded, or without a height.
    #[error("it is a JPEG of a kind that is not decoded")]
    Unsupported,
    /// It is broken before there is anything to be seen.
    #[error("it is broken before its first pixel")]
    Broken,
    /// It needs more than [`Limits::max_alloc`].
    #[error("it needs more memory than is allowed")]
    TooLarge,
    /// [`Limits::deadline`] passed.
    #[error("the deadline passed before it was decoded")]
    TimedOut,
}
