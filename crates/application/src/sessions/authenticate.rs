//! Who is asking?

use std::sync::Arc;

use crate::engine::retry::failure;
use crate::ports::Ports;
use fm_domain::access::{Actor, Client};
use fm_domain::clock::Clock;
use fm_domain::error::PortError;
use fm_domain::sessions::{SessionStore, TOUCH_INTERVAL, TokenSigner};

/// Why a request is not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No, expired, forged or revoked credentials.
    #[error("the credentials are not valid")]
    Unauthenticated,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(Refused);

/// Checks an access token and the session it hangs on. The session has the last word.
pub struct Authenticate {
    tokens: Arc<dyn TokenSigner>,
    sessions: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
}

impl Authenticate {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { tokens: ports.tokens.clone(), sessions: ports.sessions.clone(), clock: ports.clock.clone() }
    }

    /// Who the token stands for, asking through this client.
    pub async fn run(&self, access_token: &str, client: Client) -> Result<Actor, Refused> {
        let now = self.clock.now();
        let claims = self.tokens.verify(access_token, now).map_err(|_invalid| Refused::Unauthenticated)?;
        let session =
            self.sessions.find_recent(claims.session, now).await?.ok_or(Refused::Unauthenticated)?;
        if session.user != claims.user {
            return Err(Refused::Unauthenticated);
        }
        if now.since(session.last_seen_at) >= TOUCH_INTERVAL {
            self.sessions.touch(session.id, now, client.ip.clone()).await?;
        }
        Ok(Actor::in_session(session.user, session.id).through(client))
    }
}
