//! What tells every node that sessions ended, so that no copy of them is used any more.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;

use crate::error::PortResult;
use crate::ids::{SessionId, UserId};

/// Sessions that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndedSessions {
    /// One session.
    One(SessionId),
    /// Sessions of this user: all, or all but some.
    OfUser(UserId),
}

impl EndedSessions {
    /// Reads what `Display` wrote; `None` where it is from a node that knows more kinds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("session", id) => SessionId::parse(id).map(Self::One),
            ("user", id) => UserId::parse(id).map(Self::OfUser),
            _ => None,
        }
    }
}

/// The text that travels between nodes: `session:<id>` or `user:<id>`. It never changes.
impl fmt::Display for EndedSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(session) => write!(f, "session:{session}"),
            Self::OfUser(user) => write!(f, "user:{user}"),
        }
    }
}

/// Hears of sessions that ended. Called on the task that listens: it must not block.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait SessionListener: Send + Sync {
    /// These sessions ended.
    fn sessions_ended(&self, ended: EndedSessions);

    /// Everything that is published from now on is heard of; before, something may have been missed.
    fn signal_connected(&self);

    /// Nothing is heard of until [`signal_connected`](Self::signal_connected).
    fn signal_lost(&self);
}

/// Tells all nodes of sessions that ended. Unlike a store it keeps nothing: a node hears of what is published while it listens.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionSignal: Send + Sync {
    /// Tells the listeners of all nodes, those of this one too, within a second (SIG-01, SIG-04).
    async fn publish(&self, ended: EndedSessions) -> PortResult<()>;

    /// Tells this listener until it is dropped. It is told at once whether the signal is connected, and within seconds when
    /// that changes (SIG-02, SIG-03).
    fn subscribe(&self, listener: Weak<dyn SessionListener>);
}

/// The listeners of one node, for adapters of [`SessionSignal`].
#[derive(Default)]
pub struct SessionListeners(Mutex<Listening>);

#[derive(Default)]
struct Listening {
    is_connected: bool,
    listeners: Vec<Weak<dyn SessionListener>>,
}

impl SessionListeners {
    /// Adds a listener, and tells it whether the signal is connected.
    pub fn add(&self, listener: Weak<dyn SessionListener>) {
        let mut listening = self.lock();
        if let Some(listener) = listener.upgrade() {
            tell_connection(listening.is_connected, &*listener);
        }
        listening.listeners.push(listener);
    }

    /// Tells all of them what ended.
    pub fn tell(&self, ended: EndedSessions) {
        self.each(|listener| listener.sessions_ended(ended));
    }

    /// Tells all of them that the signal was connected or lost.
    pub fn set_connected(&self, is_connected: bool) {
        self.lock().is_connected = is_connected;
        self.each(|listener| tell_connection(is_connected, listener));
    }

    fn each(&self, tell: impl Fn(&dyn SessionListener)) {
        let mut listening = self.lock();
        listening.listeners.retain(|listener| listener.strong_count() > 0);
        let listeners: Vec<Arc<dyn SessionListener>> =
            listening.listeners.iter().filter_map(Weak::upgrade).collect();
        for listener in &listeners {
            tell(&**listener);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_connection(is_connected: bool, listener: &dyn SessionListener) {
    if is_connected { listener.signal_connected() } else { listener.signal_lost() }
}

#[cfg(test)]
mod tests;
