//! Bytes on their way through a port: sizes, streams, and how a stream may end.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// This many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

/// Why a stream of bytes ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The sender went away: the bytes so far are not the whole.
    #[error("the sender went away before the body ended")]
    Aborted,
    /// The sender sent nothing for too long, or too little while others waited for the memory that it held.
    #[error("the body stalled")]
    Stalled,
    /// More bytes than allowed.
    #[error("the body is larger than {limit}")]
    TooLarge {
        /// The most that is taken.
        limit: ByteSize,
    },
    /// More bytes than the owner's quota has room for.
    #[error("the quota would be exceeded")]
    QuotaExceeded,
    /// The framing around the bytes (a form) is broken.
    #[error("the body is malformed: {0}")]
    Malformed(&'static str),
    /// The framing is right, but what it holds is not acceptable.
    #[error("the body is not acceptable: {} {detail}", field.unwrap_or("the form"))]
    Invalid {
        /// The name of the form's field that is wrong; `None` when it is the form as a whole.
        field: Option<&'static str>,
        /// What is wrong, as a predicate: `must be UTF-8`.
        detail: String,
    },
    /// The bytes are not those that the given digest names.
    #[error("the body does not match its digest")]
    DigestMismatch,
    /// The store that the bytes come from failed midway.
    #[error("the source of the bytes failed")]
    Source(Arc<str>),
}

/// Bytes as they come. It ends with `None` only when they are whole: a vanished sender is [`BodyError::Aborted`],
/// and nothing follows an error.
pub type ByteStream = BoxStream<'static, Result<Bytes, BodyError>>;

/// Bytes that are held in memory, in pieces.
#[derive(Debug, Clone, Default)]
pub struct PartBytes {
    pieces: Vec<Bytes>,
    length: usize,
}

impl PartBytes {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { pieces: Vec::new(), length: 0 }
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.length += piece.len();
            self.pieces.push(piece);
        }
    }

    /// Adds others at the end.
    pub fn append(&mut self, others: Self) {
        self.length += others.length;
        self.pieces.extend(others.pieces);
    }

    /// How many bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// The pieces, in order.
    #[must_use]
    pub fn into_pieces(self) -> Vec<Bytes> {
        self.pieces
    }
}

impl From<Bytes> for PartBytes {
    fn from(bytes: Bytes) -> Self {
        let mut part = Self::new();
        part.push(bytes);
        part
    }
}
