//! Users who are marked as removed: nothing of them is found any more, and what they had goes in batches.

use fm_domain::accounts::{Charge, PasswordHash, ReserveBytes, User};
use fm_domain::blobs::BlobState;
use fm_domain::files::{File, FileFilter, Sha256, ThumbnailState, UpdateFile};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey, KeyClaim};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::uploads::{UpdateUpload, Upload, UploadStatus};

use crate::fixture::database::{Given, given, newest, recorded};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn key(number: u32) -> IdempotencyKey {
    format!("key-{number}").parse().unwrap()
}

impl Given {
    async fn mark_removed(&self, id: UserId) {
        let mut unit = self.unit().await;
        assert!(unit.users().mark_removed(id, at(1)).await.unwrap(), "the user was there");
        unit.commit().await.unwrap();
    }

    /// An upload with so many parts.
    async fn upload_of_parts(&self, upload: Upload, parts: u32) -> Upload {
        let mut unit = self.unit().await;
        unit.uploads().insert(&upload).await.unwrap();
        for number in 1..=parts {
            unit.uploads().add_part(upload.id, &fill::part(number, 5)).await.unwrap();
        }
        unit.commit().await.unwrap();
        upload
    }

    /// A key that a finished attempt holds.
    async fn finished_key(&self, user: UserId, key: IdempotencyKey, file: &File) {
        let mut unit = self.unit().await;
        let attempt = BlobId::new(uuid());
        let claim = KeyClaim { user, key, attempt, lease_until: at(60) };
        let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256: Sha256::new([1; 32]) };
        assert_eq!(unit.keys().claim(&claim, at(0)).await.unwrap(), Claimed::Held);
        assert!(unit.keys().finish(attempt, &upload, at(3600)).await.unwrap());
        unit.commit().await.unwrap();
    }

    /// Removes a batch in a unit of its own.
    async fn remove_batch(&self, user: UserId, limit: u32) -> u32 {
        let mut unit = self.unit().await;
        let removed = unit.users().remove_contents(user, at(9), limit).await.unwrap();
        unit.commit().await.unwrap();
        removed
    }

    async fn state_of(&self, blob: BlobId) -> Option<BlobState> {
        self.read().await.blobs().find(&[blob]).await.unwrap().pop().map(|record| record.state)
    }
}

pub(crate) async fn user_23_a_user_who_is_marked_as_removed_is_found_by_no_query<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.user().await, given.owner().await);
    let mut unit = given.unit().await;
    let users = unit.users();
    assert!(!users.mark_removed(UserId::new(uuid()), at(1)).await.unwrap(), "an unknown user");
    assert!(users.mark_removed(user.id, at(1)).await.unwrap());
    assert!(!users.mark_removed(user.id, at(2)).await.unwrap(), "there is none any more");
    assert_eq!(users.find_for_update(user.id).await.unwrap(), None, "the unit sees its own change");
    unit.commit().await.unwrap();

    assert_eq!(given.account(user.id).await, None);
    let mut reads = given.read().await;
    assert_eq!(reads.users().find_by_email(&user.email).await.unwrap(), None);
    let tallied: Vec<UserId> =
        reads.users().tally(None, 10).await.unwrap().iter().map(|tally| tally.user).collect();
    assert_eq!(tallied, [other]);
    let mut unit = given.unit().await;
    let users = unit.users();
    assert_eq!(users.find_for_update(user.id).await.unwrap(), None);
    assert!(!users.set_name(user.id, None).await.unwrap());
    let hash = PasswordHash::new("$test$new".to_owned());
    assert!(!users.set_password(user.id, &user.password_hash, &hash).await.unwrap());
    unit.rollback().await.unwrap();
}

pub(crate) async fn user_24_the_address_of_a_user_who_is_marked_as_removed_is_free<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let first = given.user().await;
    let again = || User { id: UserId::new(uuid()), ..first.clone() };
    let (second, third) = (again(), again());
    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(first.id, at(1)).await.unwrap());
    unit.users().insert(&second).await.unwrap();
    unit.commit().await.unwrap();
    given.mark_removed(second.id).await;
    let mut unit = given.unit().await;
    unit.users().insert(&third).await.unwrap();
    unit.commit().await.unwrap();
    let found = given.read().await.users().find_by_email(&first.email).await.unwrap();
    assert_eq!(found.map(|account| account.user.id), Some(third.id));
}

