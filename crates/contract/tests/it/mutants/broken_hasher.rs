//! Hashers of passwords with one fault. The honest one is a fake: it keeps every rule, and is not safe to use.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::PasswordHasherHarness;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::error::PortResult;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::mutants::{mutants, passes_decorated};

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
    LosesThePlacesOfDroppedCalls,
}

/// How many passwords are hashed at once.
const PLACES: usize = 4;

/// A fake hasher: SHA-256, many times over.
#[derive(Clone)]
struct Hasher {
    rounds: u32,
    fault: Fault,
    places: Arc<Semaphore>,
}

impl Hasher {
    fn digest(&self, rounds: u32, salt: &str, password: &str) -> String {
        let cut = if self.fault == Fault::CutsPasswords { password.len().min(72) } else { password.len() };
        let password = &password.as_bytes()[..cut];
        let hash = (0..rounds).fold([0_u8; 32], |hash, _| {
            Sha256::new().chain_update(hash).chain_update(salt).chain_update(password).finalize().into()
        });
        hex::encode(hash)
    }

    fn make(&self, rounds: u32, salt: &str, password: &str) -> PasswordHash {
        PasswordHash::new(format!("$fake$r={rounds}${salt}${}", self.digest(rounds, salt, password)))
    }

    fn check(&self, password: &str, hash: &str) -> PasswordCheck {
        let fields: Vec<&str> = hash.split('$').collect();
        let rounds =
            fields.get(2).and_then(|field| field.strip_prefix("r=")).and_then(|text| text.parse().ok());
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

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        if self.fault == Fault::BlocksTheRuntime {
            work()
        } else {
            let permit = self.places.acquire().await.unwrap();
            if self.fault == Fault::LosesThePlacesOfDroppedCalls {
                // It is given back after the work, by code that a dropped future never gets to.
                permit.forget();
                let done = tokio::task::spawn_blocking(work).await.unwrap();
                self.places.add_permits(1);
                return done;
            }
            tokio::task::spawn_blocking(work).await.unwrap()
        }
    }
}

#[async_trait]
impl PasswordHasher for Hasher {
    async fn hash(&self, password: &Password) -> PortResult<PasswordHash> {
        let (hasher, password) = (self.clone(), password.clone());
        let salt = if self.fault == Fault::HashesWithoutSalt { 0 } else { RandomState::new().hash_one(0) };
        Ok(self.run(move || hasher.make(hasher.rounds, &format!("{salt:016x}"), password.expose())).await)
    }

    async fn verify(&self, password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> {
        let (hasher, password, hash) = (self.clone(), password.clone(), hash.clone());
        Ok(self.run(move || hasher.check(password.expose(), hash.expose())).await)
    }

    fn decoy(&self) -> PasswordHash {
        let rounds = if self.fault == Fault::CheapDecoy { 1 } else { self.rounds };
        PasswordHash::new(format!("$fake$r={rounds}${:016x}${}", 0, "0".repeat(64)))
    }
}

macro_rules! broken_hasher {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Semaphore>);

        #[async_trait]
        impl PasswordHasherHarness for $name {
            async fn fresh() -> Self {
                Self(Arc::new(Semaphore::new(PLACES)))
            }

            fn hasher(&self) -> Arc<dyn PasswordHasher> {
                Arc::new(Hasher { rounds: 2000, fault: $fault, places: Arc::clone(&self.0) })
            }

            fn other(&self) -> Arc<dyn PasswordHasher> {
                Arc::new(Hasher { rounds: 1000, fault: $fault, places: Arc::clone(&self.0) })
            }
        }
    };
}

mutants! {
    a_hasher_without_a_fault_breaks_no_rule: broken_hasher(Fault::None) => password_hasher, [];
    a_hasher_without_salt: broken_hasher(Fault::HashesWithoutSalt) => password_hasher, ["HASH-02"];
    a_hasher_that_renews_nothing: broken_hasher(Fault::NeverOutdated) => password_hasher, ["HASH-03"];
    a_hasher_that_blocks_the_runtime: broken_hasher(Fault::BlocksTheRuntime) => password_hasher, ["HASH-04"];
    a_hasher_with_a_cheap_decoy: broken_hasher(Fault::CheapDecoy) => password_hasher, ["HASH-05"];
    a_hasher_that_takes_broken_hashes: broken_hasher(Fault::TakesBrokenHashes) => password_hasher,
        ["HASH-06"];
    a_hasher_that_loses_the_places_of_dropped_calls: broken_hasher(Fault::LosesThePlacesOfDroppedCalls) =>
        password_hasher, ["HASH-08"];
    a_hasher_that_cuts_passwords: broken_hasher(Fault::CutsPasswords) => password_hasher, ["HASH-07"];
}

passes_decorated! {
    a_decorated_hasher_breaks_no_rule: broken_hasher(Fault::None) => password_hasher
}
