#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use fm_domain::blobs::BlobKey;
use fm_domain::clock::Clock as _;
use fm_domain::events::{Change, Event};
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::jobs::{JobKind, Priority};
use fm_domain::previews::PreviewSize;
use fm_domain::testing::{CountingIds, FixedClock, a_file, a_session, a_user, an_upload};
use fm_domain::uploads::Upload;

use super::JobRegistry;
use crate::engine::follow_ups::FollowUp;
use crate::jobs::{
    Job, Lane, MakePreview, MakeThumbnail, OtherBlob, PurgeBlob, RemoveContents, RevokeSessions, SweepBlobs,
    VerifyBlob, payload,
};

fn names(kinds: &[JobKind]) -> Vec<&str> {
    kinds.iter().map(JobKind::as_str).collect()
}

#[test]
fn housekeeping_is_a_lane_that_pictures_and_hashes_never_hold_up() {
    let registry = JobRegistry::standard();
    assert_eq!(
        names(&registry.kinds_of(Lane::Housekeeping)),
        ["revoke_sessions", "remove_contents", "run_operation", "purge_trash", "purge_blob", "sweep_blobs"]
    );
    assert_eq!(names(&registry.kinds_of(Lane::Bulk)), ["make_thumbnail", "make_preview", "verify_blob"]);
    assert_eq!(registry.kinds().len(), 9);
}

#[test]
fn what_is_relied_on_goes_before_housekeeping_and_pictures_come_last() {
    assert_eq!(RevokeSessions::PRIORITY, Priority::HIGH);
    assert_eq!((PurgeBlob::PRIORITY, SweepBlobs::PRIORITY), (Priority::NORMAL, Priority::NORMAL));
    assert_eq!(RemoveContents::PRIORITY, Priority::NORMAL);
    // Jobs of one lane: users have their turns among those of one priority alone.
    let bulk = [MakeThumbnail::PRIORITY, MakePreview::PRIORITY, VerifyBlob::PRIORITY];
    assert_eq!(bulk, [Priority::LOW; 3]);
    assert!(Priority::HIGH > Priority::NORMAL && Priority::NORMAL > Priority::LOW);
}

#[test]
fn equal_work_shares_a_name_and_other_work_does_not() {
    let file = a_file();
    let thumbnail = MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob, failures: 0 };
    let purge = PurgeBlob { blob: file.blob, thumbnail: true, others: Vec::new() };
    let preview = |size| MakePreview { owner: file.owner, original: file.blob, size };
    let names = BTreeSet::from([
        thumbnail.unique_name(),
        preview(PreviewSize::Small).unique_name(),
        preview(PreviewSize::Medium).unique_name(),
        VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised: None, is_copy: false }
            .unique_name(),
        purge.unique_name(),
        SweepBlobs {}.unique_name(),
        RemoveContents { user: a_user().id }.unique_name(),
        RevokeSessions { user: a_user().id, but: Some(a_session().id), created_before: 5 }.unique_name(),
    ]);
    assert_eq!(names.len(), 8);
    let other = PurgeBlob { blob: BlobId::new(CountingIds::nth(9)), thumbnail: true, others: Vec::new() };
    assert!(!names.contains(&other.unique_name()));
    assert!(names.contains(&thumbnail.clone().unique_name()));
    // Copies of a file ask for the same preview.
    let of_a_copy = MakePreview { owner: a_user().id, ..preview(PreviewSize::Small) };
    assert!(names.contains(&of_a_copy.unique_name()));
}

#[test]
fn a_later_job_of_one_name_takes_the_place_of_the_earlier() {
    let registry = JobRegistry::standard().with::<PurgeBlob>();
    assert_eq!(registry.kinds().len(), 9);
    assert_eq!(registry.kinds().last(), Some(&PurgeBlob::kind()));
}

fn after(change: Change<'_>) -> Vec<FollowUp> {
    let event = Event { at: FixedClock::NEW_YEAR.now(), change };
    JobRegistry::standard().follow_ups().of(&event).unwrap()
}