pub(crate) async fn user_25_a_unit_under_way_meets_no_user_once_they_are_marked_as_removed<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let id = given.owner().await;
    let mut marking = given.unit().await;
    assert!(marking.users().mark_removed(id, at(1)).await.unwrap());
    let under_way = {
        let given = given.clone();
        tokio::spawn(async move {
            let mut unit = given.unit().await;
            let charge = Charge { add: fill::bytes(1), files_added: 1, ..Charge::default() };
            let charged = unit.users().charge(id, &charge, None).await;
            (charged, unit)
        })
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    marking.commit().await.unwrap();
    let (charged, mut unit) = soon("a unit that waited for the mark", under_way).await.unwrap();
    assert!(matches!(charged, Err(ReserveBytes::NoUser)), "{charged:?}");
    let reserved = unit.users().reserve(id, fill::bytes(0), None).await;
    assert!(matches!(reserved, Err(ReserveBytes::NoUser)), "{reserved:?}");
    unit.users().unreserve(id, fill::bytes(1)).await.unwrap();
    unit.commit().await.unwrap();
}

pub(crate) async fn user_26_what_a_removed_user_had_goes_up_to_the_limit<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (user, other) = (given.user().await, given.owner().await);
    let mut files = Vec::new();
    for number in 0..3 {
        files.push(given.file(user.id, &format!("{number}.txt")).await);
        given.finished_key(user.id, key(number), &files[0]).await;
    }
    given.versioned(user.id, &files[0]).await;
    let folder = given.folder(user.id, fill::root(user.id), "folder").await;
    given.file_in(user.id, folder.id, "inside").await;
    let intent = given.attempt(user.id).await;
    let gone = given.upload_of_parts(fill::upload(user.id), 4).await;
    given.upload_of_parts(fill::upload(user.id), 0).await;
    let (kept, open) = (given.file(other, "kept").await, given.upload_of_parts(fill::upload(other), 1).await);
    given.finished_key(other, key(0), &kept).await;
    given.mark_removed(user.id).await;

    // Four parts and two uploads, a version, four files and their folder, three keys, an intent.
    let mut batches = vec![given.remove_batch(user.id, 3).await];
    while *batches.last().unwrap() == 3 {
        batches.push(given.remove_batch(user.id, 3).await);
        assert!(batches.len() < 9, "it ends: {batches:?}");
    }
    assert_eq!(batches, [3, 3, 3, 3, 3, 1], "each row counts once");
    assert_eq!(given.remove_batch(user.id, 3).await, 0);
    assert_eq!(given.state_of(intent).await, Some(BlobState::Deleted));

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().due(at(8), 9).await.unwrap(), []);
    assert_eq!(unit.blobs().due(at(9), 9).await.unwrap().len(), 6, "all of its blobs are due at once");
    assert!(unit.users().remove(user.id).await.unwrap());
    assert!(!unit.users().remove(user.id).await.unwrap(), "there is none any more");
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.list(user.id, &FileFilter::default(), &newest(10)).await, []);
    assert_eq!(given.stored_upload(user.id, gone.id).await, None);
    let mut unit = given.unit().await;
    for number in 0..3 {
        let attempt = BlobId::new(uuid());
        let claim = KeyClaim { user: user.id, key: key(number), attempt, lease_until: at(60) };
        assert_eq!(unit.keys().claim(&claim, at(1)).await.unwrap(), Claimed::Held, "nothing is left");
    }
    unit.rollback().await.unwrap();
    assert_eq!(given.stored(other, kept.id).await.as_ref(), Some(&kept), "other users keep theirs");
    assert!(matches!(given.state_of(kept.blob).await, Some(BlobState::Stored { .. })));
    assert_eq!(given.stored_upload(other, open.id).await.as_ref(), Some(&open));
    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().parts(open.id).await.unwrap(), [fill::part(1, 5)]);
    let claim = KeyClaim { user: other, key: key(0), attempt: BlobId::new(uuid()), lease_until: at(60) };
    assert!(matches!(unit.keys().claim(&claim, at(1)).await.unwrap(), Claimed::Done(_)));
    unit.rollback().await.unwrap();
}

