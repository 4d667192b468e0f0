//! What these MACs, ids and times promise beyond the contract.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

use fm_credentials::{HkdfMacSigner, JwtSecrets, OsIds, SecretBytes, SystemClock};
use fm_domain::clock::Clock as _;
use fm_domain::ids::IdSource as _;
use fm_domain::mac::{MacSigner as _, Purpose};

fn secret(byte: u8) -> SecretBytes {
    SecretBytes::new(vec![byte; 32]).unwrap()
}

/// Computed with Python: `HMAC(HKDF(sha256, salt="file-manager/v1", ikm=32 × 0x01, info="mac/link", 64), "message")`.
/// A changed derivation would kill every link, cursor and refresh token that is in use.
#[test]
fn the_derivation_of_keys_stays_as_it_is() {
    let signer = HkdfMacSigner::new(&JwtSecrets::only(secret(1)));
    assert_eq!(
        signer.sign(Purpose::Link, b"message").to_text(),
        "eFhxY-RLBA2Jh5xF9DIhvBT5MCEFVv6Qf97BC1uFMCw"
    );
}

#[test]
fn no_purpose_can_be_passed_off_as_another() {
    let signer = HkdfMacSigner::new(&JwtSecrets::only(secret(1)));
    for made_for in Purpose::ALL {
        let mac = signer.sign(made_for, b"message");
        for checked_for in Purpose::ALL {
            assert_eq!(signer.verify(checked_for, b"message", &mac), made_for == checked_for);
        }
    }
}

#[test]
fn every_accepted_secret_verifies_and_the_newest_signs() {
    let old = HkdfMacSigner::new(&JwtSecrets::only(secret(1)));
    let rotated =
        HkdfMacSigner::new(&JwtSecrets { current: secret(2), previous: vec![secret(3), secret(1)] });
    assert!(rotated.verify(Purpose::Cursor, b"message", &old.sign(Purpose::Cursor, b"message")));
    assert!(!old.verify(Purpose::Cursor, b"message", &rotated.sign(Purpose::Cursor, b"message")));
}

#[test]
fn ids_of_many_threads_are_distinct_and_sorted_within_each() {
    let threads: Vec<_> =
        (0..4).map(|_| std::thread::spawn(|| (0..5_000).map(|_| OsIds.uuid()).collect::<Vec<_>>())).collect();
    let ids: Vec<Vec<_>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(ids.iter().all(|ids| ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7)));
    let distinct: std::collections::HashSet<_> = ids.iter().flatten().collect();
    assert_eq!(distinct.len(), 20_000);
}

#[test]
fn the_clock_agrees_with_the_ids_it_lives_beside() {
    let before = SystemClock.now().unix_micros() / 1000;
    let (seconds, nanos) = OsIds.uuid().get_timestamp().unwrap().to_unix();
    let id = i64::try_from(seconds).unwrap() * 1000 + i64::from(nanos / 1_000_000);
    assert!((id - before).abs() < 5_000, "{id} {before}");
}
