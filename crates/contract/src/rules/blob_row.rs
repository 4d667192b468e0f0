//! BLOBROW: the states of blobs.

use fm_domain::blobs::{BlobIntent, BlobKey, DoomedBlob, ExpiredIntent, SettleBlob, StoredBlob};
use fm_domain::database::UnitOfWork;
use fm_domain::ids::{BlobId, UserId};

use crate::fixture::database::{Given, announced, given, settled};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

const STORED: StoredBlob = StoredBlob { size: fill::bytes(12) };

async fn assert_refused(unit: &mut dyn UnitOfWork, id: BlobId, why: &str) {
    let settled = unit.blobs().settle(id, &STORED).await;
    assert!(matches!(settled, Err(SettleBlob::Doomed)), "{why}: {settled:?}");
}

/// The ids of what is due.
async fn due(unit: &mut dyn UnitOfWork, now: i64) -> Vec<BlobId> {
    let due = unit.blobs().due(at(now), 100).await.unwrap();
    due.into_iter().map(|blob| blob.key.id).collect()
}

pub(crate) async fn blobrow_01_an_announced_blob_settles_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.attempt(given.owner().await).await;
    let mut unit = given.unit().await;
    unit.blobs().settle(id, &STORED).await.unwrap();
    assert_refused(&mut *unit, id, "a second time").await;
    assert_refused(&mut *unit, BlobId::new(uuid()), "never announced").await;
    assert!(!unit.blobs().renew(id, at(9)).await.unwrap(), "a settled blob has no expiry");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_refused(&mut *unit, id, "in a later unit").await;
    assert_eq!(
        unit.blobs().doom_expired(at(1 << 30), 10).await.unwrap(),
        [],
        "a settled blob does not expire"
    );
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_02_a_doomed_intent_does_not_settle<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let (doomed, abandoned, expired) =
        (given.attempt(owner).await, given.attempt(owner).await, given.attempt(owner).await);
    let mut unit = given.unit().await;
    assert!(unit.blobs().doom(doomed, at(1)).await.unwrap());
    assert!(unit.blobs().abandon(abandoned, at(1)).await.unwrap());
    assert_eq!(unit.blobs().doom_expired(at(4000), 10).await.unwrap().len(), 1);
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    for id in [doomed, abandoned, expired] {
        assert_refused(&mut *unit, id, "doomed").await;
        assert!(!unit.blobs().renew(id, at(9000)).await.unwrap(), "a doomed intent is not renewed");
    }
    assert_eq!(due(&mut *unit, 4000).await.len(), 3, "the refused settle changed nothing");
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_03_doomed_blobs_are_due_at_their_time_the_longest_due_first<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let thumbnail = BlobIntent { key: BlobKey::thumbnail(BlobId::new(uuid())), ..fill::intent(owner) };
    let mut unit = given.unit().await;
    let (late, early) = (settled(&mut *unit, owner).await, announced(&mut *unit, owner).await);
    unit.blobs().announce(&thumbnail).await.unwrap();
    let living = settled(&mut *unit, owner).await;
    for (id, second) in [(late, 30), (early, 10), (thumbnail.key.id, 20)] {
        assert!(unit.blobs().doom(id, at(second)).await.unwrap());
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let first = DoomedBlob { key: BlobKey::file(early), doomed_at: at(10), was_settled: false };
    let second = DoomedBlob { key: thumbnail.key, doomed_at: at(20), was_settled: false };
    let third = DoomedBlob { key: BlobKey::file(late), doomed_at: at(30), was_settled: true };
    assert_eq!(unit.blobs().due(at(9), 10).await.unwrap(), []);
    assert_eq!(unit.blobs().due(at(25), 10).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(unit.blobs().due(at(30), 2).await.unwrap(), [first, second], "at most the limit");
    assert_eq!(due(&mut *unit, 30).await, [early, thumbnail.key.id, late], "due at its very moment");
    assert_eq!(unit.blobs().find_doomed(&BlobKey::file(late)).await.unwrap(), Some(third));
    assert_eq!(unit.blobs().find_doomed(&BlobKey::file(living)).await.unwrap(), None, "a living blob");
    assert_eq!(
        unit.blobs().find_doomed(&BlobKey::file(BlobId::new(uuid()))).await.unwrap(),
        None,
        "an unknown blob"
    );
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_04_a_settled_blob_is_never_abandoned<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (kept, given_up) = (settled(&mut *unit, owner).await, announced(&mut *unit, owner).await);
    assert!(!unit.blobs().abandon(kept, at(1)).await.unwrap(), "it is settled");
    assert!(unit.blobs().abandon(given_up, at(1)).await.unwrap(), "it is announced");
    assert!(!unit.blobs().abandon(given_up, at(2)).await.unwrap(), "it is doomed");
    assert!(!unit.blobs().abandon(BlobId::new(uuid()), at(1)).await.unwrap(), "it is unknown");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 100).await, [given_up]);
    let doomed = unit.blobs().find_doomed(&BlobKey::file(given_up)).await.unwrap().unwrap();
    assert!(!doomed.was_settled);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_05_an_expired_intent_is_doomed_once_and_given_with_its_reservation<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let of = |expiry: i64, reserved: u64| BlobIntent {
        expires_at: at(expiry),
        reserved: fill::bytes(reserved),
        ..fill::intent(owner)
    };
    let (second, first, third, living) = (of(20, 2), of(10, 1), of(30, 3), of(1000, 4));
    for intent in [&second, &first, &third, &living] {
        given.intent(intent).await;
    }
    let expired = |intent: &BlobIntent| ExpiredIntent {
        key: intent.key,
        owner: intent.owner,
        reserved: intent.reserved,
    };

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().doom_expired(at(5), 10).await.unwrap(), [], "none has expired yet");
    let given_up = unit.blobs().doom_expired(at(100), 2).await.unwrap();
    assert_eq!(given_up, [expired(&first), expired(&second)], "the oldest, at most the limit");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().doom_expired(at(100), 10).await.unwrap(), [expired(&third)], "each once");
    assert_eq!(unit.blobs().doom_expired(at(100), 10).await.unwrap(), []);
    assert_eq!(due(&mut *unit, 101).await.len(), 3, "they are doomed");
    unit.blobs().settle(living.key.id, &STORED).await.unwrap();
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_06_renewing_moves_the_expiry_of_an_announced_intent<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let id = given.intent(&BlobIntent { expires_at: at(10), ..fill::intent(owner) }).await;
    let mut unit = given.unit().await;
    assert!(unit.blobs().renew(id, at(50)).await.unwrap());
    assert!(!unit.blobs().renew(BlobId::new(uuid()), at(50)).await.unwrap(), "an unknown intent");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().doom_expired(at(40), 10).await.unwrap(), [], "it was renewed");
    assert_eq!(unit.blobs().doom_expired(at(60), 10).await.unwrap().len(), 1);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_07_every_living_blob_of_the_owner_is_doomed_and_no_other<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let mut unit = given.unit().await;
    let mine = [
        settled(&mut *unit, owner).await,
        announced(&mut *unit, owner).await,
        settled(&mut *unit, owner).await,
    ];
    let doomed = settled(&mut *unit, owner).await;
    unit.blobs().doom(doomed, at(5)).await.unwrap();
    let theirs = announced(&mut *unit, other).await;
    assert_eq!(unit.blobs().doom_owned(owner, at(10)).await.unwrap(), 3);
    assert_eq!(unit.blobs().doom_owned(owner, at(20)).await.unwrap(), 0, "nothing is left to doom");
    assert_eq!(unit.blobs().doom_owned(UserId::new(uuid()), at(20)).await.unwrap(), 0, "an unknown owner");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let mut due = due(&mut *unit, 10).await;
    due.sort();
    let mut expected = vec![mine[0], mine[1], mine[2], doomed];
    expected.sort();
    assert_eq!(due, expected);
    unit.blobs().settle(theirs, &STORED).await.unwrap();
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_08_only_doomed_rows_are_forgotten<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (waiting, kept, doomed) = (
        announced(&mut *unit, owner).await,
        settled(&mut *unit, owner).await,
        settled(&mut *unit, owner).await,
    );
    unit.blobs().doom(doomed, at(1)).await.unwrap();
    for id in [waiting, kept, doomed, BlobId::new(uuid())] {
        unit.blobs().forget(id).await.unwrap();
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 100).await, [], "the doomed row is gone");
    assert!(!unit.blobs().doom(doomed, at(1)).await.unwrap(), "the doomed row is gone");
    unit.blobs().settle(waiting, &STORED).await.unwrap();
    assert!(unit.blobs().doom(kept, at(1)).await.unwrap(), "the settled row is there");
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_09_postponing_moves_the_next_discarding_of_a_doomed_blob_alone<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (doomed, kept) = (settled(&mut *unit, owner).await, settled(&mut *unit, owner).await);
    unit.blobs().doom(doomed, at(1)).await.unwrap();
    for id in [doomed, kept, BlobId::new(uuid())] {
        unit.blobs().postpone(id, at(50)).await.unwrap();
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 49).await, []);
    let expected = DoomedBlob { key: BlobKey::file(doomed), doomed_at: at(1), was_settled: true };
    assert_eq!(unit.blobs().due(at(50), 10).await.unwrap(), [expected], "it is doomed since the same moment");
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_10_dooming_answers_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let id = settled(&mut *unit, owner).await;
    assert!(unit.blobs().doom(id, at(10)).await.unwrap());
    assert!(!unit.blobs().doom(id, at(5)).await.unwrap(), "it was doomed already");
    assert!(!unit.blobs().doom(BlobId::new(uuid()), at(5)).await.unwrap(), "it is unknown");
    assert_eq!(due(&mut *unit, 9).await, [], "the second call moved nothing");
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_11_of_a_settle_and_a_sweep_at_once_one_wins<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    for settles_first in [true, false] {
        let id = given.attempt(owner).await;
        let (first, second) = (given.clone(), given.clone());
        let first = tokio::spawn(async move { first.settle_or_sweep(id, settles_first).await });
        let second = tokio::spawn(async move { second.settle_or_sweep(id, !settles_first).await });
        let first = soon("a settle or a sweep", first).await.unwrap();
        let second = soon("a sweep or a settle", second).await.unwrap();
        assert_eq!(first + second, 1, "how many of the settle and the sweep had the blob");
    }
}

impl Given {
    /// Settles the blob, or dooms what has expired: how many blobs it got.
    async fn settle_or_sweep(&self, id: BlobId, settles: bool) -> usize {
        self.patiently(|unit| {
            Box::pin(async move {
                if !settles {
                    return Ok(unit.blobs().doom_expired(at(4000), 10).await?.len());
                }
                match unit.blobs().settle(id, &STORED).await {
                    Ok(()) => Ok(1),
                    Err(SettleBlob::Doomed) => Ok(0),
                    Err(SettleBlob::Store(error)) => Err(error),
                }
            })
        })
        .await
    }
}
