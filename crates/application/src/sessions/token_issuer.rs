//! The two tokens that a login or a refresh gives.

use std::time::Duration;

use fm_domain::accounts::User;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::IdSource;
use fm_domain::mac::MacSigner;
use fm_domain::sessions::{AccessClaims, AccessToken, RefreshToken, Session, TokenSigner};

/// An access token and the token that renews it.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The token that authenticates requests.
    pub access_token: AccessToken,
    /// How long the access token is valid.
    pub access_expires_in: Duration,
    /// Renews the session, once.
    pub refresh_token: RefreshToken,
    /// How long the session lives unless it is refreshed.
    pub refresh_expires_in: Duration,
    /// The user whom the tokens stand for.
    pub user: User,
}

/// Makes token pairs.
pub(super) struct TokenIssuer<'a> {
    pub(super) tokens: &'a dyn TokenSigner,
    pub(super) macs: &'a dyn MacSigner,
    pub(super) ids: &'a dyn IdSource,
    pub(super) access_token_ttl: Duration,
}

impl TokenIssuer<'_> {
    /// A fresh access token and the session's current refresh token.
    pub(super) fn issue(&self, session: &Session, user: User, now: Timestamp) -> PortResult<TokenPair> {
        // No token outlives its session.
        let session_left = session.refresh.expires_at.since(now);
        let access_left = self.access_token_ttl.min(session_left);
        let claims = AccessClaims {
            user: session.user,
            session: session.id,
            token: self.ids.uuid(),
            issued_at: now,
            expires_at: now.plus(access_left),
        };
        Ok(TokenPair {
            access_token: self.tokens.sign(&claims)?,
            access_expires_in: access_left,
            refresh_token: RefreshToken::issue(
                session.id,
                session.refresh.generation,
                &session.refresh.salt,
                self.macs,
            ),
            refresh_expires_in: session_left,
            user,
        })
    }
}
