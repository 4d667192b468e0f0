//! KEY: idempotency keys.

use fm_domain::clock::Timestamp;
use fm_domain::files::Sha256;
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, FileId, UserId};

use crate::fixture::database::{Given, given};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn claim(user: UserId, key: &str, attempt: BlobId, lease_until: Timestamp) -> KeyClaim {
    KeyClaim { user, key: key.parse().unwrap(), attempt, lease_until }
}

impl Given {
    async fn claim_key(&self, claim: &KeyClaim, now: i64) -> Claimed {
        let mut unit = self.unit().await;
        let claimed = unit.keys().claim(claim, at(now)).await.unwrap();
        unit.commit().await.unwrap();
        claimed
    }

    /// A user with an attempt that holds the key `key` until second 60.
    async fn holder(&self) -> (UserId, BlobId) {
        let user = self.owner().await;
        let attempt = self.attempt(user).await;
        assert_eq!(self.claim_key(&claim(user, "key", attempt, at(60)), 0).await, Claimed::Held);
        (user, attempt)
    }

    /// Finishes the attempt; the upload is remembered until second 3600.
    async fn finished(&self, user: UserId, attempt: BlobId) -> FinishedUpload {
        let file = self.file(user, "uploaded").await;
        let upload = FinishedUpload {
            file: file.id,
            name: fill::name("as sent\u{202e}.txt"),
            sha256: Sha256::new([5; 32]),
        };
        let mut unit = self.unit().await;
        assert!(unit.keys().finish(attempt, &upload, at(3600)).await.unwrap());
        unit.commit().await.unwrap();
        upload
    }
}

pub(crate) async fn key_01_of_units_that_claim_a_free_key_one_holds_it<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let claim = claim(user, "key", given.attempt(user).await, at(60));
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    let claim = claim.clone();
                    Box::pin(async move { unit.keys().claim(&claim, at(0)).await })
                })
                .await
        });
    }
    let claimed = soon("six units with one key", units.join_all()).await;
    let held = claimed.iter().filter(|claimed| **claimed == Claimed::Held).count();
    assert_eq!(held, 1, "{claimed:?}");
    let running =
        claimed.iter().filter(|claimed| **claimed == Claimed::Running { lease_until: at(60) }).count();
    assert_eq!(running, 5, "{claimed:?}");
}

pub(crate) async fn key_02_a_holder_may_claim_its_key_again<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, attempt) = given.holder().await;
    assert_eq!(given.claim_key(&claim(user, "key", attempt, at(90)), 30).await, Claimed::Held);
}

pub(crate) async fn key_03_a_held_key_is_running_until_its_lease_runs_out<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, first) = given.holder().await;
    let second = given.attempt(user).await;
    let wanted = claim(user, "key", second, at(200));
    assert_eq!(given.claim_key(&wanted, 59).await, Claimed::Running { lease_until: at(60) });
    assert_eq!(given.claim_key(&wanted, 61).await, Claimed::Held, "the lease of the first has run out");
    let late = claim(user, "key", first, at(300));
    assert_eq!(
        given.claim_key(&late, 100).await,
        Claimed::Running { lease_until: at(200) },
        "the first has lost it"
    );
}

pub(crate) async fn key_04_a_finished_key_gives_its_upload_until_it_expires<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, attempt) = given.holder().await;
    let upload = given.finished(user, attempt).await;
    let again = claim(user, "key", given.attempt(user).await, at(9000));
    assert_eq!(
        given.claim_key(&again, 61).await,
        Claimed::Done(upload.clone()),
        "the lease no longer counts"
    );
    assert_eq!(given.claim_key(&again, 3599).await, Claimed::Done(upload));
    assert_eq!(given.claim_key(&again, 3601).await, Claimed::Held, "it is forgotten");
}

pub(crate) async fn key_05_a_freed_key_can_be_claimed_at_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, attempt) = given.holder().await;
    let mut unit = given.unit().await;
    unit.keys().free(BlobId::new(uuid())).await.unwrap();
    unit.keys().free(attempt).await.unwrap();
    unit.keys().free(attempt).await.unwrap();
    unit.commit().await.unwrap();
    let next = claim(user, "key", given.attempt(user).await, at(90));
    assert_eq!(given.claim_key(&next, 1).await, Claimed::Held);
}

