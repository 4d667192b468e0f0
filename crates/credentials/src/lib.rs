//! Password hashes, access tokens, MACs, ids and the clock: everything that rests on secrets, randomness or time.
//!
//! Secrets come in as [`JwtSecrets`] and never leave: no error and no `Debug` output of this crate shows one.

mod clock;
mod ids;
mod jwt;
mod mac;
mod password;
mod secrets;

pub use clock::SystemClock;
pub use ids::OsIds;
pub use jwt::{JwtSigner, TokenAudience, TokenAudienceTooLong};
pub use mac::HkdfMacSigner;
pub use password::{Argon2PasswordHasher, Argon2Settings, InvalidArgon2Settings};
pub use secrets::{JwtSecrets, SecretBytes, SecretTooShort};
