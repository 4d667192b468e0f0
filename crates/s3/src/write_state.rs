//! What the store has to remember of an unfinished blob.

use fm_domain::error::{Cause, PortError, PortResult};
use fm_domain::uploads::WriteState;
use serde::{Deserialize, Serialize};

use self::spans::Spans;

mod spans;
#[cfg(test)]
mod tests;

/// The only form there is so far.
const VERSION: u8 = 1;

/// How many parts, and how many incomplete parts, are cleared before an append at most. Each is a request, all at once.
const CLEARED_AT_ONCE: usize = 8;

/// A part of the upload: its number, its size, and its tag as the server gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentPart(pub(crate) u32, pub(crate) u64, pub(crate) String);

/// An incomplete part, which is an object of its own: the number in its name, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending(pub(crate) u32, pub(crate) u64);

/// The number of a part that a request which does not count may still send, and whether the server has emptied that part
/// since: as the version before wrote them, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct OldVoid(u32, bool);

/// How far a blob is: the parts of an upload, and behind them bytes that are too few for another part.
///
/// It is the JSON in a [`WriteState`]. Each append adds some 60 bytes to it, which are saved with every checkpoint; takeovers
/// without an append between them add nothing.
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
    /// Numbers of parts that requests which do not count have sent, or may still send: no part that counts ever has one. A
    /// version that does not know of them may use such a number: a late request then fails the upload, whose parts are named
    /// with their tags, and mixes up nothing.
    #[serde(default, skip_serializing_if = "Spans::is_empty")]
    late: Spans,
    /// Such numbers whose parts the server has emptied since, as long as they could be used.
    #[serde(default, skip_serializing_if = "Spans::is_empty")]
    emptied: Spans,
    /// The one of them that came to be known last: its request may still be under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latest: Option<u32>,
    /// The numbers of incomplete parts that requests which do not count have sent, or may still send.
    #[serde(default, skip_serializing_if = "Spans::is_empty")]
    strays: Spans,
    #[serde(default, skip_serializing)]
    void: Vec<OldVoid>,
    #[serde(default, skip_serializing)]
    stray: Vec<u32>,
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
            late: Spans::default(),
            emptied: Spans::default(),
            latest: None,
            strays: Spans::default(),
            void: Vec::new(),
            stray: Vec::new(),
        }
    }

    /// The number of the next part.
    pub(crate) fn next_part(&self) -> u32 {
        let mut number = self.next;
        loop {
            let free = self.emptied.next_without(self.late.next_without(number));
            if free == number {
                return number;
            }
            number = free;
        }
    }

    pub(crate) fn parse(state: &WriteState) -> PortResult<Self> {
        let mut progress: Self =
            serde_json::from_slice(state.as_bytes()).map_err(|error| corrupt(error.into()))?;
        if progress.v != VERSION {
            return Err(corrupt(format!("version {} is not known", progress.v).into()));
        }
        progress.take_old_numbers();
        Ok(progress)
    }

    /// Numbers that the version before wrote.
    fn take_old_numbers(&mut self) {
        for OldVoid(number, is_empty) in std::mem::take(&mut self.void) {
            let numbers = if is_empty { &mut self.emptied } else { &mut self.late };
            numbers.insert(number, number);
            self.latest = Some(number);
        }
        for number in std::mem::take(&mut self.stray) {
            self.strays.insert(number, number);
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
        let part_number = part.0;
        self.next = part_number.saturating_add(1);
        self.parts.push(part);
        self.pending.clear();
        self.emptied.remove(0, part_number);
    }

    /// The same bytes, with numbers of which one append after `reached` uses none. The appends before it were answered: the
    /// next parts take the place of theirs, so that parts which do not count never add up.
    #[must_use]
    pub(crate) fn rewound(mut self, reached: &Self) -> Self {
        let latest = reached.next_part();
        for (first, last) in reached.emptied.ranges() {
            self.late.remove(first, last);
            self.emptied.insert(first.max(self.next), last);
        }
        // One below the next has a part that counts, or none ever will.
        for (first, last) in reached.late.ranges().chain([(latest, latest)]) {
            self.late.insert(first.max(self.next), last);
        }
        for (first, last) in self.emptied.ranges() {
            self.late.remove(first, last);
        }
        self.latest = if self.late.contains(latest) { Some(latest) } else { self.latest.or(reached.latest) };
        for (first, last) in reached.strays.ranges().chain([(self.next_pending, reached.next_pending)]) {
            self.strays.insert(first, last);
        }
        self.next_pending = self.next_pending.max(reached.next_pending).saturating_add(1);
        self
    }

    /// The parts to be emptied now, but for the latest, whose request may still be under way.
    pub(crate) fn clearable(&self) -> Vec<u32> {
        let late = self.late.largest_first().filter(|number| Some(*number) != self.latest);
        late.take(CLEARED_AT_ONCE).collect()
    }

    /// The late part of this number is empty.
    pub(crate) fn emptied(&mut self, number: u32) {
        self.late.remove(number, number);
        self.emptied.insert(number.max(self.next), number);
    }

    /// The stray incomplete parts to be removed now, likewise: their numbers only grow.
    pub(crate) fn removable(&self) -> Vec<u32> {
        self.strays.largest_first().skip(1).take(CLEARED_AT_ONCE).collect()
    }

    /// The incomplete part of this number is removed. No other ever has its number.
    pub(crate) fn removed(&mut self, number: u32) {
        self.strays.remove(number, number);
    }
}

fn corrupt(source: Cause) -> PortError {
    PortError::Corrupt { what: "the state of an unfinished blob", source }
}
