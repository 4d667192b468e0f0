//! BLOBROW: the states of blobs.

use fm_domain::blobs::{BlobIntent, BlobKey, ExpiredIntent, MarkStored, StoredBlob, Tombstone};
use fm_domain::database::UnitOfWork;
use fm_domain::ids::BlobId;

use crate::fixture::database::{Given, given, recorded, stored};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

const STORED: StoredBlob = StoredBlob { size: fill::bytes(12) };

async fn assert_refused(unit: &mut dyn UnitOfWork, id: BlobId, why: &str) {
    let stored = unit.blobs().mark_stored(id, &STORED).await;
    assert!(matches!(stored, Err(MarkStored::NoIntent)), "{why}: {stored:?}");
}

/// The ids of what is due.
async fn due(unit: &mut dyn UnitOfWork, now: i64) -> Vec<BlobId> {
    let due = unit.blobs().due(at(now), 100).await.unwrap();
    due.into_iter().map(|blob| blob.key.id).collect()
}

pub(crate) async fn blobrow_01_a_recorded_intent_is_marked_stored_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let id = given.attempt(given.owner().await).await;
    let mut unit = given.unit().await;
    unit.blobs().mark_stored(id, &STORED).await.unwrap();
    assert_refused(&mut *unit, id, "a second time").await;
    assert_refused(&mut *unit, BlobId::new(uuid()), "no intent was recorded").await;
    assert!(!unit.blobs().renew(id, at(9)).await.unwrap(), "a stored blob has no expiry");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_refused(&mut *unit, id, "in a later unit").await;
    assert_eq!(
        unit.blobs().cancel_expired(at(1 << 30), 10).await.unwrap(),
        [],
        "a stored blob does not expire"
    );
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_02_a_cancelled_intent_is_not_marked_stored<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let (deleted, cancelled, expired) =
        (given.attempt(owner).await, given.attempt(owner).await, given.attempt(owner).await);
    let mut unit = given.unit().await;
    assert!(unit.blobs().mark_deleted(deleted, at(1)).await.unwrap());
    assert!(unit.blobs().cancel_intent(cancelled, at(1)).await.unwrap());
    assert_eq!(unit.blobs().cancel_expired(at(4000), 10).await.unwrap().len(), 1);
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    for id in [deleted, cancelled, expired] {
        assert_refused(&mut *unit, id, "marked as deleted").await;
        assert!(!unit.blobs().renew(id, at(9000)).await.unwrap(), "a tombstone is not renewed");
    }
    assert_eq!(due(&mut *unit, 4000).await.len(), 3, "a refused `mark_stored` changed nothing");
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_03_tombstones_are_due_at_their_time_the_longest_due_first<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let thumbnail = BlobIntent { key: BlobKey::thumbnail(BlobId::new(uuid())), ..fill::intent(owner) };
    let mut unit = given.unit().await;
    let (late, early) = (stored(&mut *unit, owner).await, recorded(&mut *unit, owner).await);
    unit.blobs().record_intent(&thumbnail).await.unwrap();
    let living = stored(&mut *unit, owner).await;
    for (id, second) in [(late, 30), (early, 10), (thumbnail.key.id, 20)] {
        assert!(unit.blobs().mark_deleted(id, at(second)).await.unwrap());
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let first = Tombstone { key: BlobKey::file(early), deleted_at: at(10), was_stored: false };
    let second = Tombstone { key: thumbnail.key, deleted_at: at(20), was_stored: false };
    let third = Tombstone { key: BlobKey::file(late), deleted_at: at(30), was_stored: true };
    assert_eq!(unit.blobs().due(at(9), 10).await.unwrap(), []);
    assert_eq!(unit.blobs().due(at(25), 10).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(unit.blobs().due(at(30), 2).await.unwrap(), [first, second], "at most the limit");
    assert_eq!(due(&mut *unit, 30).await, [early, thumbnail.key.id, late], "due at its very moment");
    let asked = [BlobKey::file(late), BlobKey::file(living), BlobKey::file(BlobId::new(uuid()))];
    let found = unit.blobs().find_tombstones(&asked).await.unwrap();
    assert_eq!(found, [third], "neither a living blob nor an unknown one");
    let both = [BlobKey::file(late), thumbnail.key];
    assert_eq!(unit.blobs().find_tombstones(&both).await.unwrap().len(), 2, "of either bucket");
    assert_eq!(unit.blobs().find_tombstones(&[]).await.unwrap(), []);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_04_a_stored_blob_is_never_cancelled<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (kept, cancelled) = (stored(&mut *unit, owner).await, recorded(&mut *unit, owner).await);
    assert!(!unit.blobs().cancel_intent(kept, at(1)).await.unwrap(), "it is stored");
    assert!(unit.blobs().cancel_intent(cancelled, at(1)).await.unwrap(), "it is an intent");
    assert!(!unit.blobs().cancel_intent(cancelled, at(2)).await.unwrap(), "it is a tombstone");
    assert!(!unit.blobs().cancel_intent(BlobId::new(uuid()), at(1)).await.unwrap(), "it is unknown");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 100).await, [cancelled]);
    let tombstones = unit.blobs().find_tombstones(&[BlobKey::file(cancelled)]).await.unwrap();
    assert!(matches!(tombstones[..], [Tombstone { was_stored: false, .. }]), "{tombstones:?}");
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_05_an_expired_intent_is_cancelled_once_and_given_with_its_reservation<
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
    assert_eq!(unit.blobs().cancel_expired(at(5), 10).await.unwrap(), [], "none has expired yet");
    let cancelled = unit.blobs().cancel_expired(at(100), 2).await.unwrap();
    assert_eq!(cancelled, [expired(&first), expired(&second)], "the oldest, at most the limit");
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().cancel_expired(at(100), 10).await.unwrap(), [expired(&third)], "each once");
    assert_eq!(unit.blobs().cancel_expired(at(100), 10).await.unwrap(), []);
    assert_eq!(due(&mut *unit, 101).await.len(), 3, "they are tombstones");
    unit.blobs().mark_stored(living.key.id, &STORED).await.unwrap();
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_06_renewing_moves_the_expiry_of_a_recorded_intent<H: DatabaseHarness>(
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
    assert_eq!(unit.blobs().cancel_expired(at(40), 10).await.unwrap(), [], "it was renewed");
    assert_eq!(unit.blobs().cancel_expired(at(60), 10).await.unwrap().len(), 1);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_08_only_rows_of_tombstones_are_removed<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (waiting, kept, tombstone) =
        (recorded(&mut *unit, owner).await, stored(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    unit.blobs().mark_deleted(tombstone, at(1)).await.unwrap();
    for id in [waiting, kept, tombstone, BlobId::new(uuid())] {
        unit.blobs().remove(id).await.unwrap();
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 100).await, [], "the tombstone is gone");
    assert!(!unit.blobs().mark_deleted(tombstone, at(1)).await.unwrap(), "the tombstone is gone");
    unit.blobs().mark_stored(waiting, &STORED).await.unwrap();
    assert!(unit.blobs().mark_deleted(kept, at(1)).await.unwrap(), "the row of the stored blob is there");
    unit.commit().await.unwrap();
}

pub(crate) async fn blobrow_09_postponing_moves_the_next_deletion_of_a_tombstone_alone<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (tombstone, kept) = (stored(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    unit.blobs().mark_deleted(tombstone, at(1)).await.unwrap();
    for id in [tombstone, kept, BlobId::new(uuid())] {
        unit.blobs().postpone(id, at(50)).await.unwrap();
    }
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    assert_eq!(due(&mut *unit, 49).await, []);
    let expected = Tombstone { key: BlobKey::file(tombstone), deleted_at: at(1), was_stored: true };
    assert_eq!(unit.blobs().due(at(50), 10).await.unwrap(), [expected], "the time of its deletion stays");
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_10_marking_deleted_answers_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let id = stored(&mut *unit, owner).await;
    assert!(unit.blobs().mark_deleted(id, at(10)).await.unwrap());
    assert!(!unit.blobs().mark_deleted(id, at(5)).await.unwrap(), "it was marked as deleted before");
    assert!(!unit.blobs().mark_deleted(BlobId::new(uuid()), at(5)).await.unwrap(), "it is unknown");
    assert_eq!(due(&mut *unit, 9).await, [], "the second call moved nothing");
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_11_of_a_commit_and_a_sweep_at_once_one_wins<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    for stores_first in [true, false] {
        let id = given.attempt(owner).await;
        let (first, second) = (given.clone(), given.clone());
        let first = tokio::spawn(async move { first.mark_stored_or_sweep(id, stores_first).await });
        let second = tokio::spawn(async move { second.mark_stored_or_sweep(id, !stores_first).await });
        let first = soon("an upload or a sweep", first).await.unwrap();
        let second = soon("a sweep or an upload", second).await.unwrap();
        assert_eq!(first + second, 1, "how many of the upload and the sweep got the blob");
    }
}

impl Given {
    /// Marks the blob as stored, or cancels expired intents. Answers how many blobs it got.
    async fn mark_stored_or_sweep(&self, id: BlobId, stores: bool) -> usize {
        self.retry_conflicts(|unit| {
            Box::pin(async move {
                if !stores {
                    return Ok(unit.blobs().cancel_expired(at(4000), 10).await?.len());
                }
                match unit.blobs().mark_stored(id, &STORED).await {
                    Ok(()) => Ok(1),
                    Err(MarkStored::NoIntent) => Ok(0),
                    Err(MarkStored::Store(error)) => Err(error),
                }
            })
        })
        .await
    }
}
