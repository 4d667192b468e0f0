//! A login.

use std::sync::Arc;
use std::time::Duration;

use super::lifetime::{SessionLifetime, last_use};
use super::token_issuer::{TokenIssuer, TokenPair};
use crate::accounts::find_by_email;
use crate::engine::audit::{Act, AuditTrail};
use crate::engine::failed_attempts::FailedAttempts;
use crate::engine::password_queue::{Asker, Busy, NoRoom, PasswordQueue, Presence, QueueRoom};
use crate::engine::passwords;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::Client;
use fm_domain::accounts::{Account, Email, Password, PasswordCheck, PasswordHash, PasswordHasher, User};
use fm_domain::audit::AuditAction;
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult, chain};
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
    /// Whether it is still there.
    pub presence: Presence,
}

/// Why a login was refused.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Wrong address or wrong password: which, is not told, and takes equally long.
    #[error("wrong address or password")]
    InvalidCredentials,
    /// The right password of an account that is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// The most sessions that one login ends, each by a request to the store and with an entry in the audit trail: an account with
/// more of them, as after `MAX_SESSIONS_PER_USER` was lowered, loses the others by its next logins.
const ENDED_AT_ONCE: usize = 20;

/// Opens sessions.
pub struct LogIn {
    db: Arc<dyn Database>,
    sessions: Arc<dyn SessionStore>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn TokenSigner>,
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    queue: PasswordQueue,
    trail: AuditTrail,
    failures: FailedAttempts,
    lifetime: SessionLifetime,
    max_sessions: usize,
    access_token_ttl: Duration,
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
            queue: settings.password_queue.clone(),
            trail: AuditTrail::new(ports),
            failures: FailedAttempts::new(ports),
            lifetime: SessionLifetime::new(settings),
            max_sessions: settings.max_sessions_per_user,
            access_token_ttl: settings.access_token_ttl,
        }
    }

    /// The tokens of a new session. A wrong address and a wrong password are recorded alike; so is the right password of a
    /// suspended account, which alone is told that it is suspended.
    pub async fn run(&self, command: LogInCommand) -> Result<TokenPair, LogInError> {
        // First, and of the memory of this process: a flood that is refused never reaches the database.
        let room = self.queue.reserve(Asker::Anonymous).map_err(NoRoom::refuse::<LogInError>)?;
        let found = self.find(&command.email).await?;
        let account = found.as_ref().map(|account| account.user.id);
        let outcome = self.open(found, room, &command).await;
        if matches!(outcome, Err(LogInError::InvalidCredentials | LogInError::Suspended)) {
            let (action, client) = (AuditAction::LOGIN_FAILED, &command.client);
            let email = Email::from_stored(&command.email);
            let tried = email.as_ref().map_or(command.email.as_str(), Email::key);
            self.failures.record(tried, Act { action, actor: None, account, target: None, client }).await;
        }
        outcome
    }

    async fn open(
        &self,
        found: Option<Account>,
        room: QueueRoom,
        command: &LogInCommand,
    ) -> Result<TokenPair, LogInError> {
        let decoy = || self.passwords.decoy();
        let hash = found.as_ref().map_or_else(decoy, |account| account.user.password_hash.clone());
        let permit = room.wait(&command.presence).await?;
        let check = passwords::verify(&permit, &self.passwords, &command.password, &hash).await?;
        let user = match (found, check) {
            (Some(account), PasswordCheck::Right | PasswordCheck::RightButOutdated)
                if account.is_suspended() =>
            {
                return Err(LogInError::Suspended);
            }
            (Some(Account { user, .. }), PasswordCheck::Right) => {
                drop(permit);
                user
            }
            (Some(Account { user, .. }), PasswordCheck::RightButOutdated) => {
                let hash = passwords::hash(&permit, &self.passwords, &command.password).await?;
                drop(permit);
                if retry_conflicts(|| self.renew_hash(&user, &hash)).await? {
                    User { password_hash: hash, ..user }
                } else {
                    self.replaced(&user, command).await?
                }
            }
            (_, PasswordCheck::Wrong) | (None, _) => return Err(LogInError::InvalidCredentials),
        };
        let now = self.clock.now();
        let session = self.session(&user, command.client.clone(), now);
        self.sessions.create(&session).await?;
        self.still_right(&user, &session).await?;
        // The login stands: what is left over is ended by the next one.
        let mut ended = Vec::new();
        if let Err(error) = self.end_the_oldest(&session, now, &mut ended).await {
            tracing::warn!(error = chain(&error), "a user keeps more sessions than allowed");
        }
        self.record(&session, &ended, &command.client).await;
        let issuer = TokenIssuer {
            tokens: self.tokens.as_ref(),
            macs: self.macs.as_ref(),
            ids: self.ids.as_ref(),
            access_token_ttl: self.access_token_ttl,
        };
        Ok(issuer.issue(&session, user, now)?)
    }

    async fn find(&self, email: &str) -> PortResult<Option<Account>> {
        let Ok(email) = Email::from_stored(email) else { return Ok(None) };
        find_by_email(self.db.as_ref(), &email).await
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
    async fn replaced(&self, user: &User, command: &LogInCommand) -> Result<User, LogInError> {
        let account = self.db.read().await?.users().find(user.id).await?;
        let user = account.ok_or(LogInError::InvalidCredentials)?.user;
        let permit = self.queue.enter(Asker::Anonymous, &command.presence).await?;
        match passwords::verify(&permit, &self.passwords, &command.password, &user.password_hash).await? {
            PasswordCheck::Right | PasswordCheck::RightButOutdated => Ok(user),
            PasswordCheck::Wrong => Err(LogInError::InvalidCredentials),
        }
    }

    fn session(&self, user: &User, client: Client, now: Timestamp) -> Session {
        let client = client.shortened();
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.ids.random()[..16]);
        Session {
            id: SessionId::new(self.ids.uuid()),
            user: user.id,
            created_at: now,
            last_seen_at: now,
            ip: client.ip,
            user_agent: client.user_agent,
            refresh: RefreshState::first(salt, self.lifetime.end(now, now)),
        }
    }

    /// A password that was changed (or an account that was removed or suspended) while it was being checked opens nothing:
    /// the change revokes the sessions that were there, and this one was not there yet.
    async fn still_right(&self, user: &User, session: &Session) -> Result<(), LogInError> {
        let account = self.db.read().await?.users().find(user.id).await?;
        let refusal = match account {
            Some(account) if account.user.password_hash != user.password_hash => {
                LogInError::InvalidCredentials
            }
            Some(account) if account.is_suspended() => LogInError::Suspended,
            Some(_) => return Ok(()),
            None => LogInError::InvalidCredentials,
        };
        self.sessions.revoke(user.id, session.id).await?;
        Err(refusal)
    }

    /// Ends the sessions that were seen longest ago, where the new one is one too many. Each login looks after it has
    /// created its own, and spares those that are newer: of parallel ones the latest are left.
    async fn end_the_oldest(
        &self,
        session: &Session,
        now: Timestamp,
        ended: &mut Vec<SessionId>,
    ) -> PortResult<()> {
        let mut others = self.sessions.list(session.user, now).await?;
        others.retain(|other| other.id != session.id);
        let excess = (others.len() + 1).saturating_sub(self.max_sessions).min(ENDED_AT_ONCE);
        if excess == 0 {
            return Ok(());
        }
        others.retain(|other| last_use(other) < last_use(session));
        others.sort_unstable_by_key(last_use);
        for other in others.iter().take(excess) {
            if self.sessions.revoke(session.user, other.id).await? {
                ended.push(other.id);
            }
        }
        Ok(())
    }

    /// Records the login, and the sessions that it ended.
    async fn record(&self, session: &Session, ended: &[SessionId], client: &Client) {
        let user = Some(session.user);
        let act = |action, id: SessionId| Act {
            action,
            actor: user,
            account: user,
            target: Some(id.uuid()),
            client,
        };
        let login = std::iter::once(act(AuditAction::SESSION_CREATED, session.id));
        let ends = ended.iter().map(|id| act(AuditAction::SESSION_REVOKED, *id));
        self.trail.record_all(login.chain(ends).collect::<Vec<_>>()).await;
    }
}

#[cfg(test)]
mod tests;
