//! UOW, FILE, USER, BLOBROW and JOB: more rows than a page, and limits that are kept to the row.

use fm_domain::blobs::BlobIntent;
use fm_domain::files::{File, FileFilter, FilePage, FileSort, SortOrder};
use fm_domain::idempotency::{Claimed, KeyClaim};
use fm_domain::ids::{BlobId, JobId};
use fm_domain::jobs::NewJob;
use fm_domain::uploads::{Upload, UploadStatus};

use crate::fixture::database::{Given, given, stored};
use crate::fixture::{MANY, at, fill, uuid};
use crate::harness::DatabaseHarness;

/// As many as there are, and more.
const ALL: u32 = u32::MAX;

fn second(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}

pub(crate) async fn file_16_more_files_than_a_page_are_listed_and_walked_as_asked_for<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.inside(owner).await;
    let mut expected: Vec<File> = Vec::new();
    for number in 0..MANY {
        let file = File {
            created_at: at(second(number)),
            ..fill::file(owner, BlobId::new(uuid()), &format!("{number} of many"))
        };
        let file = File { blob: stored(&mut *unit, owner).await, ..file };
        unit.nodes().insert(&file.clone().into()).await.unwrap();
        expected.push(file);
    }
    unit.commit().await.unwrap();

    let page =
        |limit| FilePage { sort: FileSort::CreatedAt, order: SortOrder::Ascending, after: None, limit };
    let limit = u32::try_from(MANY - 1).unwrap();
    let listed = given.list(owner, &FileFilter::default(), &page(ALL)).await;
    assert!(listed == expected, "{} of {MANY} files were listed, or not in order", listed.len());
    assert_eq!(given.list(owner, &FileFilter::default(), &page(limit)).await.len(), MANY - 1, "all but one");
    assert_eq!(given.list(owner, &FileFilter::default(), &page(0)).await, [], "none");

    expected.sort_by_key(|file| file.id);
    let walked = given.read().await.files().walk(None, ALL).await.unwrap();
    assert!(walked == expected, "{} of {MANY} files were walked, or not in order", walked.len());
    assert_eq!(given.read().await.files().walk(None, limit).await.unwrap().len(), MANY - 1, "all but one");
    let ids: Vec<BlobId> = expected.iter().map(|file| file.blob).collect();
    assert_eq!(given.read().await.blobs().find(&ids).await.unwrap().len(), MANY, "the rows of their blobs");
}

pub(crate) async fn user_14_more_users_than_a_page_are_tallied<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let mut unit = given.unit().await;
    for _ in 0..MANY {
        unit.users().insert(&fill::user()).await.unwrap();
    }
    unit.commit().await.unwrap();
    let tallies = given.read().await.users().tally(None, ALL).await.unwrap();
    assert_eq!(tallies.len(), MANY);
    assert!(tallies.is_sorted_by_key(|tally| tally.user), "they are not in the order of their ids");
    let limit = u32::try_from(MANY - 1).unwrap();
    assert_eq!(given.read().await.users().tally(None, limit).await.unwrap().len(), MANY - 1, "all but one");
}

pub(crate) async fn blobrow_14_more_blobs_than_a_page_expire_and_are_due<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    for number in 0..MANY {
        let expires_at = at(second(number));
        unit.blobs().record_intent(&BlobIntent { expires_at, ..fill::intent(owner) }).await.unwrap();
    }
    unit.commit().await.unwrap();

    let most = u32::try_from(MANY).unwrap();
    let count = given.read().await.blobs().count_sweepable(at(9000), ALL).await.unwrap();
    assert_eq!((count.expired, count.due), (u64::from(most), 0));
    let mut unit = given.unit().await;
    let expired = unit.blobs().cancel_expired(at(9000), most - 1).await.unwrap();
    assert_eq!(expired.len(), MANY - 1, "all expired intents but one");
    assert_eq!(unit.blobs().cancel_expired(at(9000), ALL).await.unwrap().len(), 1, "the last one");
    assert_eq!(unit.blobs().due(at(9000), ALL).await.unwrap().len(), MANY, "all tombstones are due");
    assert_eq!(unit.blobs().due(at(9000), most - 1).await.unwrap().len(), MANY - 1, "all but one");
    unit.rollback().await.unwrap();
}

pub(crate) async fn key_11_more_keys_than_a_page_are_purged<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.owner().await;
    let mut unit = given.unit().await;
    for number in 0..MANY {
        let key = format!("key-{number}").parse().unwrap();
        let claim = KeyClaim { user, key, attempt: BlobId::new(uuid()), lease_until: at(60) };
        assert_eq!(unit.keys().claim(&claim, at(0)).await.unwrap(), Claimed::Held);
    }
    let most = u32::try_from(MANY).unwrap();
    assert_eq!(unit.keys().purge_expired(at(60), ALL).await.unwrap(), 0, "none, at the end of their leases");
    assert_eq!(unit.keys().purge_expired(at(61), most - 1).await.unwrap(), most - 1, "all but one");
    assert_eq!(unit.keys().purge_expired(at(61), ALL).await.unwrap(), 1);
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_16_more_uploads_than_a_page_expire_and_are_purged<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    for number in 0..MANY {
        let expires_at = at(second(number));
        unit.uploads().insert(&Upload { expires_at, ..fill::upload(owner) }).await.unwrap();
        let ended = Upload { status: UploadStatus::Expired, expires_at, ..fill::upload(owner) };
        unit.uploads().insert(&ended).await.unwrap();
    }
    let most = u32::try_from(MANY).unwrap();
    let expired = unit.uploads().expired(at(9000), ALL).await.unwrap();
    assert_eq!(expired.len(), MANY, "all open uploads");
    assert!(expired.is_sorted_by_key(|upload| upload.expires_at), "the longest expired do not come first");
    assert_eq!(unit.uploads().expired(at(9000), most - 1).await.unwrap().len(), MANY - 1, "all but one");
    assert_eq!(unit.uploads().purge_ended(at(9000), most - 1).await.unwrap(), most - 1, "all but one");
    assert_eq!(unit.uploads().purge_ended(at(9000), ALL).await.unwrap(), 1);
    unit.rollback().await.unwrap();
}

impl Given {
    /// Many committed jobs, each due a second after the one before.
    async fn many_jobs(&self) -> Vec<JobId> {
        let jobs: Vec<NewJob> =
            (0..MANY).map(|number| NewJob { run_at: at(second(number)), ..fill::job() }).collect();
        self.jobs(&jobs).await;
        jobs.iter().map(|job| job.id).collect()
    }
}

pub(crate) async fn job_22_more_jobs_than_a_page_are_listed_counted_and_claimed<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let jobs = given.many_jobs().await;
    assert_eq!(given.living_jobs().await, jobs.len() as u64);
    let mut reads = given.read().await;
    let listed = reads.jobs().list(None, None, ALL).await.unwrap();
    assert_eq!(listed.len(), MANY);
    assert!(listed.is_sorted_by_key(|job| job.id), "they are not in the order of their ids");
    let most = u32::try_from(MANY).unwrap();
    assert_eq!(reads.jobs().list(None, None, most - 1).await.unwrap().len(), MANY - 1, "all but one");
    let claimed = given.claim(at(9000), at(9060), most - 1).await;
    let ids: Vec<JobId> = claimed.iter().map(|job| job.id).collect();
    assert!(ids == jobs[..MANY - 1], "{} of {MANY} jobs were claimed, or not in order", ids.len());
    assert_eq!(given.claim(at(9000), at(9060), ALL).await.len(), 1, "the last one");
}
