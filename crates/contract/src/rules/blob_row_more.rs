//! BLOBROW: large sizes, buckets, intents that are recorded twice, and when tombstones are due.

use std::time::Duration;

use fm_domain::blobs::{BlobIntent, BlobKey, BlobRecord, BlobState, StoredBlob};
use fm_domain::ids::BlobId;

use super::rows::LARGE;
use crate::fixture::database::{given, recorded, stored};
use crate::fixture::{at, fill, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn blobrow_15_sizes_and_reservations_of_more_than_four_gibibytes_are_kept<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let intent = BlobIntent { reserved: fill::bytes(LARGE), ..fill::intent(owner) };
    given.intent(&intent).await;
    let mut unit = given.unit().await;
    let large = recorded(&mut *unit, owner).await;
    let empty = recorded(&mut *unit, owner).await;
    for (id, size) in [(large, LARGE), (empty, 0)] {
        unit.blobs().mark_stored(id, &StoredBlob { size: fill::bytes(size) }).await.unwrap();
    }
    unit.commit().await.unwrap();
    let found = given.read().await.blobs().find(&[large, empty]).await.unwrap();
    for (id, size) in [(large, LARGE), (empty, 0)] {
        let expected =
            BlobRecord { key: BlobKey::file(id), state: BlobState::Stored { size: fill::bytes(size) } };
        assert!(found.contains(&expected), "{size} bytes: {found:?}");
    }
    let mut unit = given.unit().await;
    let expired = unit.blobs().cancel_expired(at(9000), 10).await.unwrap();
    assert_eq!(expired.iter().map(|intent| intent.reserved).collect::<Vec<_>>(), [fill::bytes(LARGE)]);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_16_a_tombstone_is_found_in_its_own_bucket_alone<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let id = stored(&mut *unit, owner).await;
    assert!(unit.blobs().mark_deleted(id, at(1)).await.unwrap());
    let (own, other) = (BlobKey::file(id), BlobKey::thumbnail(id));
    assert_eq!(unit.blobs().find_tombstones(&[other]).await.unwrap(), [], "the other bucket");
    let found = unit.blobs().find_tombstones(&[own, other]).await.unwrap();
    assert_eq!(found.iter().map(|tombstone| tombstone.key).collect::<Vec<_>>(), [own]);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blobrow_17_a_second_intent_with_one_id_is_an_error<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let intent = fill::intent(owner);
    given.intent(&intent).await;
    let stored_id = {
        let mut unit = given.unit().await;
        let id = stored(&mut *unit, owner).await;
        unit.commit().await.unwrap();
        id
    };
    for id in [intent.key.id, stored_id] {
        let mut unit = given.unit().await;
        let second = BlobIntent { key: BlobKey::file(id), expires_at: at(1), ..fill::intent(owner) };
        match unit.blobs().record_intent(&second).await {
            Ok(()) => assert!(unit.commit().await.is_err(), "two intents have one id"),
            Err(_) => drop(unit),
        }
    }
    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().cancel_expired(at(3600), 10).await.unwrap(), [], "the first is as it was");
    unit.rollback().await.unwrap();
    let found = given.read().await.blobs().find(&[stored_id]).await.unwrap();
    assert!(matches!(found[0].state, BlobState::Stored { .. }), "{found:?}");
}

pub(crate) async fn blobrow_18_each_way_of_marking_deleted_is_due_at_its_own_time<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let micro = |second| at(second).plus(Duration::from_micros(1));
    let mut unit = given.unit().await;
    let (deleted, cancelled) = (recorded(&mut *unit, owner).await, recorded(&mut *unit, owner).await);
    let dropped = stored(&mut *unit, owner).await;
    unit.commit().await.unwrap();
    let expired = given.intent(&BlobIntent { expires_at: at(39), ..fill::intent(owner) }).await;
    let mut unit = given.unit().await;
    assert!(unit.blobs().mark_deleted(deleted, micro(10)).await.unwrap());
    assert!(unit.blobs().cancel_intent(cancelled, micro(20)).await.unwrap());
    assert_eq!(unit.blobs().cancel_expired(at(39), 10).await.unwrap(), [], "at its very end it is not over");
    assert_eq!(unit.blobs().cancel_expired(micro(40), 10).await.unwrap().len(), 1);
    assert_eq!(unit.blobs().drop_references(&[dropped], micro(30)).await.unwrap().len(), 1);
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    for (number, (id, second)) in
        [(deleted, 10), (cancelled, 20), (dropped, 30), (expired, 40)].into_iter().enumerate()
    {
        assert_eq!(unit.blobs().due(at(second), 10).await.unwrap().len(), number, "at second {second}");
        let due = unit.blobs().due(micro(second), 10).await.unwrap();
        assert_eq!(due.len(), number + 1, "a microsecond later");
        let last = due.last().unwrap();
        assert_eq!((last.key.id, last.deleted_at), (id, micro(second)), "deleted at second {second}");
    }
    unit.rollback().await.unwrap();
    assert_eq!(given.read().await.blobs().find(&[BlobId::new(uuid())]).await.unwrap(), []);
}
