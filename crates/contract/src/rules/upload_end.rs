//! UPLOAD: the parts of uploads, and how uploads go.

use std::collections::BTreeSet;

use fm_domain::accounts::ReserveBytes;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Transport, UpdateUpload, Upload, UploadStatus};

use crate::fixture::database::{Given, given};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

/// An upload that ends or is forgotten at this second.
fn until(owner: UserId, second: i64, status: UploadStatus) -> Upload {
    Upload { expires_at: at(second), status, ..fill::upload(owner) }
}

impl Given {
    /// A committed upload with a part.
    async fn upload_with_part(&self, upload: Upload) -> Upload {
        let mut unit = self.unit().await;
        unit.uploads().insert(&upload).await.unwrap();
        unit.uploads().add_part(upload.id, &fill::part(1, 5)).await.unwrap();
        unit.commit().await.unwrap();
        upload
    }

    /// Whether the upload is gone, and no part of it waits for another with its id.
    async fn assert_gone(&self, upload: &Upload) {
        assert_eq!(self.stored_upload(upload.owner, upload.id).await, None);
        let mut unit = self.unit().await;
        unit.uploads().insert(upload).await.unwrap();
        assert_eq!(unit.uploads().parts(upload.id).await.unwrap(), [], "its parts are there");
        unit.rollback().await.unwrap();
    }
}

pub(crate) async fn upload_09_parts_come_by_number_and_one_that_is_added_again_replaces_the_first<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let upload = given.upload(fill::upload(owner)).await;
    let other = given.upload_with_part(fill::upload(owner)).await;

    let mut unit = given.unit().await;
    for part in [fill::part(10, 5 << 40), fill::part(2, 7), fill::part(u32::MAX, 0), fill::part(1, 9)] {
        unit.uploads().add_part(upload.id, &part).await.unwrap();
    }
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    unit.uploads().add_part(upload.id, &fill::part(2, 8)).await.unwrap();
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let expected = [fill::part(1, 9), fill::part(2, 8), fill::part(10, 5 << 40), fill::part(u32::MAX, 0)];
    assert_eq!(unit.uploads().parts(upload.id).await.unwrap(), expected);
    assert_eq!(unit.uploads().parts(other.id).await.unwrap(), [fill::part(1, 5)], "another's are its own");
    assert_eq!(unit.uploads().parts(UploadId::new(uuid())).await.unwrap(), [], "an unknown upload");
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_10_a_removed_upload_goes_with_its_parts<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let upload = given.upload_with_part(fill::upload(owner)).await;
    let kept = given.upload_with_part(fill::upload(owner)).await;

    let mut unit = given.unit().await;
    assert!(unit.uploads().remove(upload.id).await.unwrap());
    assert!(!unit.uploads().remove(upload.id).await.unwrap(), "there is none any more");
    unit.commit().await.unwrap();
    given.assert_gone(&upload).await;

    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().parts(kept.id).await.unwrap(), [fill::part(1, 5)]);
    unit.rollback().await.unwrap();
    assert_eq!(given.stored_upload(owner, kept.id).await, Some(kept), "the other stays");
}

pub(crate) async fn upload_11_removing_those_of_a_file_removes_the_uploads_that_made_it_alone<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let complete = |file| UploadStatus::Complete(file);
    let (file, other) = (FileId::new(uuid()), FileId::new(uuid()));
    let made = given.upload_with_part(until(owner, 60, complete(file))).await;
    let again = given.upload(until(owner, 90, complete(file))).await;
    let mut kept = Vec::new();
    for status in [complete(other), UploadStatus::Open, UploadStatus::Expired] {
        kept.push(given.upload(until(owner, 60, status)).await);
    }

    let mut unit = given.unit().await;
    unit.uploads().remove_of_file(file).await.unwrap();
    unit.uploads().remove_of_file(FileId::new(uuid())).await.unwrap();
    unit.commit().await.unwrap();
    given.assert_gone(&made).await;
    given.assert_gone(&again).await;
    for upload in kept {
        assert_eq!(given.stored_upload(owner, upload.id).await, Some(upload), "it made no such file");
    }
}

