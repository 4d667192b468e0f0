//! Hashers, signers, sources of ids and clocks with one fault. The honest ones are toys: they keep every rule, and
//! nothing else about them is fit for use.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fm_contract::{
    ClockHarness, IdSourceHarness, MacSignerHarness, PasswordHasherHarness, TokenSignerHarness,
};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::ids::{IdSource, SessionId, UserId};
use fm_domain::mac::{Mac, MacSigner, Purpose};
use fm_domain::session::{AccessClaims, AccessToken, InvalidToken, TokenSigner};
use fm_domain::store::Stored;
use fm_domain::user::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_memory::SequentialIds;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::bites;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    HashesWithoutSalt,
    NeverOutdated,
    BlocksTheRuntime,
    CheapDecoy,
    TakesBrokenHashes,
    CutsPasswords,
    IgnoresExpiry,
    IgnoresNotBefore,
    IgnoresSignatures,
    ForgetsOldSecrets,
    TakesAnyAlgorithm,
    HasOneKeyForAll,
    GivesIdsTwice,
    RepeatsItself,
    StandsStill,
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part.len().to_be_bytes()).chain_update(part)).finalize().into()
}

/// A toy hasher: SHA-256, many times over.
#[derive(Clone, Copy)]
struct Hasher {
    rounds: u32,
    fault: Fault,
}

impl Hasher {
    fn digest(self, rounds: u32, salt: &str, password: &str) -> String {
        let cut = if self.fault == Fault::CutsPasswords { password.len().min(72) } else { password.len() };
        let password = &password.as_bytes()[..cut];
        let hash = (0..rounds).fold([0; 32], |hash, _| sha256(&[&hash, salt.as_bytes(), password]));
        hex::encode(hash)
    }

    fn make(self, rounds: u32, salt: &str, password: &str) -> PasswordHash {
        PasswordHash::new(format!("$toy$r={rounds}${salt}${}", self.digest(rounds, salt, password)))
    }

    fn check(self, password: &str, hash: &str) -> PasswordCheck {
        let fields: Vec<&str> = hash.split('$').collect();
        let rounds = fields.get(2).and_then(|field| field.strip_prefix("r=")).and_then(|text| text.parse().ok());
        let (Some(rounds), Some(salt), Some(digest)) = (rounds, fields.get(3), fields.get(4)) else {
            let lenient = self.fault == Fault::TakesBrokenHashes && password == hash;
            return if lenient { PasswordCheck::Right } else { PasswordCheck::Wrong };
        };
        if self.digest(rounds, salt, password) != *digest {
            return PasswordCheck::Wrong;
        }
        let today = rounds == self.rounds || self.fault == Fault::NeverOutdated;
        if today { PasswordCheck::Right } else { PasswordCheck::RightButOutdated }
    }

    async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        if self.fault == Fault::BlocksTheRuntime { work() } else { tokio::task::spawn_blocking(work).await.unwrap() }
    }
}

#[async_trait]
impl PasswordHasher for Hasher {
    async fn hash(&self, password: &Password) -> Stored<PasswordHash> {
        let (hasher, password) = (*self, password.clone());
        let salt = if self.fault == Fault::HashesWithoutSalt { 0 } else { RandomState::new().hash_one(0) };
        Ok(self.run(move || hasher.make(hasher.rounds, &format!("{salt:016x}"), password.expose())).await)
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> Stored<PasswordCheck> {
        let (hasher, password, hash) = (*self, password.clone(), hash.clone());
        Ok(self.run(move || hasher.check(password.expose(), hash.expose())).await)
    }

    fn decoy(&self) -> PasswordHash {
        let rounds = if self.fault == Fault::CheapDecoy { 1 } else { self.rounds };
        PasswordHash::new(format!("$toy$r={rounds}${:016x}${}", 0, "0".repeat(64)))
    }
}

macro_rules! broken_hasher {
    ($name:ident, $fault:expr) => {
        struct $name;

        #[async_trait]
        impl PasswordHasherHarness for $name {
            async fn fresh() -> Self {
                Self
            }

            fn hasher(&self) -> Arc<dyn PasswordHasher> {
                Arc::new(Hasher { rounds: 2000, fault: $fault })
            }

            fn other(&self) -> Arc<dyn PasswordHasher> {
                Arc::new(Hasher { rounds: 1000, fault: $fault })
            }
        }
    };
}

/// A toy signer: the first secret signs, all are accepted.
#[derive(Clone)]
struct Signer {
    secrets: Vec<&'static [u8]>,
    fault: Fault,
}

impl Signer {
    fn before(fault: Fault) -> Self {
        Self { secrets: vec![b"old"], fault }
    }

