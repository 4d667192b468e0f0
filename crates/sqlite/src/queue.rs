//! The queue between callers and the threads that answer them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// First in, first out, from any number of tasks to any number of threads.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self { state: Mutex::new(State { waiting: VecDeque::new(), closed: false }), changed: Condvar::new() }
    }

    /// Adds an item. False when the queue is closed: the item is dropped, which tells the caller that waits for its
    /// answer.
    pub(crate) fn push(&self, item: T) -> bool {
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        state.waiting.push_back(item);
        drop(state);
        self.changed.notify_one();
        true
    }

    /// Whether no more items are taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Takes the next item as soon as there is one; `None` when the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more items; what waits is still served.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Closes the queue and drops the waiting items: no thread is left to serve them.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