pub(crate) async fn upload_12_open_uploads_that_expired_are_given_the_oldest_first<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let open = |owner, second| until(owner, second, UploadStatus::Open);
    let (second, first, third) = (open(owner, 20), open(other, 10), open(owner, 30));
    let ended = until(owner, 5, UploadStatus::Expired);
    let complete = until(owner, 5, UploadStatus::Complete(FileId::new(uuid())));
    let living = open(owner, 100);
    for upload in [&second, &first, &third, &ended, &complete, &living] {
        given.upload(upload.clone()).await;
    }

    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().expired(at(10), 10).await.unwrap(), [], "at its very moment it is not over");
    let two = unit.uploads().expired(at(100), 2).await.unwrap();
    assert_eq!(two, [first.clone(), second.clone()], "the oldest, at most the limit");
    assert_eq!(unit.uploads().expired(at(100), 10).await.unwrap(), [first, second.clone(), third.clone()]);
    unit.rollback().await.unwrap();

    // A piece that comes moves the end on.
    let mut unit = given.unit().await;
    unit.uploads().update(&Upload { expires_at: at(500), ..second.clone() }, second.epoch).await.unwrap();
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    let given_up = unit.uploads().expired(at(100), 10).await.unwrap();
    assert_eq!(given_up.iter().map(|upload| upload.expires_at).collect::<Vec<_>>(), [at(10), at(30)]);
    unit.rollback().await.unwrap();
}

/// Gives up what has expired, up to two uploads; which.
async fn give_up(unit: &mut dyn UnitOfWork) -> PortResult<Vec<UploadId>> {
    let expired = unit.uploads().expired(at(100), 2).await?;
    tokio::task::yield_now().await;
    for upload in &expired {
        let mut ended = Upload { status: UploadStatus::Expired, ..upload.clone() };
        ended.acquire();
        match unit.uploads().update(&ended, upload.epoch).await {
            Ok(()) => {}
            Err(UpdateUpload::Fenced) => panic!("an expired upload was not locked"),
            Err(UpdateUpload::Store(error)) => return Err(error),
        }
    }
    Ok(expired.into_iter().map(|upload| upload.id).collect())
}

pub(crate) async fn upload_13_no_expired_upload_is_given_to_two_units_at_once<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut expired = BTreeSet::new();
    for second in 0..10 {
        expired.insert(given.upload(until(owner, second, UploadStatus::Open)).await.id);
    }
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let given = given.clone();
        units.spawn(async move { given.retry_conflicts(|unit| Box::pin(give_up(unit))).await });
    }
    let mut got = soon("four units on expired uploads", units.join_all()).await.concat();
    // Those that another unit had locked may have been left out.
    for _ in 0..5 {
        got.extend(given.retry_conflicts(|unit| Box::pin(give_up(unit))).await);
    }
    assert_eq!(got.len(), 10, "each is given once");
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), expired);
}

pub(crate) async fn upload_14_ended_uploads_are_purged_after_their_time_up_to_the_limit<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let complete = || UploadStatus::Complete(FileId::new(uuid()));
    let first = given.upload_with_part(until(owner, 10, complete())).await;
    let second = given.upload_with_part(until(owner, 20, UploadStatus::Expired)).await;
    let open = given.upload_with_part(until(owner, 5, UploadStatus::Open)).await;
    let remembered = given.upload_with_part(until(owner, 100, complete())).await;

    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().purge_ended(at(10), 10).await.unwrap(), 0, "at its very moment it is kept");
    assert_eq!(unit.uploads().purge_ended(at(100), 1).await.unwrap(), 1, "at most the limit");
    assert_eq!(unit.uploads().purge_ended(at(100), 10).await.unwrap(), 1);
    assert_eq!(unit.uploads().purge_ended(at(100), 10).await.unwrap(), 0);
    unit.commit().await.unwrap();
    given.assert_gone(&first).await;
    given.assert_gone(&second).await;
    for kept in [open, remembered] {
        let mut unit = given.unit().await;
        assert_eq!(unit.uploads().parts(kept.id).await.unwrap(), [fill::part(1, 5)]);
        unit.rollback().await.unwrap();
        assert_eq!(given.stored_upload(owner, kept.id).await, Some(kept));
    }
}

