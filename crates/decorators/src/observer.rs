//! What is told of every call of a port.

use std::time::Duration;

/// How a call of a port ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did what was asked, absence included.
    Ok,
    /// An expected refusal: a variant of the operation's own enum, or a rate limit that was reached.
    Refused,
    /// It lost a race for a lock and is tried again.
    Contended,
    /// The adapter's service was out of reach, overloaded or timed out.
    Unavailable,
    /// It failed in any other way.
    Error,
    /// The caller dropped it before it had answered.
    Cancelled,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ok, Self::Refused, Self::Contended, Self::Unavailable, Self::Error, Self::Cancelled];

    /// Its stable name: `ok`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Contended => "contended",
            Self::Unavailable => "unavailable",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Told of every call of a port. Called on the caller's task or thread: it must not block.
pub trait PortObserver: Send + Sync {
    /// A call of `operation` (`blob_store.put`, `database.files.insert`) ended so, after `took`. Operations are a fixed
    /// set of names.
    fn called(&self, operation: &'static str, outcome: Outcome, took: Duration);
}

/// Does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl PortObserver for NoObserver {
    fn called(&self, _operation: &'static str, _outcome: Outcome, _took: Duration) {}
}
