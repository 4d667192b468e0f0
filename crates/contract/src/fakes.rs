//! Fake adapters of the small ports: fast, predictable, and right enough for the tests that use them. Nothing about
//! them is secret or safe.

use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{MediaType, Placeholder};
use fm_domain::ids::{IdSource, SessionId, UserId};
use fm_domain::mac::{Mac, MacSigner, Purpose};
use fm_domain::previews::PictureFormat;
use fm_domain::sessions::{AccessClaims, AccessToken, InvalidToken, TokenSigner};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The machine's present, for stores that have no clock of their own.
#[must_use]
pub fn present() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Hashes passwords at once. A hash of another strength is right, but outdated.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakePasswordHasher {
    /// What stands for the parameters of a real one.
    pub strength: u32,
}

fn password_hash(strength: u32, salt: &str, password: &str) -> String {
    let digest = Sha256::new().chain_update(salt).chain_update("/").chain_update(password).finalize();
    format!("$fake${strength}${salt}${}", hex::encode(digest))
}

#[async_trait]
impl PasswordHasher for FakePasswordHasher {
    async fn hash(&self, password: &Password) -> PortResult<PasswordHash> {
        let salt = Uuid::now_v7().simple().to_string();
        Ok(PasswordHash::new(password_hash(self.strength, &salt, password.expose())))
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> {
        let mut fields = hash.expose().split('$').skip(2);
        let strength = fields.next().and_then(|strength| strength.parse().ok());
        let (Some(strength), Some(salt)) = (strength, fields.next()) else { return Ok(PasswordCheck::Wrong) };
        Ok(match password_hash(strength, salt, password.expose()) == hash.expose() {
            false => PasswordCheck::Wrong,
            true if strength == self.strength => PasswordCheck::Right,
            true => PasswordCheck::RightButOutdated,
        })
    }

    fn decoy(&self) -> PasswordHash {
        PasswordHash::new(format!("$fake${}$decoy$", self.strength))
    }
}

/// Makes MACs that are plain hashes.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeMacSigner;

impl MacSigner for FakeMacSigner {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        Mac::new(Sha256::new().chain_update(purpose.name()).chain_update(message).finalize().into())
    }

    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        self.sign(purpose, message) == *mac
    }
}

/// Signs access tokens that say what they claim, with a plain hash.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeTokenSigner;

fn token(claims: &str) -> String {
    format!("{claims}.{}", hex::encode(Sha256::digest(claims)))
}

impl TokenSigner for FakeTokenSigner {
    fn sign(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let AccessClaims { user, session, token: id, issued_at, expires_at } = claims;
        let (from, until) = (issued_at.unix_seconds(), expires_at.unix_seconds());
        Ok(AccessToken::new(token(&format!("{user}.{session}.{id}.{from}.{until}"))))
    }

    fn verify(&self, text: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let (claims, _) = text.rsplit_once('.').ok_or(InvalidToken)?;
        let read = || {
            let mut fields = claims.split('.');
            Some(AccessClaims {
                user: UserId::parse(fields.next()?)?,
                session: SessionId::parse(fields.next()?)?,
                token: fields.next()?.parse().ok()?,
                issued_at: Timestamp::from_unix_seconds(fields.next()?.parse().ok()?),
                expires_at: Timestamp::from_unix_seconds(fields.next()?.parse().ok()?),
            })
        };
        let genuine = token(claims) == text;
        let counts = |claims: &AccessClaims| genuine && claims.issued_at <= now && now < claims.expires_at;
        read().filter(counts).ok_or(InvalidToken)
    }
}

/// Renders a PNG's hash instead of a picture. A PNG whose data begins with `broken` can't be decoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeThumbnailer;

/// What every PNG begins with.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

impl FakeThumbnailer {
    /// A file that it takes for a picture, holding `data`.
    #[must_use]
    pub fn picture(data: &[u8]) -> Bytes {
        [SIGNATURE, data].concat().into()
    }
}

#[async_trait]
impl Thumbnailer for FakeThumbnailer {
    fn accepts(&self, content_type: &MediaType) -> bool {
        content_type.as_str() == "image/png"
    }

    fn formats(&self) -> Vec<MediaType> {
        "image/png".parse().into_iter().collect()
    }

    async fn render(
        &self,
        source: Bytes,
        spec: RenderSpec,
        _budget: RenderBudget,
    ) -> Result<Rendered, RenderThumbnail> {
        let data = source.strip_prefix(SIGNATURE).filter(|data| !data.starts_with(b"broken"));
        let data = data.ok_or_else(|| RenderThumbnail::Undecodable("it is broken".to_owned()))?;
        let digest = Sha256::digest(data);
        let (width, placeholder) = match spec {
            RenderSpec::Thumbnail { width, .. } => (width, Placeholder::new(&digest[..8])),
            RenderSpec::Preview { longer_side } => (longer_side, None),
        };
        let bytes = Self::picture(&digest);
        Ok(Rendered { bytes, format: PictureFormat::Png, width, height: 1, placeholder })
    }
}

/// Ids of the present, and bytes that are as random as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeIds;

impl IdSource for FakeIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> [u8; 32] {
        Sha256::digest(Uuid::now_v7()).into()
    }
}