/// As the queue gets it: unique or not.
fn expected<J: Job>(job: &J, unique: Option<String>) -> FollowUp {
    let payload = payload::write(job).unwrap();
    FollowUp { kind: J::kind(), payload, priority: J::PRIORITY, owner: job.owner(), unique }
}

#[test]
fn a_picture_is_followed_by_its_thumbnail_once_and_other_files_by_nothing() {
    let plain = File { thumbnail: ThumbnailState::None, ..a_file() };
    let picture = File { thumbnail: ThumbnailState::Pending, ..a_file() };
    let job = MakeThumbnail { owner: picture.owner, file: picture.id, blob: picture.blob, failures: 0 };
    let follow_up = expected(&job, Some(job.unique_name()));
    assert_eq!(after(Change::FileCreated { file: &plain }), []);
    assert_eq!(after(Change::FileCreated { file: &picture }), std::slice::from_ref(&follow_up));
    assert_eq!(after(Change::ContentReplaced { file: &plain }), []);
    assert_eq!(after(Change::ContentReplaced { file: &picture }), [follow_up]);
    assert_eq!(after(Change::FileRenamed { file: &picture }), []);
    assert_eq!(after(Change::FileRemoved { file: &picture }), []);
}

#[test]
fn an_upload_without_a_hash_is_followed_by_its_verification_once() {
    let (hashed, unread) = (a_file(), File { sha256: None, ..a_file() });
    let upload = Upload { promised: hashed.sha256, ..an_upload() };
    assert_eq!(after(Change::UploadCompleted { upload: &upload, file: &hashed }), []);
    let job = VerifyBlob {
        owner: unread.owner,
        file: unread.id,
        blob: unread.blob,
        promised: upload.promised,
        is_copy: false,
    };
    let follow_up = expected(&job, Some(job.unique_name()));
    assert_eq!(after(Change::UploadCompleted { upload: &upload, file: &unread }), [follow_up]);
}

#[test]
fn blobs_that_are_marked_deleted_are_followed_by_one_purge_or_a_sweep_where_they_are_many() {
    let blob = a_file().blob;
    let (file, thumbnail) = (BlobKey::file(blob), BlobKey::thumbnail(blob));
    for (thumbnail, key) in [(false, file), (true, thumbnail)] {
        let purge = expected(&PurgeBlob { blob, thumbnail, others: Vec::new() }, None);
        assert_eq!(after(Change::BlobsMarkedDeleted { keys: &[key] }), [purge]);
    }
    let others = vec![OtherBlob { blob, thumbnail: true }];
    let purge = expected(&PurgeBlob { blob, thumbnail: false, others }, None);
    assert_eq!(after(Change::BlobsMarkedDeleted { keys: &[file, thumbnail] }), [purge]);
    assert_eq!(after(Change::BlobsMarkedDeleted { keys: &[file; 8] }).len(), 1);
    let sweep = expected(&SweepBlobs {}, None);
    assert_eq!(after(Change::BlobsMarkedDeleted { keys: &[file; 9] }), [sweep]);
}

#[test]
fn another_password_is_followed_by_the_end_of_the_other_sessions() {
    let (user, session, now) = (a_user().id, a_session().id, FixedClock::NEW_YEAR.now());
    let job = RevokeSessions { user, but: Some(session), created_before: now.unix_micros() };
    assert_eq!(after(Change::PasswordChanged { user, session }), [expected(&job, None)]);
}

#[test]
fn a_removed_account_is_followed_by_the_end_of_its_sessions_and_of_its_contents_and_then_by_a_sweep_of_its_own()
 {
    let user = a_user().id;
    let now = FixedClock::NEW_YEAR.now();
    let job = RevokeSessions { user, but: None, created_before: now.unix_micros() };
    let follow_ups = [expected(&job, None), expected(&RemoveContents { user }, None)];
    assert_eq!(after(Change::AccountRemoved { user }), follow_ups);
    assert_eq!(after(Change::ContentsRemoved { user }), [expected(&SweepBlobs {}, None)]);
}
