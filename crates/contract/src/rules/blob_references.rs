//! BLOB: blobs that more than one row refers to.

use std::collections::BTreeSet;

use fm_domain::blobs::{BlobIntent, BlobKey, BlobRecord, BlobState};
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::tree::Delta;
use tokio::task::JoinSet;

use crate::fixture::database::{given, recorded, stored, stored_thumbnail};
use crate::fixture::{at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn blob_30_a_shared_blob_outlives_all_but_its_last_reference_under_concurrent_drops<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (shared, other) = (stored(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    assert!(unit.blobs().add_references(&[shared, other, shared, shared]).await.unwrap());
    unit.commit().await.unwrap();
    // Four references to the one, two to the other.
    let mut unit = given.unit().await;
    for _ in 0..2 {
        assert_eq!(unit.blobs().drop_references(&[shared], at(10)).await.unwrap(), [], "each counts");
    }
    let gone = unit.blobs().drop_references(&[other, other], at(10)).await.unwrap();
    assert_eq!(gone, [BlobKey::file(other)], "both at once");
    unit.commit().await.unwrap();
    let mut units = JoinSet::new();
    for _ in 0..2 {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move { unit.blobs().drop_references(&[shared], at(20)).await })
                })
                .await
        });
    }
    let gone = soon("units that drop one blob", units.join_all()).await.concat();
    assert_eq!(gone, [BlobKey::file(shared)], "the last one tells, and no other");
    for record in given.read().await.blobs().find(&[shared, other]).await.unwrap() {
        assert_eq!(record.state, BlobState::Deleted, "{record:?}");
    }
    let mut unit = given.unit().await;
    for (second, expected) in [(9, vec![]), (10, vec![other]), (20, vec![other, shared])] {
        let due = unit.blobs().due(at(second), 10).await.unwrap();
        let due: Vec<BlobId> = due.iter().map(|tombstone| tombstone.key.id).collect();
        assert_eq!(due, expected, "their bytes are to go from then on");
    }
    unit.rollback().await.unwrap();
}

pub(crate) async fn blob_31_only_stored_blobs_are_referred_to<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (intent, gone) = (recorded(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    assert!(unit.blobs().mark_deleted(gone, at(5)).await.unwrap());
    unit.commit().await.unwrap();
    for id in [intent, gone, BlobId::new(uuid())] {
        let mut unit = given.unit().await;
        assert!(!unit.blobs().add_references(&[id]).await.unwrap());
        unit.rollback().await.unwrap();
        let mut unit = given.unit().await;
        assert_eq!(unit.blobs().drop_references(&[id], at(10)).await.unwrap(), [], "nothing of it changes");
        unit.commit().await.unwrap();
    }
    let mut unit = given.unit().await;
    let due = unit.blobs().due(at(5), 10).await.unwrap();
    assert_eq!(due.iter().map(|tombstone| tombstone.key.id).collect::<Vec<_>>(), [gone]);
    assert!(unit.blobs().cancel_intent(intent, at(20)).await.unwrap(), "it is an intent still");
    assert_eq!(unit.blobs().drop_references(&[], at(10)).await.unwrap(), []);
    unit.rollback().await.unwrap();
}

pub(crate) async fn blob_32_what_a_removed_user_had_goes_with_its_last_reference_and_stays_where_another_drive_has_a_copy<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.owner().await, given.owner().await);
    let (shared, own) = (given.file(user, "shared").await, given.file(user, "own").await);
    let old = given.versioned(user, &own).await;
    let attempt = given.attempt(user).await;
    let thumbnail = BlobIntent { key: BlobKey::thumbnail(BlobId::new(uuid())), ..fill::intent(user) };
    given.intent(&thumbnail).await;
    let mut unit = given.unit().await;
    let (blob, small) = (stored(&mut *unit, user).await, stored_thumbnail(&mut *unit, user).await);
    let ready = ThumbnailState::Ready { blob: small, width: 64, height: 48, placeholder: None };
    let picture = File { thumbnail: ready, ..fill::file(user, blob, "picture") };
    let (again, copy) = (fill::file(user, own.blob, "again"), fill::file(other, shared.blob, "copy"));
    let mut owners = [user, other];
    owners.sort();
    for owner in owners {
        unit.drives().enter(fill::drive(owner), &Delta::default(), None).await.unwrap();
    }
    for file in [&picture, &again, &copy] {
        unit.nodes().insert(&file.clone().into()).await.unwrap();
    }
    assert!(unit.blobs().add_references(&[own.blob, shared.blob]).await.unwrap());
    assert!(unit.users().mark_removed(user, at(1)).await.unwrap());
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    unit.users().remove_contents(user, at(9), 100).await.unwrap();
    assert!(unit.users().remove(user).await.unwrap());
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let due = unit.blobs().due(at(9), 100).await.unwrap();
    unit.rollback().await.unwrap();
    let due: BTreeSet<BlobKey> = due.into_iter().map(|tombstone| tombstone.key).collect();
    let files = [own.blob, old, blob, attempt].map(BlobKey::file);
    let expected: BTreeSet<BlobKey> =
        files.into_iter().chain([BlobKey::thumbnail(small), thumbnail.key]).collect();
    assert_eq!(due, expected, "all that no row refers to any more");
    assert_eq!(given.stored(other, copy.id).await.as_ref(), Some(&copy));
    let kept = given.read().await.blobs().find(&[shared.blob]).await.unwrap();
    assert!(matches!(kept[..], [BlobRecord { state: BlobState::Stored { .. }, .. }]), "{kept:?}");
    let mut unit = given.unit().await;
    let gone = unit.blobs().drop_references(&[shared.blob], at(20)).await.unwrap();
    assert_eq!(gone, [BlobKey::file(shared.blob)], "the copy alone referred to it");
    unit.commit().await.unwrap();
}
