//! What the store has to remember of an unfinished blob.

use fm_domain::error::{Cause, PortError, PortResult};
use fm_domain::uploads::WriteState;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The only form there is so far.
const VERSION: u8 = 1;

/// A part of the upload: its number, its size, and its tag as the server gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentPart(pub(crate) u32, pub(crate) u64, pub(crate) String);

/// An incomplete part, which is an object of its own: the number in its name, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending(pub(crate) u32, pub(crate) u64);

/// How far a blob is: the parts of an upload, and behind them bytes that are too few for another part.
///
/// It is the JSON in a [`WriteState`]. Each append adds some 60 bytes to it, which are saved with every checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    v: u8,
    /// The server's name of the upload.
    pub(crate) upload: String,
    pub(crate) parts: Vec<SentPart>,
    /// The number of the next part.
    pub(crate) next: u32,
    pub(crate) pending: Vec<Pending>,
    /// The number of the next incomplete part. It is counted apart, because a server takes 10,000 parts at most.
    pub(crate) next_pending: u32,
}

impl Progress {
    /// Of an upload without a byte.
    pub(crate) fn begun(upload: String) -> Self {
        Self { v: VERSION, upload, parts: Vec::new(), next: 1, pending: Vec::new(), next_pending: 1 }
    }

    pub(crate) fn parse(state: &WriteState) -> PortResult<Self> {
        let progress: Self =
            serde_json::from_slice(state.as_bytes()).map_err(|error| corrupt(error.into()))?;
        if progress.v == VERSION {
            Ok(progress)
        } else {
            Err(corrupt(format!("version {} is not known", progress.v).into()))
        }
    }

    pub(crate) fn to_state(&self) -> PortResult<WriteState> {
        let json = serde_json::to_vec(self).map_err(|error| PortError::Unexpected(error.into()))?;
        Ok(WriteState::new(json.into()))
    }

    /// Bytes in the incomplete parts.
    pub(crate) fn pending_bytes(&self) -> u64 {
        self.pending.iter().map(|Pending(_, size)| size).sum()
    }

    /// All bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts.iter().map(|SentPart(_, size, _)| size).sum::<u64>() + self.pending_bytes()
    }

    /// Whether an incomplete part was stored, or may have been by a writer that did not count.
    pub(crate) fn had_pending(&self) -> bool {
        self.next_pending > 1
    }

    /// The same bytes, with numbers that neither `reached` has nor one append after it uses.
    #[must_use]
    pub(crate) fn rewound(self, reached: &Self) -> Self {
        let next = self.next.max(reached.next).saturating_add(1);
        let next_pending = self.next_pending.max(reached.next_pending).saturating_add(1);
        Self { next, next_pending, ..self }
    }
}

fn corrupt(source: Cause) -> PortError {
    PortError::Corrupt { what: "the state of an unfinished blob", source }
}
