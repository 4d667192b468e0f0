//! A refresh: the old token is spent, a new one is given.

use std::sync::Arc;
use std::time::Duration;

use super::authenticate::Refused;
use super::lifetime::SessionLifetime;
use super::token_issuer::{TokenIssuer, TokenPair};
use crate::engine::audit::{Act, AuditTrail};
use crate::ports::{Ports, Settings};
use fm_domain::access::Client;
use fm_domain::audit::AuditAction;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::PortError;
use fm_domain::ids::IdSource;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{RefreshToken, Session, SessionStore, TokenSigner};

/// The token to spend.
#[derive(Clone)]
pub struct RefreshCommand {
    /// The refresh token, as it was sent.
    pub token: String,
    /// The client that asks.
    pub client: Client,
}

/// How often a rotation that lost against a parallel one looks again.
const ATTEMPTS: u32 = 16;

/// Rotates refresh tokens.
///
/// Within the grace after its rotation a spent token still answers, with the session's current one, so that parallel
/// refreshes and lost answers log no user out. Later it gives away a thief (or a very late retry): the session ends.
pub struct Refresh {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    tokens: Arc<dyn TokenSigner>,
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    trail: AuditTrail,
    access_ttl: Duration,
    lifetime: SessionLifetime,
}

impl Refresh {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            tokens: ports.tokens.clone(),
            macs: ports.macs.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            trail: AuditTrail::new(ports),
            access_ttl: settings.access_token_ttl,
            lifetime: SessionLifetime::new(settings),
        }
    }

    /// New tokens of the same session.
    pub async fn run(&self, command: RefreshCommand) -> Result<TokenPair, Refused> {
        let token = RefreshToken::parse(&command.token).ok_or(Refused::Unauthenticated)?;
        let now = self.clock.now();
        let session = self.rotate(&token, now, &command.client).await?;
        let account =
            self.db.read().await?.users().find(session.user).await?.ok_or(Refused::Unauthenticated)?;
        // Its sessions have ended, or will in a moment.
        if account.is_suspended() {
            return Err(Refused::Unauthenticated);
        }
        self.sessions.touch(session.id, now, command.client.ip).await?;
        let issuer = TokenIssuer {
            tokens: self.tokens.as_ref(),
            macs: self.macs.as_ref(),
            ids: self.ids.as_ref(),
            access_token_ttl: self.access_ttl,
        };
        Ok(issuer.issue(&session, account.user, now)?)
    }

    /// The session with the generation that is current after this refresh.
    async fn rotate(
        &self,
        token: &RefreshToken,
        now: Timestamp,
        client: &Client,
    ) -> Result<Session, Refused> {
        for _ in 0..ATTEMPTS {
            let mut session =
                self.sessions.find(token.session, now).await?.ok_or(Refused::Unauthenticated)?;
            // A forged token ends nothing, whatever generation it claims.
            if !token.is_genuine(&session.refresh.salt, self.macs.as_ref()) {
                return Err(Refused::Unauthenticated);
            }
            let end = self.lifetime.end(session.created_at, now);
            if end <= now {
                self.sessions.revoke(session.user, session.id).await?;
                return Err(Refused::Unauthenticated);
            }
            if token.generation != session.refresh.generation {
                return self.replay(token, session, now, client).await;
            }
            let next = session.refresh.rotated(now, end);
            if self.sessions.rotate(session.id, token.generation, &next).await? {
                session.refresh = next;
                return Ok(session);
            }
        }
        Err(PortError::Contended("a refresh token was rotated by others again and again".into()).into())
    }

    async fn replay(
        &self,
        token: &RefreshToken,
        session: Session,
        now: Timestamp,
        client: &Client,
    ) -> Result<Session, Refused> {
        if session.refresh.within_grace(token.generation, now) {
            return Ok(session);
        }
        if token.generation < session.refresh.generation {
            tracing::warn!(session.id = %session.id, user.id = %session.user, "a spent refresh token was used again: the session ends");
            if self.sessions.revoke(session.user, session.id).await? {
                let (action, target) = (AuditAction::SESSION_REFRESH_REUSED, Some(session.id.uuid()));
                // A thief or the user: the token does not tell.
                self.trail
                    .record(Act { action, actor: None, account: Some(session.user), target, client })
                    .await;
            }
        }
        Err(Refused::Unauthenticated)
    }
}

#[cfg(test)]
mod tests;
