//! UOW: units of work of a single call, and how the last one of an upload begins.

use fm_domain::blobs::{MarkStored, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::EnterWithBlob;
use fm_domain::error::{PortError, Retry};
use fm_domain::ids::{BlobId, DriveId, UserId};
use fm_domain::tree::{Delta, EnterDrive};
use fm_domain::uploads::{UpdateUpload, Upload};
use tokio::task::{JoinSet, yield_now};

use crate::fixture::database::{Given, given};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn uow_16_a_unit_of_a_single_call_is_kept_by_its_commit_and_a_refusal_changes_nothing<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    given.jobs(&[fill::job(), fill::job()]).await;
    let claimed = given.claim(at(1), at(60), 2).await;
    let intent = fill::intent(given.owner().await);
    let single = async || soon("beginning a unit of a single call", given.db.begin_single()).await.unwrap();

    let mut unit = single().await;
    unit.blobs().record_intent(&intent).await.unwrap();
    assert!(unit.jobs().complete(claimed[0].id, claimed[0].attempt).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(given.living_jobs().await, 1, "it was committed");
    let found = given.read().await.blobs().find(&[intent.key.id]).await.unwrap();
    assert_eq!(found.len(), 1, "what was added before the call");

    let mut unit = single().await;
    let refused = unit.jobs().complete(claimed[1].id, claimed[1].attempt + 1).await.unwrap();
    assert!(!refused, "another attempt completed it");
    unit.rollback().await.unwrap();
    assert_eq!(given.living_jobs().await, 1, "a refusal changes nothing");

    let quota = Some(ByteSize::new(10));
    for (bytes, is_added) in [(5, true), (20, false)] {
        let intent = fill::intent(intent.owner);
        let mut unit = single().await;
        unit.blobs().record_intent(&intent).await.unwrap();
        let reserved = unit.users().reserve(intent.owner, ByteSize::new(bytes), quota).await;
        assert_eq!(reserved.is_ok(), is_added, "{reserved:?}");
        if is_added {
            unit.commit().await.unwrap();
        } else {
            unit.rollback().await.unwrap();
        }
        let found = given.read().await.blobs().find(&[intent.key.id]).await.unwrap();
        assert_eq!(!found.is_empty(), is_added, "what was added before a call goes with it");
    }
}

pub(crate) async fn uow_17_an_upload_that_a_unit_of_a_single_call_found_is_updated_as_it_was_found_or_not_at_all<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let upload = given.upload(fill::upload(given.owner().await)).await;
    let mut requests = JoinSet::new();
    for _ in 0..8 {
        let (given, upload) = (given.clone(), upload.clone());
        requests.spawn(async move {
            while let Err(race) = count_a_byte(&given, &upload).await {
                assert_eq!(race.retry(), Retry::Now, "{race:?}");
            }
        });
    }
    soon("eight requests for one upload", requests.join_all()).await;
    let stored = given.stored_upload(upload.owner, upload.id).await;
    let expected = Upload { offset: ByteSize::new(8), ..upload };
    assert_eq!(stored, Some(expected), "each saw what the one before it did");
}

/// Finds the upload in a unit of a single call, and saves that it has one byte more.
async fn count_a_byte(given: &Given, upload: &Upload) -> Result<(), PortError> {
    let mut unit = given.db.begin_single().await?;
    let found = unit.uploads().find_for_update(&access_of(upload.owner), upload.id).await?.unwrap();
    yield_now().await;
    let longer = Upload { offset: ByteSize::new(found.offset.bytes() + 1), ..found };
    match unit.uploads().update(&longer, upload.epoch).await {
        Ok(()) => unit.commit().await,
        Err(UpdateUpload::Store(error)) => Err(error),
        Err(fenced @ UpdateUpload::Fenced) => panic!("its epoch is the same: {fenced}"),
    }
}

pub(crate) async fn uow_18_a_drive_is_entered_with_a_blob_that_is_an_intent_or_it_is_told_why<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (stored, quota) = (StoredBlob { size: fill::bytes(12) }, Some(fill::bytes(20)));
    let (drive, none) = (DriveId::of_user(owner), DriveId::of_user(UserId::new(uuid())));
    let (delta, too_much) = (Delta::new_file(fill::bytes(12)), Delta::new_file(fill::bytes(21)));
    let blob = given.attempt(owner).await;
    let mut unit = given.unit().await;
    let entered = unit.enter_with_blob(blob, &stored, drive, &delta, quota).await.unwrap();
    assert_eq!((entered.storage.used, entered.nodes), (fill::bytes(12), 2), "the counters have moved");
    let again = unit.blobs().mark_stored(blob, &stored).await;
    assert!(matches!(again, Err(MarkStored::NoIntent)), "it is stored: {again:?}");
    let item = fill::folder(owner, fill::root(owner), "folder").into();
    unit.nodes().insert(&item).await.unwrap();
    unit.commit().await.unwrap();

    for unknown in [blob, BlobId::new(uuid())] {
        let mut unit = given.unit().await;
        let refused = unit.enter_with_blob(unknown, &stored, drive, &delta, None).await;
        assert!(matches!(refused, Err(EnterWithBlob::NoIntent)), "it is no intent: {refused:?}");
        let entered = unit.drives().enter(drive, &Delta::default(), None).await.unwrap();
        assert_eq!((entered.storage.used, entered.nodes), (fill::bytes(12), 2), "it has entered nothing");
        unit.rollback().await.unwrap();
    }
    let intent = given.attempt(owner).await;
    let mut unit = given.unit().await;
    let refused = unit.enter_with_blob(intent, &stored, none, &delta, quota).await;
    assert!(matches!(refused, Err(EnterWithBlob::Drive(EnterDrive::NoDrive))), "{refused:?}");
    unit.rollback().await.unwrap();
    let intent = given.attempt(owner).await;
    let mut unit = given.unit().await;
    let refused = unit.enter_with_blob(intent, &stored, drive, &too_much, quota).await;
    let is_told = matches!(refused, Err(EnterWithBlob::Drive(EnterDrive::QuotaExceeded { .. })));
    assert!(is_told, "{refused:?}");
    unit.rollback().await.unwrap();

    let used: Vec<ByteSize> = (1..=8).map(|units| fill::bytes(12 + 3 * units)).collect();
    assert_eq!(used_after_each_of_eight(&given, owner).await, used, "each counts on from the one before it");
}

/// Enters the drive by eight units at once, each with three bytes and a blob of its own: what is used after each of them, from the least.
async fn used_after_each_of_eight(given: &Given, owner: UserId) -> Vec<ByteSize> {
    let (stored, delta) = (StoredBlob { size: fill::bytes(3) }, Delta::new_file(fill::bytes(3)));
    let mut units = JoinSet::new();
    for _ in 0..8 {
        let (given, blob) = (given.clone(), given.attempt(owner).await);
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        let drive = DriveId::of_user(owner);
                        let entered = unit.enter_with_blob(blob, &stored, drive, &delta, None).await;
                        yield_now().await;
                        match entered {
                            Ok(entered) => Ok(entered.storage.used),
                            Err(EnterWithBlob::Store(error)) => Err(error),
                            Err(refused) => panic!("nothing refuses it: {refused}"),
                        }
                    })
                })
                .await
        });
    }
    let mut used = soon("eight uploads into one drive", units.join_all()).await;
    used.sort_unstable();
    used
}
