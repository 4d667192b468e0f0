//! What the store has to remember of an unfinished blob.

use fm_domain::error::{Cause, PortError, PortResult};
use fm_domain::uploads::WriteState;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The only form there is so far.
const VERSION: u8 = 1;

/// How much is cleared before an append at most. Each is a request.
const CLEARED_AT_ONCE: usize = 8;

/// A part of the upload: its number, its size, and its tag as the server gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentPart(pub(crate) u32, pub(crate) u64, pub(crate) String);

/// An incomplete part, which is an object of its own: the number in its name, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending(pub(crate) u32, pub(crate) u64);

/// The number of a part that a request which does not count may still send: no part that counts ever has it. Whether the
/// server has emptied that part since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Void(pub(crate) u32, pub(crate) bool);

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
    /// In the order in which they came to be known. A version that does not know of them may use such a number: a late
    /// request then fails the upload, whose parts are named with their tags, and mixes up nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) void: Vec<Void>,
    /// The numbers of incomplete parts that requests which do not count have sent, or may still send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) stray: Vec<u32>,
}

impl Progress {
    /// Of an upload without a byte.
    pub(crate) fn begun(upload: String) -> Self {
        Self {
            v: VERSION,
            upload,
            parts: Vec::new(),
            next: 1,
            pending: Vec::new(),
            next_pending: 1,
            void: Vec::new(),
            stray: Vec::new(),
        }
    }

    /// The number of the next part.
    pub(crate) fn next_part(&self) -> u32 {
        let is_void = |number: &u32| self.void.iter().any(|Void(void, _)| void == number);
        (self.next..=u32::MAX).find(|number| !is_void(number)).unwrap_or(u32::MAX)
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

    /// Takes the next part. It has the bytes of all that was pending.
    pub(crate) fn add(&mut self, part: SentPart) {
        self.next = part.0.saturating_add(1);
        self.parts.push(part);
        self.pending.clear();
        self.void.retain(|Void(number, is_empty)| *number >= self.next || !is_empty);
    }

    /// The same bytes, with numbers of which one append after `reached` uses none. The appends before it were answered: the
    /// next parts take the place of theirs, so that parts which do not count never add up.
    #[must_use]
    pub(crate) fn rewound(mut self, reached: &Self) -> Self {
        let late = Void(reached.next_part(), false);
        for Void(number, is_empty) in reached.void.iter().copied().chain([late]) {
            match self.void.iter_mut().find(|known| known.0 == number) {
                Some(known) => known.1 |= is_empty,
                // One below the next has a part that counts, or none ever will.
                None if number < self.next => {}
                None => self.void.push(Void(number, is_empty)),
            }
        }
        for number in reached.stray.iter().copied().chain(self.next_pending..=reached.next_pending) {
            if !self.stray.contains(&number) {
                self.stray.push(number);
            }
        }
        self.next_pending = self.next_pending.max(reached.next_pending).saturating_add(1);
        self
    }

    /// The void parts to be emptied now, the latest first, but for the very latest, whose request may still be under way.
    pub(crate) fn clearable(&self) -> Vec<u32> {
        let full = self.void.iter().rev().skip(1).filter(|Void(_, is_empty)| !is_empty);
        full.map(|Void(number, _)| *number).take(CLEARED_AT_ONCE).collect()
    }

    /// The void part of this number is empty.
    pub(crate) fn emptied(&mut self, number: u32) {
        for void in self.void.iter_mut().filter(|void| void.0 == number) {
            void.1 = true;
        }
    }

    /// The stray incomplete parts to be removed now, likewise.
    pub(crate) fn removable(&self) -> Vec<u32> {
        self.stray.iter().rev().skip(1).copied().take(CLEARED_AT_ONCE).collect()
    }

    /// The incomplete part of this number is removed. No other ever has its number.
    pub(crate) fn removed(&mut self, number: u32) {
        self.stray.retain(|stray| *stray != number);
    }
}

fn corrupt(source: Cause) -> PortError {
    PortError::Corrupt { what: "the state of an unfinished blob", source }
}
