//! A login.

use std::sync::Arc;
use std::time::Duration;

use super::authenticate::Client;
use super::token_issuer::{TokenIssuer, TokenPair};
use crate::accounts::find_by_email;
use crate::engine::passwords::verify;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::accounts::{Email, Password, PasswordCheck, PasswordHash, PasswordHasher, User};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{IdSource, SessionId};
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{RefreshState, Session, SessionStore, TokenSigner};

/// The credentials of a login.
#[derive(Debug, Clone)]
pub struct LogInCommand {
    /// The address, as it was sent. A text that is no address belongs to no user.
    pub email: String,
    /// The password, as it was sent.
    pub password: Password,
    /// The client that asks.
    pub client: Client,
}

/// Why a login was refused.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Wrong address or wrong password: which, is not told, and takes equally long.
    #[error("wrong address or password")]
    InvalidCredentials,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// The most characters kept of a `User-Agent`.
const USER_AGENT_CHARS: usize = 512;

/// Opens sessions.
pub struct LogIn {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn TokenSigner>,
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    access_token_ttl: Duration,
    refresh_token_ttl: Duration,
}

impl LogIn {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            sessions: ports.sessions.clone(),
            passwords: ports.passwords.clone(),
            tokens: ports.tokens.clone(),
            macs: ports.macs.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            access_token_ttl: settings.access_token_ttl,
            refresh_token_ttl: settings.refresh_token_ttl,
        }
    }

    /// The tokens of a new session.
    pub async fn run(&self, command: LogInCommand) -> Result<TokenPair, LogInError> {
        let user = self.find(&command.email).await?;
        let decoy = || self.passwords.decoy();
        let hash = user.as_ref().map_or_else(decoy, |user| user.password_hash.clone());
        let check = verify(self.passwords.as_ref(), &command.password, &hash).await?;
        let user = match (user, check) {
            (Some(user), PasswordCheck::Right) => user,
            (Some(user), PasswordCheck::RightButOutdated) => {
                let hash = self.passwords.hash(&command.password).await?;
                if retry_conflicts(|| self.renew_hash(&user, &hash)).await? {
                    User { password_hash: hash, ..user }
                } else {
                    self.replaced(&user, &command.password).await?
                }
            }
            (_, PasswordCheck::Wrong) | (None, _) => return Err(LogInError::InvalidCredentials),
        };
        let now = self.clock.now();
        let session = self.session(&user, command.client, now);
        self.sessions.create(&session).await?;
        self.still_right(&user, &session).await?;
        let issuer = TokenIssuer {
            tokens: self.tokens.as_ref(),
            macs: self.macs.as_ref(),
            ids: self.ids.as_ref(),
            access_token_ttl: self.access_token_ttl,
        };
        Ok(issuer.issue(&session, user, now)?)
    }

    async fn find(&self, email: &str) -> PortResult<Option<User>> {
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        Ok(find_by_email(self.db.as_ref(), &email).await?.map(|account| account.user))
    }

    /// Stores a hash made with today's parameters; false when the one that was checked is no longer there.
    async fn renew_hash(&self, user: &User, hash: &PasswordHash) -> PortResult<bool> {
        let mut unit = self.db.begin().await?;
        let renewed = unit.users().set_password(user.id, &user.password_hash, hash).await?;
        if renewed {
            unit.commit().await?;
        } else {
            unit.rollback().await?;
        }
        Ok(renewed)
    }

    /// The user with the hash that replaced theirs meanwhile. Another login made it of the same password, so that it is as
    /// good; or it is of another password, and the login is refused.
    async fn replaced(&self, user: &User, password: &Password) -> Result<User, LogInError> {
        let account = self.db.read().await?.users().find(user.id).await?;
        let user = account.ok_or(LogInError::InvalidCredentials)?.user;
        match verify(self.passwords.as_ref(), password, &user.password_hash).await? {
            PasswordCheck::Right | PasswordCheck::RightButOutdated => Ok(user),
            PasswordCheck::Wrong => Err(LogInError::InvalidCredentials),
        }
    }

    fn session(&self, user: &User, client: Client, now: Timestamp) -> Session {
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.ids.random()[..16]);
        Session {
            id: SessionId::new(self.ids.uuid()),
            user: user.id,
            created_at: now,
            last_seen_at: now,
            ip: client.ip,
            user_agent: client.user_agent.map(|text| text.chars().take(USER_AGENT_CHARS).collect()),
            refresh: RefreshState::first(salt, now.plus(self.refresh_token_ttl)),
        }
    }

    /// A password that was changed (or an account that was removed) while it was being checked opens nothing: the
    /// change revokes the sessions that were there, and this one was not there yet.
    async fn still_right(&self, user: &User, session: &Session) -> Result<(), LogInError> {
        let account = self.db.read().await?.users().find(user.id).await?;
        match account {
            Some(account) if account.user.password_hash == user.password_hash => Ok(()),
            _ => {
                self.sessions.revoke(user.id, session.id).await?;
                Err(LogInError::InvalidCredentials)
            }
        }
    }
}

#[cfg(test)]
mod tests;
