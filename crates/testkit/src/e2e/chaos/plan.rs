//! What a proxy was told to do.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use tokio::sync::watch;

use super::Fault;

/// What the connections of a proxy share.
pub(super) struct Shared {
    upstream: SocketAddr,
    state: Mutex<State>,
    /// Told of every new plan.
    changes: watch::Sender<()>,
}

struct State {
    /// One of these befalls a request.
    faults: Vec<Fault>,
    /// So many of a thousand.
    per_mille: u64,
    /// Only those that hold this.
    text: &'static str,
    /// Only so many more.
    left: usize,
    random: Rng,
    met: usize,
}

impl State {
    fn is_always(&self, fault: Fault) -> bool {
        self.faults == [fault] && self.per_mille == 1000 && self.text.is_empty() && self.left == usize::MAX
    }
}

impl Shared {
    pub(super) fn new(upstream: SocketAddr) -> Self {
        let random = Rng::with_seed(0);
        let state = State { faults: Vec::new(), per_mille: 0, text: "", left: 0, random, met: 0 };
        Self { upstream, state: Mutex::new(state), changes: watch::Sender::new(()) }
    }

    pub(super) fn upstream(&self) -> SocketAddr {
        self.upstream
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn plan(&self, faults: &[Fault], per_mille: u64, text: &'static str, left: usize) {
        let mut state = self.state();
        faults.clone_into(&mut state.faults);
        (state.per_mille, state.text, state.left) = (per_mille, text, left);
        drop(state);
        self.changes.send_replace(());
    }

    pub(super) fn seed(&self, seed: u64) {
        self.state().random = Rng::with_seed(seed);
    }

    pub(super) fn met(&self) -> usize {
        self.state().met
    }

    /// What befalls this request.
    pub(super) fn befalls(&self, request: &[u8]) -> Option<Fault> {
        let mut state = self.state();
        let text = state.text.as_bytes();
        let meant = text.is_empty() || request.windows(text.len()).any(|part| part == text);
        if state.faults.is_empty() || state.left == 0 || !meant {
            return None;
        }
        if state.random.u64(0..1000) >= state.per_mille {
            return None;
        }
        let count = state.faults.len();
        let place = state.random.usize(0..count);
        let fault = state.faults.get(place).copied();
        state.left = if state.left == usize::MAX { usize::MAX } else { state.left - 1 };
        state.met += 1;
        fault
    }

    /// Waits as long as everything hangs.
    pub(super) async fn moving(&self) {
        self.until(|state| !state.is_always(Fault::Hang)).await;
    }

    /// Waits until everything is gone.
    pub(super) async fn gone(&self) {
        self.until(|state| state.is_always(Fault::Gone)).await;
    }

    /// Waits for the next plan.
    pub(super) async fn change(&self) {
        // The sender is ours: it does not go.
        drop(self.changes.subscribe().changed().await);
    }

    async fn until(&self, so: impl Fn(&State) -> bool) {
        let mut changes = self.changes.subscribe();
        while !so(&self.state()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
