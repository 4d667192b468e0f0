//! Password hashes: Argon2id (RFC 9106).

use std::fmt;
use std::num::NonZero;
use std::sync::Arc;

use argon2::password_hash::Error as HashError;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as PhcHash, Salt};
use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
};
use async_trait::async_trait;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::{PortError, PortResult};
use tokio::sync::Semaphore;

/// Bytes of a hash.
const OUTPUT_BYTES: usize = 32;

/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// What hashing a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Settings {
    /// KiB of memory, for each hash that is being made.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// How many hashes are made at one time; further calls wait.
    pub at_once: NonZero<usize>,
}

/// 19 MiB, 2 passes, 1 lane; as many at once as the machine has cores.
impl Default for Argon2Settings {
    fn default() -> Self {
        let at_once = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1, at_once }
    }
}

/// The settings are no parameters of Argon2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidArgon2Settings(argon2::Error);

impl fmt::Display for InvalidArgon2Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "are no parameters of Argon2: {}", self.0)
    }
}

impl std::error::Error for InvalidArgon2Settings {}

/// Hashes passwords with Argon2id version 19, as PHC strings.
///
/// Work runs on blocking threads, at most [`Argon2Settings::at_once`] at one time, so that its memory is bounded. A
/// caller that goes away frees its place only when its hash is done.
pub struct Argon2PasswordHasher {
    params: Params,
    decoy: PasswordHash,
    places: Arc<Semaphore>,
}

impl Argon2PasswordHasher {
    /// Checks the settings and makes the decoy.
    pub fn new(settings: Argon2Settings) -> Result<Self, InvalidArgon2Settings> {
        let Argon2Settings { memory_kib, iterations, parallelism, at_once } = settings;
        let params = Params::new(memory_kib, iterations, parallelism, Some(OUTPUT_BYTES))
            .map_err(InvalidArgon2Settings)?;
        // A random output is the hash of nothing that anyone knows, and it takes no hashing to make one.
        let decoy = phc(&params, &random::<SALT_BYTES>(), &random::<OUTPUT_BYTES>())
            .map_err(|_invalid| InvalidArgon2Settings(argon2::Error::OutputTooShort))?;
        let places = Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)));
        Ok(Self { params, decoy, places })
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    /// Runs `work` on a blocking thread once there is a place.
    async fn at_a_place<T, F>(&self, work: F) -> PortResult<T>
    where
        T: Send + 'static,
        F: FnOnce() -> PortResult<T> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(unexpected)?;
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(place);
            answer
        })
        .await
        .map_err(unexpected)?
    }

    /// Whether the hash was made as we would make it today.
    fn is_of_today(&self, hash: &PhcHash) -> bool {
        let today = &self.params;
        hash.algorithm == ARGON2ID_IDENT
            && hash.version == Some(Version::V0x13.into())
            && Params::try_from(hash).is_ok_and(|made| {
                (made.m_cost(), made.t_cost(), made.p_cost(), made.output_len())
                    == (today.m_cost(), today.t_cost(), today.p_cost(), today.output_len())
            })
    }
}

impl fmt::Debug for Argon2PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2PasswordHasher").field("params", &self.params).finish_non_exhaustive()
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    async fn hash(&self, password: &Password) -> PortResult<PasswordHash> {
        let (argon2, password) = (self.argon2(), password.clone());
        self.at_a_place(move || {
            let salt = random::<SALT_BYTES>();
            let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt).map_err(failed)?;
            Ok(PasswordHash::new(hash.to_string()))
        })
        .await
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> {
        let stored = readable(hash)?;
        let right =
            if self.is_of_today(&stored) { PasswordCheck::Right } else { PasswordCheck::RightButOutdated };
        let (argon2, password) = (self.argon2(), password.clone());
        self.at_a_place(move || match argon2.verify_password(password.expose().as_bytes(), &stored) {
            Ok(()) => Ok(right),
            Err(HashError::PasswordInvalid) => Ok(PasswordCheck::Wrong),
            Err(other) => Err(failed(other)),
        })
        .await
    }

    fn decoy(&self) -> PasswordHash {
        self.decoy.clone()
    }
}

/// The stored hash, if it is one that can be compared with.
fn readable(hash: &PasswordHash) -> PortResult<PhcHash> {
    let parsed = PhcHash::new(hash.expose()).map_err(corrupt)?;
    let known = Algorithm::try_from(parsed.algorithm.as_str()).map_err(corrupt).and_then(|_algorithm| {
        parsed.version.map_or(Ok(()), |number| Version::try_from(number).map(drop).map_err(corrupt))
    });
    known.and_then(|()| Params::try_from(&parsed).map(drop).map_err(corrupt))?;
    if parsed.salt.is_none() || parsed.hash.is_none() {
        return Err(corrupt(HashError::EncodingInvalid));
    }
    Ok(parsed)
}

/// `$argon2id$v=19$…` of these parts.
fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<PasswordHash, HashError> {
    let hash = PhcHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    };
    Ok(PasswordHash::new(hash.to_string()))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a password must not be hashed with a salt that can be foreseen")]
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

fn corrupt(cause: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Corrupt { what: "users.password_hash", source: Box::new(cause) }
}

fn failed(cause: HashError) -> PortError {
    if matches!(cause, HashError::OutOfMemory) {
        PortError::Unavailable(Box::new(cause))
    } else {
        unexpected(cause)
    }
}

fn unexpected(cause: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Unexpected(Box::new(cause))
}
