//! HASH: hashed passwords.

use fm_domain::accounts::{Password, PasswordCheck, PasswordHash};
use futures_util::future::join_all;

use crate::fixture::poll::{Beats, beats_beside, cut_after};
use crate::fixture::soon;
use crate::harness::PasswordHasherHarness;

/// How many come at once.
const LOGINS: usize = 40;

fn password(text: &str) -> Password {
    Password::candidate(text.to_owned())
}

/// What a PHC string says before its salt: the algorithm, its version and its parameters.
fn parameters(hash: &PasswordHash) -> String {
    let mut fields: Vec<&str> = hash.expose().split('$').collect();
    fields.truncate(fields.len().saturating_sub(2));
    fields.join("$")
}

pub(crate) async fn hash_01_a_password_matches_its_own_hash_alone<H: PasswordHasherHarness>(harness: &H) {
    let hasher = harness.hasher();
    let hash = hasher.hash(&password("correct horse")).await.unwrap();
    assert_eq!(hasher.verify(&password("correct horse"), &hash).await.unwrap(), PasswordCheck::Right);
    for other in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0"] {
        assert_eq!(hasher.verify(&password(other), &hash).await.unwrap(), PasswordCheck::Wrong, "{other:?}");
    }
}

pub(crate) async fn hash_02_two_hashes_of_one_password_differ<H: PasswordHasherHarness>(harness: &H) {
    let hasher = harness.hasher();
    let first = hasher.hash(&password("correct horse")).await.unwrap();
    let second = hasher.hash(&password("correct horse")).await.unwrap();
    assert!(first != second, "the salt is not fresh");
    for hash in [first, second] {
        assert!(!hash.expose().contains("correct horse"), "the hash shows the password");
        assert_eq!(hasher.verify(&password("correct horse"), &hash).await.unwrap(), PasswordCheck::Right);
    }
}

pub(crate) async fn hash_03_a_hash_of_other_parameters_is_right_but_outdated<H: PasswordHasherHarness>(
    harness: &H,
) {
    let (today, other) = (harness.hasher(), harness.other());
    let hash = other.hash(&password("correct horse")).await.unwrap();
    assert_eq!(other.verify(&password("correct horse"), &hash).await.unwrap(), PasswordCheck::Right);
    assert_eq!(
        today.verify(&password("correct horse"), &hash).await.unwrap(),
        PasswordCheck::RightButOutdated
    );
    assert_eq!(today.verify(&password("wrong horse"), &hash).await.unwrap(), PasswordCheck::Wrong);
}

pub(crate) async fn hash_04_a_flood_of_logins_does_not_block_the_runtime<H: PasswordHasherHarness>(
    harness: &H,
) {
    let hasher = harness.hasher();
    let password = password("correct horse");
    let hash = hasher.hash(&password).await.unwrap();
    let mut most = 0;
    // Hashes in tests are cheap: on a busy machine a flood may be over before the runtime gets its turn.
    for _ in 0..20 {
        let flood = join_all((0..LOGINS).map(|_| hasher.verify(&password, &hash)));
        let (checked, Beats { count: beats, .. }) = soon("a flood of logins", beats_beside(flood)).await;
        for login in checked {
            assert_eq!(login.unwrap(), PasswordCheck::Right);
        }
        most = most.max(beats);
        if most > LOGINS * 5 {
            return;
        }
    }
    panic!("the runtime was free {most} times at most during {LOGINS} logins");
}

pub(crate) async fn hash_05_the_decoy_matches_nothing_and_costs_as_much<H: PasswordHasherHarness>(
    harness: &H,
) {
    let hasher = harness.hasher();
    let decoy = hasher.decoy();
    for guess in ["", "decoy", "password", "correct horse"] {
        assert_eq!(hasher.verify(&password(guess), &decoy).await.unwrap(), PasswordCheck::Wrong, "{guess:?}");
    }
    let real = hasher.hash(&password("correct horse")).await.unwrap();
    assert_eq!(parameters(&decoy), parameters(&real), "the decoy is made with today's parameters");
    assert_eq!(decoy.expose().len(), real.expose().len(), "the decoy is as long as a real hash");
}

pub(crate) async fn hash_06_what_is_no_hash_is_never_right<H: PasswordHasherHarness>(harness: &H) {
    let hasher = harness.hasher();
    for broken in ["", "correct horse", "$", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$$"] {
        let hash = PasswordHash::new(broken.to_owned());
        for guess in ["", "correct horse"] {
            let checked = hasher.verify(&password(guess), &hash).await;
            assert!(
                matches!(checked, Err(_) | Ok(PasswordCheck::Wrong)),
                "{broken:?} and {guess:?}: {checked:?}"
            );
        }
    }
}

pub(crate) async fn hash_07_every_character_of_a_long_password_counts<H: PasswordHasherHarness>(harness: &H) {
    let hasher = harness.hasher();
    let long = "名".repeat(127);
    let hash = hasher.hash(&password(&format!("{long}a"))).await.unwrap();
    assert_eq!(hasher.verify(&password(&format!("{long}a")), &hash).await.unwrap(), PasswordCheck::Right);
    assert_eq!(hasher.verify(&password(&format!("{long}b")), &hash).await.unwrap(), PasswordCheck::Wrong);
    let zero = hasher.hash(&password("before\0after")).await.unwrap();
    assert_eq!(
        hasher.verify(&password("before\0other"), &zero).await.unwrap(),
        PasswordCheck::Wrong,
        "after a NUL"
    );
}

pub(crate) async fn hash_08_calls_that_are_dropped_leave_room_for_others<H: PasswordHasherHarness>(
    harness: &H,
) {
    let hasher = harness.hasher();
    let password = password("correct horse");
    let hash = hasher.hash(&password).await.unwrap();
    for _ in 0..LOGINS {
        cut_after(1, hasher.verify(&password, &hash)).await;
        cut_after(1, hasher.hash(&password)).await;
    }
    let checked = soon("a login after others were dropped", hasher.verify(&password, &hash)).await;
    assert_eq!(checked.unwrap(), PasswordCheck::Right);
}
