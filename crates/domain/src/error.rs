//! What every port answers when it fails, and whether trying again can help.

/// Why an adapter failed, in its own words: for the log alone, never for a client.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What every port answers: a value, or the one error that is no refusal.
pub type PortResult<T> = Result<T, PortError>;

/// A failure that no caller caused. Expected refusals are variants of their own enums instead.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Out of reach, overloaded or timed out: the same call may succeed later. Refused credentials are not: they are
    /// `Unexpected` (UOW-14).
    #[error("the store is out of reach")]
    Unavailable(#[source] Cause),
    /// Lost a race for a lock (deadlock, serialization failure): nothing happened, the whole unit may be tried again.
    #[error("lost a race for a lock")]
    Contended(#[source] Cause),
    /// What is stored can't be understood: a human has to look.
    #[error("{what} is stored in a form that can't be read")]
    Corrupt {
        /// What could not be read: `users.role`, say.
        what: &'static str,
        /// The parser's own error.
        source: Cause,
    },
    /// The unit of work had seen a failed statement, so its commit was turned into a rollback.
    #[error("the unit of work had failed before it was committed")]
    Poisoned,
    /// Anything else: a defect of ours or of the store.
    #[error("the store failed unexpectedly")]
    Unexpected(#[source] Cause),
}

/// The cause of [`PortError::Unavailable`] where clients use all that there is of something: nothing is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Overloaded(pub &'static str);

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// At once, with a fresh unit of work.
    Now,
    /// After a pause.
    Later,
    /// Never.
    No,
}

impl PortError {
    /// Whether clients caused it by their number: nothing is broken, and there is nothing to mend.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Unavailable(cause) => cause.is::<Overloaded>(),
            Self::Contended(_) => true,
            Self::Corrupt { .. } | Self::Poisoned | Self::Unexpected(_) => false,
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Contended(_) => Retry::Now,
            Self::Unavailable(_) => Retry::Later,
            Self::Corrupt { .. } | Self::Poisoned | Self::Unexpected(_) => Retry::No,
        }
    }
}

/// An error and its causes on one line, for the log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
