//! Sessions: begun by a log-in, renewed, listed and revoked; they answer who asks.

mod authenticate;
mod end_session;
mod end_sessions;
mod lifetime;
mod list_sessions;
mod log_in;
mod log_out;
mod log_out_by_refresh_token;
mod refresh;
mod revoke_other_sessions;
mod revoke_session;
mod token_issuer;

pub use authenticate::{Authenticate, Refused};
pub use end_session::{EndSession, ListSessionsOf};
pub use end_sessions::{EndSessions, EndSessionsError, NamedAccount};
pub use fm_domain::access::Client;
pub use list_sessions::ListSessions;
pub use log_in::{LogIn, LogInCommand, LogInError};
pub use log_out::LogOut;
pub use log_out_by_refresh_token::LogOutByRefreshToken;
pub use refresh::{Refresh, RefreshCommand};
pub use revoke_other_sessions::RevokeOtherSessions;
pub(crate) use revoke_other_sessions::{CLOCK_SKEW, left_to_the_job};
pub use revoke_session::{RevokeSession, RevokeSessionError};
pub use token_issuer::TokenPair;

use crate::ports::{Ports, Settings};

/// The use cases of sessions.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Sessions {
    pub authenticate: Authenticate,
    pub log_in: LogIn,
    pub refresh: Refresh,
    pub log_out: LogOut,
    pub log_out_by_refresh_token: LogOutByRefreshToken,
    pub list: ListSessions,
    pub revoke: RevokeSession,
    pub revoke_others: RevokeOtherSessions,
    pub end: EndSessions,
    pub end_one: EndSession,
    pub list_of: ListSessionsOf,
}

impl Sessions {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            authenticate: Authenticate::new(ports),
            log_in: LogIn::new(ports, settings),
            refresh: Refresh::new(ports, settings),
            log_out: LogOut::new(ports),
            log_out_by_refresh_token: LogOutByRefreshToken::new(ports),
            list: ListSessions::new(ports, settings),
            revoke: RevokeSession::new(ports),
            revoke_others: RevokeOtherSessions::new(ports),
            end: EndSessions::new(ports),
            end_one: EndSession::new(ports),
            list_of: ListSessionsOf::new(ports),
        }
    }
}

#[cfg(test)]
mod tests;
