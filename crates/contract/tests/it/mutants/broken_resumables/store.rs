//! The store: its objects, and what is made of small chunks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use fm_domain::blobs::BlobKey;
use fm_domain::error::{PortError, PortResult};
use fm_domain::uploads::WriteState;
use fm_memory::MemoryBlobStore;

use super::Fault;
use super::state::State;
use crate::mutants::in_memory::memory;

/// How many small chunks wait before they become one object.
const MOST_PENDING: usize = 8;

/// What was appended, by number: where it begins, and the bytes.
pub(super) type Pieces = BTreeMap<u32, (u64, Bytes)>;

#[derive(Default)]
pub(super) struct Objects {
    /// Unfinished writes: by name, with their key and their parts by number.
    pub(super) open: BTreeMap<String, (BlobKey, Pieces)>,
    /// Small chunks, by key and number.
    pub(super) pending: BTreeMap<(BlobKey, u32), Bytes>,
    pub(super) tags: u64,
    /// Bytes that no key leads to.
    pub(super) lost: usize,
    /// The latest state of each blob.
    pub(super) latest: BTreeMap<BlobKey, State>,
}

/// A node with such a store.
pub(super) struct FakeStore {
    pub(super) blobs: MemoryBlobStore,
    pub(super) objects: Arc<Mutex<Objects>>,
    /// What a node remembers that should not.
    pub(super) states: Mutex<Vec<WriteState>>,
    pub(super) fault: Fault,
}

impl FakeStore {
    pub(super) fn new(fault: Fault) -> Self {
        Self { blobs: memory(), objects: Arc::default(), states: Mutex::default(), fault }
    }

    /// The same store on another node.
    pub(super) fn another(&self) -> Self {
        let (blobs, objects) = (self.blobs.clone(), Arc::clone(&self.objects));
        Self { blobs, objects, states: Mutex::default(), fault: self.fault }
    }

    pub(super) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    pub(super) fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    /// The state as the caller gets it.
    pub(super) fn out(&self, state: &State) -> WriteState {
        let text = state.write();
        if self.is(Fault::RemembersInItsProcess) {
            let mut states = self.states.lock().unwrap();
            states.push(text);
            return WriteState::new((states.len() - 1).to_string().into());
        }
        if self.is(Fault::StatesGrow) {
            let padding = " ".repeat(usize::try_from(state.next).unwrap() * 200);
            return WriteState::new([text.as_bytes(), padding.as_bytes()].concat().into());
        }
        text
    }

    /// The state that the caller brings.
    pub(super) fn back(&self, state: &WriteState) -> PortResult<State> {
        let corrupt = || PortError::Corrupt {
            what: "the state of an unfinished blob",
            source: "it has another form".into(),
        };
        if self.is(Fault::RemembersInItsProcess) {
            let index =
                std::str::from_utf8(state.as_bytes()).ok().and_then(|text| text.parse::<usize>().ok());
            let states = self.states.lock().unwrap();
            let state = index.and_then(|index| states.get(index)).ok_or_else(corrupt)?;
            return State::read(state).ok_or_else(corrupt);
        }
        State::read(state).ok_or_else(corrupt)
    }

    /// The small chunks of the state, if they are there.
    pub(super) fn gather(objects: &Objects, key: &BlobKey, state: &State) -> Option<Vec<Bytes>> {
        let found = state.pending.iter().map(|(number, size)| {
            let object = objects.pending.get(&(*key, *number));
            object.filter(|bytes| bytes.len() == *size).cloned()
        });
        found.collect()
    }

    /// Stores a chunk by itself, or with those that wait.
    pub(super) fn store_small(
        &self,
        objects: &mut Objects,
        key: &BlobKey,
        state: &mut State,
        bytes: Bytes,
    ) -> Option<()> {
        let (mut number, mut bytes) = (state.next, bytes);
        if state.pending.len() >= MOST_PENDING {
            let mut merged = Self::gather(objects, key, state)?;
            state.pending.clear();
            if self.is(Fault::MergesWithTwoNumbers) {
                let merged: Bytes = merged.concat().into();
                state.pending.push((number, merged.len()));
                objects.pending.insert((*key, number), merged);
                number += 1;
            } else {
                merged.push(bytes);
                bytes = merged.concat().into();
            }
        }
        let first = objects.pending.get(&(*key, number)).filter(|_| self.is(Fault::KeepsTheFirstOfTwo));
        let bytes = first.cloned().unwrap_or(bytes);
        state.pending.push((number, bytes.len()));
        objects.pending.insert((*key, number), bytes);
        state.next = number + 1;
        Some(())
    }

    /// Makes a part of the chunks that wait and this one.
    pub(super) fn make_part(
        &self,
        objects: &mut Objects,
        key: &BlobKey,
        state: &mut State,
        bytes: Bytes,
    ) -> Option<()> {
        let mut pieces = Self::gather(objects, key, state)?;
        pieces.push(bytes);
        let bytes: Bytes = pieces.concat().into();
        objects.tags += 1;
        let tag = objects.tags;
        let (_, parts) = objects.open.get_mut(&state.id)?;
        let first = parts.get(&state.next).filter(|_| self.is(Fault::KeepsTheFirstOfTwo));
        let (tag, bytes) = first.cloned().unwrap_or((tag, bytes));
        state.parts.push((state.next, bytes.len(), tag));
        state.pending.clear();
        parts.insert(state.next, (tag, bytes));
        state.next += 1;
        Some(())
    }
}
