//! What a write of many requests remembers: the pieces that its blob is made of.

use fm_domain::error::{PortError, PortResult};
use fm_domain::uploads::WriteState;
use uuid::Uuid;

/// A piece that is smaller is read back and stored again with the next chunk, so that a state never holds more than one
/// piece for each of so many bytes.
pub(super) const LEAST: u64 = 1024 * 1024;

/// A piece of the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appended {
    pub(super) name: Uuid,
    pub(super) length: u64,
}

/// The pieces of a blob, in order. As bytes: the name of the write, and 24 bytes for each piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) write: Uuid,
    pub(super) appended: Vec<Appended>,
}

impl Pieces {
    pub(super) const fn none_of(write: Uuid) -> Self {
        Self { write, appended: Vec::new() }
    }

    pub(super) fn read(state: &WriteState) -> PortResult<Self> {
        let parse = || {
            let (write, pieces) = state.as_bytes().split_first_chunk::<16>()?;
            let (pieces, rest) = pieces.as_chunks::<24>();
            let appended = pieces.iter().map(|piece| {
                let (name, length) = piece.split_first_chunk::<16>()?;
                let length = u64::from_be_bytes(*length.first_chunk::<8>()?);
                Some(Appended { name: Uuid::from_bytes(*name), length })
            });
            let appended = appended.collect::<Option<_>>()?;
            rest.is_empty().then_some(Self { write: Uuid::from_bytes(*write), appended })
        };
        parse().ok_or_else(|| PortError::Corrupt {
            what: "the state of an unfinished blob",
            source: "it is not a list of pieces".into(),
        })
    }

    pub(super) fn write(&self) -> WriteState {
        let mut bytes = self.write.as_bytes().to_vec();
        for piece in &self.appended {
            bytes.extend_from_slice(piece.name.as_bytes());
            bytes.extend_from_slice(&piece.length.to_be_bytes());
        }
        WriteState::new(bytes.into())
    }

    /// The last piece, if it is to be stored again with the next chunk.
    pub(super) fn small(&self) -> Option<Appended> {
        self.appended.last().copied().filter(|piece| piece.length < LEAST)
    }
}
