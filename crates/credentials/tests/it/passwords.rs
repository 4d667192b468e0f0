//! What this hasher promises beyond the contract.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use fm_credentials::{Argon2PasswordHasher, Argon2Settings};
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher as _};
use fm_domain::error::PortError;

fn cheap() -> Argon2Settings {
    Argon2Settings { memory_kib: 64, iterations: 1, parallelism: 1, ..Argon2Settings::default() }
}

fn hasher(settings: Argon2Settings) -> Argon2PasswordHasher {
    Argon2PasswordHasher::new(settings).unwrap()
}

fn password() -> Password {
    Password::candidate("correct horse".to_owned())
}

#[tokio::test]
async fn hashes_are_argon2id_with_the_settings_written_into_them() {
    let hash = hasher(Argon2Settings::default()).hash(&password()).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
    let decoy = hasher(Argon2Settings::default()).decoy();
    assert!(decoy.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", decoy.expose());
    assert_eq!(decoy.expose().len(), hash.expose().len());
}

#[tokio::test]
async fn each_changed_setting_makes_a_hash_outdated() {
    let old = hasher(cheap());
    let hash = old.hash(&password()).await.unwrap();
    assert_eq!(old.verify(&password(), &hash).await.unwrap(), PasswordCheck::Right);
    let changed = [
        Argon2Settings { memory_kib: 128, ..cheap() },
        Argon2Settings { iterations: 2, ..cheap() },
        Argon2Settings { parallelism: 2, ..cheap() },
    ];
    for settings in changed {
        let check = hasher(settings).verify(&password(), &hash).await.unwrap();
        assert_eq!(check, PasswordCheck::RightButOutdated, "{settings:?}");
    }
    let wrong = Password::candidate("wrong horse".to_owned());
    let check = hasher(Argon2Settings { iterations: 2, ..cheap() }).verify(&wrong, &hash).await.unwrap();
    assert_eq!(check, PasswordCheck::Wrong);
}

#[tokio::test]
async fn a_hash_of_an_older_variant_is_right_but_outdated() {
    // The test vector of the reference implementation: "password", "somesalt", version 19, argon2i.
    let stored = "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
    let check = hasher(cheap())
        .verify(&Password::candidate("password".to_owned()), &PasswordHash::new(stored.to_owned()))
        .await;
    assert_eq!(check.unwrap(), PasswordCheck::RightButOutdated);
}

#[tokio::test]
async fn what_is_no_hash_is_corrupt_and_is_not_shown() {
    let not_hashes = [
        "",
        "secretpassword",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$argon2id$v=20$m=64,t=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$scrypt$ln=1,r=1,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
    ];
    for text in not_hashes {
        let error =
            hasher(cheap()).verify(&password(), &PasswordHash::new(text.to_owned())).await.unwrap_err();
        assert!(matches!(error, PortError::Corrupt { what: "users.password_hash", .. }), "{text}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("secretpassword"));
    }
}

#[test]
fn settings_that_argon2_does_not_know_are_refused() {
    for settings in [
        Argon2Settings { iterations: 0, ..cheap() },
        Argon2Settings { parallelism: 0, ..cheap() },
        Argon2Settings { memory_kib: 4, ..cheap() },
    ] {
        assert!(Argon2PasswordHasher::new(settings).is_err(), "{settings:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "the test waits for its tasks")]
async fn a_flood_of_logins_waits_for_its_turn_and_leaves_the_runtime_free() {
    let settings = Argon2Settings { memory_kib: 19_456, at_once: NonZero::<usize>::MIN, ..cheap() };
    let hasher = Arc::new(hasher(settings));
    let flood: Vec<_> = (0..8)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move { hasher.hash(&password()).await.unwrap() })
        })
        .collect();
    // A runtime that hashed by itself would not come round to the timer before the flood was over.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(flood.iter().any(|task| !task.is_finished()));
    for task in flood {
        task.await.unwrap();
    }
}
