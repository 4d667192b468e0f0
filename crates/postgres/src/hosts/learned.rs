//! What walks over the hosts learn: where the next one begins.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use fm_domain::error::PortError;

use crate::timing::SUSPICIOUS;

/// An entry, and which of its addresses; `None`: the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) entry: usize,
    pub(super) address: Option<IpAddr>,
}

impl Place {
    /// Without an address, a place stands for all of its entry.
    fn is(self, other: Self) -> bool {
        let is_any = self.address.is_none() || other.address.is_none();
        self.entry == other.entry && (is_any || self.address == other.address)
    }
}

#[derive(Debug)]
pub(super) struct Learned {
    state: Mutex<State>,
    /// Addresses that the longest walk so far had.
    pub(super) addresses: AtomicUsize,
    /// Walks under way.
    pub(super) walks: AtomicUsize,
}

#[derive(Debug)]
struct State {
    /// Where the next walk begins: the address that worked last, or the one behind it once that has failed.
    first: Place,
    /// The entry that worked last.
    worked: Option<usize>,
}

impl Learned {
    pub(super) fn new(first: Place, entries: usize) -> Self {
        let state = Mutex::new(State { first, worked: None });
        Self { state, addresses: AtomicUsize::new(entries), walks: AtomicUsize::new(0) }
    }

    /// Where the next walk begins.
    pub(super) fn first(&self) -> Place {
        self.state().first
    }

    /// This place worked; the entry that worked before.
    pub(super) fn worked(&self, place: Place) -> Option<usize> {
        let mut state = self.state();
        state.first = place;
        state.worked.replace(place.entry)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a walk until it is dropped.
pub(super) struct Walk<'a>(&'a AtomicUsize);

impl<'a> Walk<'a> {
    pub(super) fn begin(walks: &'a AtomicUsize) -> Self {
        walks.fetch_add(1, Ordering::Relaxed);
        Self(walks)
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An attempt at one place. Failed, or dropped after long enough, it has the next walk begin elsewhere.
pub(super) struct Attempt<'a> {
    learned: &'a Learned,
    place: Place,
    next: Place,
    started: Instant,
    is_open: bool,
}

impl<'a> Attempt<'a> {
    pub(super) fn begin(learned: &'a Learned, place: Place, next: Place) -> Self {
        Self { learned, place, next, started: Instant::now(), is_open: true }
    }

    pub(super) fn ended(&mut self) {
        self.is_open = false;
    }

    pub(super) fn failed(&mut self, error: PortError) -> PortError {
        self.is_open = false;
        self.pass_over();
        error
    }

    /// Another attempt may have found a better place meanwhile, which stays.
    fn pass_over(&self) {
        let mut state = self.learned.state();
        if state.first.is(self.place) {
            state.first = self.next;
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.is_open && self.started.elapsed() >= SUSPICIOUS {
            self.pass_over();
        }
    }
}