pub(crate) async fn upload_15_a_removed_user_goes_with_their_uploads<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, other) = (given.user().await, given.owner().await);
    let key = Some("key".parse().unwrap());
    let keyed = Upload { key: key.clone(), ..fill::upload(user.id) };
    let theirs = given.upload_with_part(keyed).await;
    let plain = given.upload_with_part(fill::upload(user.id)).await;
    let kept = given.upload_with_part(Upload { key, ..fill::upload(other) }).await;

    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(user.id, at(1)).await.unwrap());
    assert!(unit.users().remove(user.id).await.unwrap());
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let found = unit.uploads().find_by_key(&access_of(user.id), &"key".parse().unwrap()).await.unwrap();
    assert_eq!(found, None, "it is not found by its key");
    assert_eq!(unit.uploads().parts(kept.id).await.unwrap(), [fill::part(1, 5)]);
    unit.rollback().await.unwrap();
    given.assert_gone(&theirs).await;
    given.assert_gone(&plain).await;
    assert_eq!(given.stored_upload(other, kept.id).await, Some(kept), "other users keep theirs");
}

pub(crate) async fn upload_21_the_open_uploads_of_the_user_alone_are_counted<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let complete = UploadStatus::Complete(FileId::new(uuid()));
    let direct = Upload { transport: Transport::Direct, ..until(owner, 10, UploadStatus::Open) };
    let direct = given.upload(direct).await;
    let resumable = Upload { transport: Transport::Resumable, ..until(owner, 20, UploadStatus::Open) };
    let resumable = given.upload(resumable).await;
    for upload in [
        until(owner, 10, complete),
        until(owner, 10, UploadStatus::Expired),
        until(other, 10, UploadStatus::Open),
    ] {
        given.upload(upload).await;
    }

    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().count_open(UserId::new(uuid())).await.unwrap(), 0, "of no user");
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 2);
    unit.uploads().insert(&until(owner, 30, UploadStatus::Open)).await.unwrap();
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 3, "a unit sees its own changes");
    let expired = Upload { status: UploadStatus::Expired, ..direct.clone() };
    unit.uploads().update(&expired, direct.epoch).await.unwrap();
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 2, "one that expired is no longer open");
    assert!(unit.uploads().remove(resumable.id).await.unwrap());
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 1);
    unit.commit().await.unwrap();
    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 1, "in a later unit");
    assert_eq!(unit.uploads().count_open(other).await.unwrap(), 1);
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_22_units_that_reserve_and_count_never_pass_a_limit_together<H: DatabaseHarness>(
    harness: &H,
) {
    async fn create(unit: &mut dyn UnitOfWork, owner: UserId) -> PortResult<bool> {
        match unit.users().reserve(owner, fill::bytes(0), None).await {
            Err(ReserveBytes::Store(error)) => return Err(error),
            other => other.unwrap(),
        }
        if unit.uploads().count_open(owner).await? >= 3 {
            return Ok(false);
        }
        tokio::task::yield_now().await;
        unit.uploads().insert(&fill::upload(owner)).await?;
        Ok(true)
    }
    let given = given(harness);
    let owner = given.owner().await;
    given.upload(fill::upload(owner)).await;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let given = given.clone();
        units.spawn(async move { given.retry_conflicts(|unit| Box::pin(create(unit, owner))).await });
    }
    let created = soon("eight units that create uploads", units.join_all()).await;
    assert_eq!(created.into_iter().filter(|created| *created).count(), 2, "how many uploads were created");
    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().count_open(owner).await.unwrap(), 3);
    unit.rollback().await.unwrap();
}