    fn after(fault: Fault) -> Self {
        let secrets = if fault == Fault::ForgetsOldSecrets { vec![&b"new"[..]] } else { vec![&b"new"[..], b"old"] };
        Self { secrets, fault }
    }

    fn stranger(fault: Fault) -> Self {
        Self { secrets: vec![b"strange"], fault }
    }

    fn mac(&self, secret: &[u8], purpose: Purpose, message: &[u8]) -> Mac {
        let name = if self.fault == Fault::HasOneKeyForAll { "" } else { purpose.name() };
        Mac::new(sha256(&[secret, name.as_bytes(), message]))
    }
}

impl MacSigner for Signer {
    fn sign(&self, purpose: Purpose, message: &[u8]) -> Mac {
        self.mac(self.secrets[0], purpose, message)
    }

    fn verify(&self, purpose: Purpose, message: &[u8], mac: &Mac) -> bool {
        self.fault == Fault::IgnoresSignatures
            || self.secrets.iter().any(|secret| self.mac(secret, purpose, message) == *mac)
    }
}

const HEADER: &str = r#"{"alg":"TOY"}"#;

impl Signer {
    fn signature(secret: &[u8], signed: &str) -> String {
        URL_SAFE_NO_PAD.encode(sha256(&[secret, signed.as_bytes()]))
    }

    /// The value of a field of flat JSON.
    fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
        let rest = json.split_once(&format!("\"{name}\":"))?.1;
        Some(rest.split([',', '}']).next()?.trim_matches('"'))
    }

    fn read(&self, token: &str) -> Option<AccessClaims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let algorithm = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let unsigned = self.fault == Fault::TakesAnyAlgorithm && algorithm != HEADER;
        let genuine = self.secrets.iter().any(|secret| Self::signature(secret, signed) == signature);
        if !genuine && !unsigned && self.fault != Fault::IgnoresSignatures {
            return None;
        }
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let seconds = |name| Some(Timestamp::from_unix_seconds(Self::field(&json, name)?.parse().ok()?));
        Some(AccessClaims {
            user: UserId::parse(Self::field(&json, "sub")?)?,
            session: SessionId::parse(Self::field(&json, "sid")?)?,
            token: Uuid::parse_str(Self::field(&json, "jti")?).ok()?,
            issued_at: seconds("iat")?,
            expires_at: seconds("exp")?,
        })
    }
}

impl TokenSigner for Signer {
    fn sign(&self, claims: &AccessClaims) -> Stored<AccessToken> {
        let (issued, expires) = (claims.issued_at.unix_seconds(), claims.expires_at.unix_seconds());
        let payload = format!(
            r#"{{"sub":"{}","sid":"{}","jti":"{}","iat":{issued},"nbf":{issued},"exp":{expires},"iss":"us","aud":"us"}}"#,
            claims.user, claims.session, claims.token
        );
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload));
        Ok(AccessToken::new(format!("{signed}.{}", Self::signature(self.secrets[0], &signed))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let claims = self.read(token).ok_or(InvalidToken)?;
        let expired = now >= claims.expires_at && self.fault != Fault::IgnoresExpiry;
        let early = now < claims.issued_at && self.fault != Fault::IgnoresNotBefore;
        if expired || early { Err(InvalidToken) } else { Ok(claims) }
    }
}

macro_rules! broken_tokens {
    ($name:ident, $fault:expr) => {
        broken_signer!($name, $fault, TokenSignerHarness, TokenSigner);
    };
}

macro_rules! broken_macs {
    ($name:ident, $fault:expr) => {
        broken_signer!($name, $fault, MacSignerHarness, MacSigner);
    };
}

macro_rules! broken_signer {
    ($name:ident, $fault:expr, $harness:ident, $port:ident) => {
        struct $name;

        #[async_trait]
        impl $harness for $name {
            async fn fresh() -> Self {
                Self
            }

            fn signer(&self) -> Arc<dyn $port> {
                Arc::new(Signer::before($fault))
            }

            fn rotated(&self) -> Arc<dyn $port> {
                Arc::new(Signer::after($fault))
            }

            fn stranger(&self) -> Arc<dyn $port> {
                Arc::new(Signer::stranger($fault))
            }
        }
    };
}

