//! Sessions: what a login opens, and what its tokens hang on.

mod model;
mod port;
mod signal;
mod token;

pub use model::{GRACE, Generation, NewSession, RefreshState, Session, TOUCH_INTERVAL};
pub use port::{EXPIRY_MARGIN, SessionStore};
pub use signal::{EndedSessions, SessionListener, SessionListeners, SessionSignal};
pub use token::{AccessClaims, AccessToken, InvalidToken, RefreshToken, TokenSigner};

#[cfg(any(test, feature = "mock"))]
pub use {
    port::MockSessionStore,
    signal::{MockSessionListener, MockSessionSignal},
    token::MockTokenSigner,
};