pub(crate) async fn user_27_only_users_who_are_marked_as_removed_are_removed<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (living, user) = (given.owner().await, given.user().await);
    let marked = user.id;
    let (file, left) = (given.file(living, "living").await, given.file(marked, "left").await);
    given.mark_removed(marked).await;
    for user in [living, UserId::new(uuid())] {
        assert_eq!(given.remove_batch(user, 10).await, 0);
        let mut unit = given.unit().await;
        assert!(!unit.users().remove(user).await.unwrap());
        unit.commit().await.unwrap();
    }
    assert!(given.account(living).await.is_some());
    assert_eq!(given.stored(living, file.id).await.as_ref(), Some(&file));
    assert!(matches!(given.state_of(file.blob).await, Some(BlobState::Stored { .. })));

    let mut unit = given.unit().await;
    assert!(unit.users().remove(marked).await.unwrap(), "with what is left");
    unit.commit().await.unwrap();
    assert!(matches!(given.state_of(left.blob).await, Some(BlobState::Stored { .. })), "but for blobs");
    let mut unit = given.unit().await;
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.list(marked, &FileFilter::default(), &newest(10)).await, [], "nothing else is left");
}

pub(crate) async fn file_27_files_of_a_user_who_is_marked_as_removed_are_answered_like_none<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.owner().await, given.owner().await);
    let (file, kept) = (given.file(user, "theirs").await, given.file(other, "kept").await);
    let mut unit = given.inside(user).await;
    let unread = File { sha256: None, ..fill::file(user, recorded(&mut *unit, user).await, "unread") };
    unit.nodes().insert(&unread.clone().into()).await.unwrap();
    unit.commit().await.unwrap();
    given.mark_removed(user).await;

    assert_eq!(given.stored(user, file.id).await, None);
    assert_eq!(given.list(user, &FileFilter::default(), &newest(10)).await, []);
    let searched = FileFilter { name_contains: Some("the".to_owned()), ..FileFilter::default() };
    assert_eq!(given.list(user, &searched, &newest(10)).await, []);
    let walked = given.read().await.files().walk(None, 10).await.unwrap();
    assert_eq!(walked.iter().map(|file| file.id).collect::<Vec<FileId>>(), [kept.id]);
    let mut unit = given.unit().await;
    let files = unit.files();
    assert_eq!(files.find_for_update(&access_of(user), file.id).await.unwrap(), None);
    let updated = files.update(&file, file.revision).await;
    assert!(matches!(updated, Err(UpdateFile::Stale)), "{updated:?}");
    let failed = ThumbnailState::Failed { times: 1 };
    assert!(!files.set_thumbnail(file.id, file.blob, &failed).await.unwrap());
    assert!(!files.set_sha256(unread.id, unread.blob, Sha256::new([1; 32]), None).await.unwrap());
    assert_eq!(files.remove(&access_of(user), file.id).await.unwrap(), None);
    unit.commit().await.unwrap();
    assert_eq!(given.stored(other, kept.id).await, Some(kept));
}

pub(crate) async fn upload_23_uploads_of_a_user_who_is_marked_as_removed_are_answered_like_none<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (user, other) = (given.owner().await, given.owner().await);
    let expired = |owner| Upload { key: Some(key(1)), expires_at: at(5), ..fill::upload(owner) };
    let (upload, kept) = (given.upload(expired(user)).await, given.upload(expired(other)).await);
    given.mark_removed(user).await;

    assert_eq!(given.stored_upload(user, upload.id).await, None);
    let mut unit = given.unit().await;
    let uploads = unit.uploads();
    assert_eq!(uploads.find_for_update(&access_of(user), upload.id).await.unwrap(), None);
    assert_eq!(uploads.find_by_key(&access_of(user), &key(1)).await.unwrap(), None);
    let ended = Upload { status: UploadStatus::Expired, ..upload.clone() };
    let updated = uploads.update(&ended, upload.epoch).await;
    assert!(matches!(updated, Err(UpdateUpload::Fenced)), "{updated:?}");
    let found = uploads.expired(at(10), 1).await.unwrap();
    assert_eq!(found, [kept], "they take no place among those that are swept");
    unit.rollback().await.unwrap();
}

pub(crate) async fn key_18_every_key_of_a_user_who_is_marked_as_removed_is_free<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.owner().await;
    let file = given.file(user, "theirs").await;
    given.finished_key(user, key(1), &file).await;
    let held = KeyClaim { user, key: key(2), attempt: BlobId::new(uuid()), lease_until: at(60) };
    let mut unit = given.unit().await;
    assert_eq!(unit.keys().claim(&held, at(0)).await.unwrap(), Claimed::Held);
    unit.commit().await.unwrap();
    given.mark_removed(user).await;
    let mut unit = given.unit().await;
    for number in [1, 2, 3] {
        let claim = KeyClaim { user, key: key(number), attempt: BlobId::new(uuid()), lease_until: at(90) };
        assert_eq!(unit.keys().claim(&claim, at(1)).await.unwrap(), Claimed::Held, "key {number}");
    }
    unit.commit().await.unwrap();
}