pub(crate) async fn key_06_renewing_prolongs_the_lease_of_the_holder<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, attempt) = given.holder().await;
    let mut unit = given.unit().await;
    assert!(unit.keys().renew(attempt, at(120)).await.unwrap());
    assert!(!unit.keys().renew(BlobId::new(uuid()), at(120)).await.unwrap(), "an attempt without a key");
    unit.commit().await.unwrap();
    let other = claim(user, "key", given.attempt(user).await, at(300));
    assert_eq!(given.claim_key(&other, 100).await, Claimed::Running { lease_until: at(120) });
}

pub(crate) async fn key_07_an_attempt_that_lost_its_key_can_do_nothing_to_it<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, first) = given.holder().await;
    let second = given.attempt(user).await;
    assert_eq!(given.claim_key(&claim(user, "key", second, at(200)), 61).await, Claimed::Held);

    let upload =
        FinishedUpload { file: FileId::new(uuid()), name: fill::name("late"), sha256: Sha256::new([5; 32]) };
    let mut unit = given.unit().await;
    assert!(!unit.keys().renew(first, at(900)).await.unwrap());
    assert!(!unit.keys().finish(first, &upload, at(900)).await.unwrap());
    unit.keys().free(first).await.unwrap();
    unit.commit().await.unwrap();
    let third = claim(user, "key", given.attempt(user).await, at(300));
    assert_eq!(given.claim_key(&third, 100).await, Claimed::Running { lease_until: at(200) });
}

pub(crate) async fn key_08_freeing_a_file_frees_the_keys_that_made_it<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, attempt) = given.holder().await;
    let upload = given.finished(user, attempt).await;
    let mut unit = given.unit().await;
    unit.keys().free_file(FileId::new(uuid())).await.unwrap();
    unit.commit().await.unwrap();
    let again = claim(user, "key", given.attempt(user).await, at(90));
    assert_eq!(given.claim_key(&again, 1).await, Claimed::Done(upload.clone()), "another file was freed");

    let mut unit = given.unit().await;
    unit.keys().free_file(upload.file).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.claim_key(&again, 1).await, Claimed::Held);
}

pub(crate) async fn key_09_ended_keys_are_purged_up_to_the_limit<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, done) = given.holder().await;
    let upload = given.finished(user, done).await;
    for (number, lease) in [(1, 10), (2, 20), (3, 10_000)] {
        let attempt = given.attempt(user).await;
        let claimed = given.claim_key(&claim(user, &format!("key-{number}"), attempt, at(lease)), 0).await;
        assert_eq!(claimed, Claimed::Held);
    }
    let again = claim(user, "key", given.attempt(user).await, at(9000));

    let mut unit = given.unit().await;
    assert_eq!(unit.keys().purge_expired(at(100), 1).await.unwrap(), 1, "at most the limit");
    assert_eq!(unit.keys().purge_expired(at(100), 10).await.unwrap(), 1, "the other lease that ran out");
    assert_eq!(unit.keys().purge_expired(at(100), 10).await.unwrap(), 0);
    assert_eq!(
        unit.keys().claim(&again, at(100)).await.unwrap(),
        Claimed::Done(upload),
        "a finished key stays"
    );
    assert_eq!(unit.keys().purge_expired(at(3700), 10).await.unwrap(), 1, "until it expires");
    unit.commit().await.unwrap();
    let other = claim(user, "key-3", again.attempt, at(20_000));
    assert_eq!(
        given.claim_key(&other, 3700).await,
        Claimed::Running { lease_until: at(10_000) },
        "a living key stays"
    );
}

pub(crate) async fn key_10_a_key_is_its_users_own<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, _) = given.holder().await;
    let other = given.owner().await;
    let theirs = claim(other, "key", given.attempt(other).await, at(60));
    assert_eq!(given.claim_key(&theirs, 0).await, Claimed::Held, "another user's key of the same name");
    let second = claim(user, "KEY", given.attempt(user).await, at(60));
    assert_eq!(given.claim_key(&second, 0).await, Claimed::Held, "keys differ by case");
}