struct Ids {
    honest: SequentialIds,
    fault: Fault,
}

impl IdSource for Ids {
    fn uuid(&self) -> Uuid {
        let id = self.honest.uuid();
        // The last bit decides between neighbours: without it they are one.
        if self.fault == Fault::GivesIdsTwice { Uuid::from_u128(id.as_u128() & !1) } else { id }
    }

    fn random(&self) -> [u8; 32] {
        if self.fault == Fault::RepeatsItself { [4; 32] } else { self.honest.random() }
    }
}

macro_rules! broken_ids {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Ids>);

        impl IdSourceHarness for $name {
            fn fresh() -> Self {
                Self(Arc::new(Ids { honest: SequentialIds::new(), fault: $fault }))
            }

            fn ids(&self) -> Arc<dyn IdSource> {
                self.0.clone()
            }
        }
    };
}

struct Watch(Fault);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let micros = i64::try_from(since.as_micros()).unwrap();
        Timestamp::from_unix_micros(if self.0 == Fault::StandsStill { 0 } else { micros })
    }
}

macro_rules! broken_clock {
    ($name:ident, $fault:expr) => {
        struct $name;

        impl ClockHarness for $name {
            fn fresh() -> Self {
                Self
            }

            fn clock(&self) -> Arc<dyn Clock> {
                Arc::new(Watch($fault))
            }
        }
    };
}

bites! {
    a_hasher_without_a_fault_breaks_no_rule: broken_hasher(Fault::None) => password_hasher, [];
    a_hasher_without_salt: broken_hasher(Fault::HashesWithoutSalt) => password_hasher, ["HASH-02"];
    a_hasher_that_renews_nothing: broken_hasher(Fault::NeverOutdated) => password_hasher, ["HASH-03"];
    a_hasher_that_blocks_the_runtime: broken_hasher(Fault::BlocksTheRuntime) => password_hasher, ["HASH-04"];
    a_hasher_with_a_cheap_decoy: broken_hasher(Fault::CheapDecoy) => password_hasher, ["HASH-05"];
    a_hasher_that_takes_broken_hashes: broken_hasher(Fault::TakesBrokenHashes) => password_hasher,
        ["HASH-06"];
    a_hasher_that_cuts_passwords: broken_hasher(Fault::CutsPasswords) => password_hasher, ["HASH-07"];

    a_token_signer_without_a_fault_breaks_no_rule: broken_tokens(Fault::None) => token_signer, [];
    a_token_signer_that_ignores_the_expiry: broken_tokens(Fault::IgnoresExpiry) => token_signer, ["TOK-03"];
    a_token_signer_that_takes_tokens_early: broken_tokens(Fault::IgnoresNotBefore) => token_signer,
        ["TOK-03"];
    a_token_signer_that_ignores_signatures: broken_tokens(Fault::IgnoresSignatures) => token_signer,
        ["TOK-02", "TOK-04", "TOK-05", "TOK-06"];
    a_token_signer_that_forgets_old_secrets: broken_tokens(Fault::ForgetsOldSecrets) => token_signer,
        ["TOK-04"];
    a_token_signer_that_takes_any_algorithm: broken_tokens(Fault::TakesAnyAlgorithm) => token_signer,
        ["TOK-06"];

    a_mac_signer_without_a_fault_breaks_no_rule: broken_macs(Fault::None) => mac_signer, [];
    a_mac_signer_with_one_key_for_all: broken_macs(Fault::HasOneKeyForAll) => mac_signer, ["MAC-01"];
    a_mac_signer_that_forgets_old_secrets: broken_macs(Fault::ForgetsOldSecrets) => mac_signer, ["MAC-03"];
    a_mac_signer_that_believes_everything: broken_macs(Fault::IgnoresSignatures) => mac_signer,
        ["MAC-01", "MAC-03", "MAC-04"];

    a_source_of_ids_without_a_fault_breaks_no_rule: broken_ids(Fault::None) => id_source, [];
    a_source_that_gives_ids_twice: broken_ids(Fault::GivesIdsTwice) => id_source, ["ID-02", "ID-03"];
    a_source_whose_randomness_repeats: broken_ids(Fault::RepeatsItself) => id_source, ["ID-04"];

    a_clock_without_a_fault_breaks_no_rule: broken_clock(Fault::None) => clock, [];
    a_clock_that_stands_still: broken_clock(Fault::StandsStill) => clock, ["CLOCK-01"];
}
