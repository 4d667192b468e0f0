//! Secrets, password hashes, and how long tokens and links live.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{DAY, Reader, Secret, Variable};
use crate::adapters::DatabaseScope;

pub(super) const VARIABLES: &[Variable] = &[
    Variable::secret("JWT_SECRET"),
    Variable::secret("JWT_PREVIOUS_SECRETS"),
    Variable::plain("ARGON2_MEMORY_KIB"),
    Variable::plain("ARGON2_ITERATIONS"),
    Variable::plain("ARGON2_PARALLELISM"),
    Variable::plain("ACCESS_TOKEN_TTL_SECONDS"),
    Variable::plain("REFRESH_TOKEN_TTL_SECONDS"),
    Variable::plain("SESSION_MAX_TTL_SECONDS"),
    Variable::plain("SIGNED_URL_TTL_SECONDS"),
];

/// The shortest secret, in bytes.
const SHORTEST_SECRET: usize = 32;

/// The fewest different bytes of a secret: 32 random hexadecimal digits have fewer less often than once in ten million.
const FEWEST_DIFFERENT_BYTES: usize = 8;

/// Makes a secret, on any machine with OpenSSL.
const MAKE_ONE: &str = "openssl rand -hex 32";

/// Secrets, password hashes, and how long tokens and links live.
#[derive(Debug, Clone)]
pub struct CredentialsConfig {
    /// `JWT_SECRET`.
    pub jwt_secret: Option<Secret>,
    /// `JWT_PREVIOUS_SECRETS`: still accepted, no longer signed with.
    pub jwt_previous_secrets: Vec<Secret>,
    /// `ARGON2_MEMORY_KIB`.
    pub argon2_memory_kib: u32,
    /// `ARGON2_ITERATIONS`.
    pub argon2_iterations: u32,
    /// `ARGON2_PARALLELISM`.
    pub argon2_parallelism: u32,
    /// `ACCESS_TOKEN_TTL_SECONDS`.
    pub access_token_ttl: Duration,
    /// `REFRESH_TOKEN_TTL_SECONDS`.
    pub refresh_token_ttl: Duration,
    /// `SESSION_MAX_TTL_SECONDS`: how long a session lives however often it is refreshed; `None`: without end.
    pub session_max_ttl: Option<Duration>,
    /// `SIGNED_URL_TTL_SECONDS`.
    pub signed_url_ttl: Duration,
}

impl CredentialsConfig {
    /// `scope` is that of the database: it decides whether a secret must be given.
    pub(super) fn read(reader: &mut Reader<'_>, scope: DatabaseScope) -> Self {
        let config = Self {
            jwt_secret: jwt_secret(reader, scope),
            jwt_previous_secrets: previous_secrets(reader),
            argon2_memory_kib: reader.number("ARGON2_MEMORY_KIB", 19_456, 8..=4_194_304),
            argon2_iterations: reader.number("ARGON2_ITERATIONS", 2, 1..=1000),
            argon2_parallelism: reader.number("ARGON2_PARALLELISM", 1, 1..=64),
            access_token_ttl: reader.seconds("ACCESS_TOKEN_TTL_SECONDS", 900, 1..=DAY),
            refresh_token_ttl: reader.seconds("REFRESH_TOKEN_TTL_SECONDS", 30 * DAY, 1..=3650 * DAY),
            session_max_ttl: reader
                .optional_number("SESSION_MAX_TTL_SECONDS", 1..=3650 * DAY)
                .map(Duration::from_secs),
            signed_url_ttl: reader.seconds("SIGNED_URL_TTL_SECONDS", 3600, 1..=7 * DAY),
        };
        if config.argon2_memory_kib < 8 * config.argon2_parallelism {
            reader.fault("ARGON2_MEMORY_KIB", "must be at least 8 times ARGON2_PARALLELISM");
        }
        if config.access_token_ttl > config.refresh_token_ttl {
            reader.fault("ACCESS_TOKEN_TTL_SECONDS", "must not be longer than REFRESH_TOKEN_TTL_SECONDS");
        }
        config
    }
}

fn jwt_secret(reader: &mut Reader<'_>, scope: DatabaseScope) -> Option<Secret> {
    let is_named = reader.is_named("JWT_SECRET");
    let secret = reader.secret("JWT_SECRET");
    match &secret {
        Some(secret) => {
            if let Some(problem) = weakness(secret) {
                reader.fault("JWT_SECRET", format!("{problem}: make one with `{MAKE_ONE}`"));
            }
        }
        None if !is_named && scope == DatabaseScope::Cluster => {
            reader.fault(
                "JWT_SECRET",
                "is required with a database that many nodes share, such as PostgreSQL: every node must have the same",
            );
        }
        None => {}
    }
    secret
}

fn previous_secrets(reader: &mut Reader<'_>) -> Vec<Secret> {
    let Some(list) = reader.secret("JWT_PREVIOUS_SECRETS") else { return Vec::new() };
    let items = list.expose().split(',').map(str::trim).filter(|item| !item.is_empty());
    let secrets: Vec<Secret> = items.map(|item| Secret::new(item.to_owned())).collect();
    if secrets.is_empty() {
        reader.fault("JWT_PREVIOUS_SECRETS", "holds no secret: leave it out where there is none");
    }
    // Of few different bytes they may be: else a weak one could not be replaced without ending every session.
    if secrets.iter().any(|secret| secret.expose().len() < SHORTEST_SECRET) {
        reader.fault("JWT_PREVIOUS_SECRETS", "must each be at least 32 bytes");
    }
    secrets
}

/// Why a secret is none: it is short, or made of so few different bytes that it can be guessed.
fn weakness(secret: &Secret) -> Option<&'static str> {
    let bytes = secret.expose().as_bytes();
    let different: BTreeSet<u8> = bytes.iter().copied().collect();
    if bytes.len() < SHORTEST_SECRET {
        Some("must be at least 32 bytes")
    } else if different.len() < FEWEST_DIFFERENT_BYTES {
        Some("must have at least 8 different characters, as random secrets have")
    } else {
        None
    }
}
