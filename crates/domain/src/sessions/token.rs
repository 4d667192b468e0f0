//! Access tokens (JWT, RFC 7519) and refresh tokens.

use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::Generation;
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::ids::{SessionId, UserId};
use crate::mac::{Mac, MacSigner, Purpose};

/// What an access token says. `iss` and `aud` are the signer's own business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// `sub`.
    pub user: UserId,
    /// `sid`: the session that decides whether the token still counts.
    pub session: SessionId,
    /// `jti`.
    pub token: Uuid,
    /// `iat` and `nbf`, to the second.
    pub issued_at: Timestamp,
    /// `exp`, to the second.
    pub expires_at: Timestamp,
}

/// A signed access token. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Takes the compact form of a JWT.
    #[must_use]
    pub fn new(compact: String) -> Self {
        Self(Zeroizing::new(compact))
    }

    /// The compact form, for its bearer alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The token is malformed, forged, expired, not yet valid or not for us. The client does not learn which, so that a
/// forger learns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// Signs and checks access tokens: one fixed algorithm, rotatable keys named by `kid`.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// Signs with today's key.
    fn sign(&self, claims: &AccessClaims) -> PortResult<AccessToken>;

    /// Checks the signature against every accepted key, the algorithm against the one allowed, `iss` and `aud` (TOK-08),
    /// and `exp` and `nbf` against `now` with at most 2 s of leeway (TOK-03).
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken>;
}

/// `session.generation.MAC`: what renews a session, once. Never shown.
#[derive(Clone)]
pub struct RefreshToken {
    /// The session it renews.
    pub session: SessionId,
    /// The generation it belongs to.
    pub generation: Generation,
    mac: Mac,
}

impl RefreshToken {
    /// The token of this generation.
    #[must_use]
    pub fn issue(session: SessionId, generation: Generation, salt: &[u8; 16], macs: &dyn MacSigner) -> Self {
        let mac = macs.sign(Purpose::RefreshToken, &Self::message(session, generation, salt));
        Self { session, generation, mac }
    }

    /// Whether it was issued by us, with the salt of its session.
    #[must_use]
    pub fn is_genuine(&self, salt: &[u8; 16], macs: &dyn MacSigner) -> bool {
        let message = Self::message(self.session, self.generation, salt);
        macs.verify(Purpose::RefreshToken, &message, &self.mac)
    }

    /// Reads what a client sent; whether it is genuine is another question.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('.');
        let session = SessionId::parse(fields.next()?)?;
        let number = fields.next()?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let generation = Generation::new(if digits { number.parse().ok()? } else { return None });
        let mac = Mac::parse(fields.next()?)?;
        fields.next().is_none().then_some(Self { session, generation, mac })
    }

    /// The text for its bearer alone.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}.{}", self.session, self.generation.number(), self.mac.to_text()))
    }

    fn message(session: SessionId, generation: Generation, salt: &[u8; 16]) -> [u8; 36] {
        let mut message = [0; 36];
        message[..16].copy_from_slice(session.uuid().as_bytes());
        message[16..20].copy_from_slice(&generation.number().to_be_bytes());
        message[20..].copy_from_slice(salt);
        message
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({} of {}, …)", self.generation.number(), self.session)
    }
}

#[cfg(test)]
mod tests;
