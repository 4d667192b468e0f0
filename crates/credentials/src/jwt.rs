//! Access tokens: JWT (RFC 7519) with one fixed algorithm.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{AccessClaims, AccessToken, InvalidToken, TokenSigner};
use jsonwebtoken::crypto::{sign, verify};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{JwtSecrets, SecretBytes};

/// The one algorithm that signs and is believed.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// How far two machines' clocks may be apart.
const LEEWAY_SECONDS: i64 = 2;

/// No token of ours is longer: what is, is refused before any of it is looked at.
const MAX_TOKEN_BYTES: usize = 2048;

/// The longest issuer and audience: with both of them a token stays under its bound, even when each of their
/// characters has to be escaped.
const MAX_NAME_BYTES: usize = 64;

/// Who issues the tokens (`iss`) and for whom (`aud`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAudience {
    issuer: String,
    audience: String,
}

/// The issuer or the audience is longer than 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenAudienceTooLong;

impl fmt::Display for TokenAudienceTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the issuer and the audience must be at most {MAX_NAME_BYTES} bytes each")
    }
}

impl std::error::Error for TokenAudienceTooLong {}

impl TokenAudience {
    /// Takes both names, each of at most 64 bytes.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, TokenAudienceTooLong> {
        let names = Self { issuer: issuer.into(), audience: audience.into() };
        if names.issuer.len() > MAX_NAME_BYTES || names.audience.len() > MAX_NAME_BYTES {
            return Err(TokenAudienceTooLong);
        }
        Ok(names)
    }
}

/// This program's own names.
impl Default for TokenAudience {
    fn default() -> Self {
        Self { issuer: "file-manager".to_owned(), audience: "file-manager-api".to_owned() }
    }
}

/// Signs and checks access tokens with HS256, the newest secret signing and every accepted one believed.
///
/// The secrets are the HMAC keys themselves (RFC 7518, section 3.2), so that another program that shares one can
/// read our tokens; `kid` is derived from the secret by HKDF and tells nothing of it.
///
/// A token is believed only when its header is, byte for byte, the one that we write for one of the keys: `none`,
/// another algorithm, a missing or unknown `kid` and every other trick with headers is refused by that one
/// comparison, which also selects the key.
pub struct JwtSigner {
    current: Key,
    previous: Vec<Key>,
    names: TokenAudience,
}

struct Key {
    /// The encoded header of every token of this key, with the dot after it.
    header: String,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// The claims, as they are written.
#[derive(Serialize)]
struct WrittenClaims<'a> {
    sub: UserId,
    sid: SessionId,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    iss: &'a str,
    aud: &'a str,
}

/// The claims, as they are read: owned only where JSON had to be unescaped.
#[derive(Deserialize)]
struct ReadClaims<'a> {
    sub: UserId,
    sid: SessionId,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(borrow)]
    iss: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    aud: std::borrow::Cow<'a, str>,
}

impl Key {
    fn derived_from(secret: &SecretBytes) -> Self {
        let name = secret.derive::<8>(&[b"jwt/kid"]);
        let kid = u64::from_be_bytes(*name);
        let header = format!(r#"{{"alg":"HS256","kid":"{kid:016x}","typ":"JWT"}}"#);
        Self {
            header: URL_SAFE_NO_PAD.encode(header) + ".",
            signs: EncodingKey::from_secret(secret.expose()),
            verifies: DecodingKey::from_secret(secret.expose()),
        }
    }
}

impl JwtSigner {
    /// Prepares the keys of every accepted secret.
    #[must_use]
    pub fn new(secrets: &JwtSecrets, names: TokenAudience) -> Self {
        Self {
            current: Key::derived_from(&secrets.current),
            previous: secrets.previous.iter().map(Key::derived_from).collect(),
            names,
        }
    }

    /// The key whose header the token begins with.
    fn key_of(&self, token: &str) -> Option<&Key> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| token.starts_with(&key.header))
    }

    /// The claims of a token that one of our keys has signed.
    fn read<'a>(&self, token: &str, buffer: &'a mut [u8]) -> Option<ReadClaims<'a>> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let key = self.key_of(token)?;
        let (message, signature) = token.rsplit_once('.')?;
        let payload = message.get(key.header.len()..)?;
        if !verify(signature, message.as_bytes(), &key.verifies, ALGORITHM).ok()? {
            return None;
        }
        let length = URL_SAFE_NO_PAD.decode_slice(payload, buffer).ok()?;
        serde_json::from_slice(buffer.get(..length)?).ok()
    }
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtSigner").field("names", &self.names).finish_non_exhaustive()
    }
}

fn unexpected(cause: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Unexpected(Box::new(cause))
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let issued_at = claims.issued_at.unix_seconds();
        let json = serde_json::to_vec(&WrittenClaims {
            sub: claims.user,
            sid: claims.session,
            jti: claims.token,
            iat: issued_at,
            nbf: issued_at,
            exp: claims.expires_at.unix_seconds(),
            iss: &self.names.issuer,
            aud: &self.names.audience,
        })
        .map_err(unexpected)?;
        let key = &self.current;
        let mut token = String::with_capacity(MAX_TOKEN_BYTES / 4);
        token.push_str(&key.header);
        URL_SAFE_NO_PAD.encode_string(json, &mut token);
        let signature = sign(token.as_bytes(), &key.signs, ALGORITHM).map_err(unexpected)?;
        token.push('.');
        token.push_str(&signature);
        Ok(AccessToken::new(token))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let mut buffer = [0; MAX_TOKEN_BYTES];
        let claims = self.read(token, &mut buffer).ok_or(InvalidToken)?;
        let ours = claims.iss == self.names.issuer && claims.aud == self.names.audience;
        let expired = now >= Timestamp::from_unix_seconds(claims.exp.saturating_add(LEEWAY_SECONDS));
        let early = now < Timestamp::from_unix_seconds(claims.nbf.saturating_sub(LEEWAY_SECONDS));
        if !ours || expired || early {
            return Err(InvalidToken);
        }
        Ok(AccessClaims {
            user: claims.sub,
            session: claims.sid,
            token: claims.jti,
            issued_at: Timestamp::from_unix_seconds(claims.iat),
            expires_at: Timestamp::from_unix_seconds(claims.exp),
        })
    }
}
