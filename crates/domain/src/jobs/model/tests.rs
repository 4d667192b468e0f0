#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{JobKind, NewJob, Priority, Work};
use crate::blobs::BlobKey;
use crate::clock::Clock as _;
use crate::ids::{BlobId, JobId};
use crate::testing::{CountingIds, FixedClock, a_file, a_session, a_user};

fn all() -> [Work; 5] {
    let file = a_file();
    [
        Work::MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob },
        Work::VerifyBlob { owner: file.owner, file: file.id, blob: file.blob, promised: file.sha256 },
        Work::purge(BlobKey::thumbnail(file.blob)),
        Work::SweepBlobs,
        Work::RevokeSessions { user: a_user().id, but: Some(a_session().id), created_before: 5 },
    ]
}

#[test]
fn what_is_stored_is_read_back_and_named_by_its_kind() {
    for (work, kind) in all().into_iter().zip(JobKind::ALL) {
        assert_eq!(work.kind(), kind);
        let stored = serde_json::to_value(&work).unwrap();
        assert_eq!(stored["work"], kind.as_str());
        assert_eq!(serde_json::from_value::<Work>(stored).unwrap(), work);
    }
}

#[test]
fn equal_work_shares_a_name_and_other_work_does_not() {
    let names: std::collections::BTreeSet<String> = all().iter().map(Work::name).collect();
    assert_eq!(names.len(), 5);
    let other = Work::purge(BlobKey::thumbnail(BlobId::new(CountingIds::nth(9))));
    assert!(!names.contains(&other.name()));
    assert!(names.contains(&all()[0].name()));
}

#[test]
fn what_somebody_relies_on_goes_before_housekeeping_and_pictures_come_last() {
    let [picture, unread, purge, sweep, revoke] = all().map(|work| work.priority());
    assert!(revoke > purge && purge == sweep && sweep > picture && picture == unread);
    assert_eq!(revoke, Priority::HIGH);
}

#[test]
fn a_job_is_held_once_only_when_asked_to() {
    let job = NewJob::due(JobId::new(CountingIds::nth(1)), Work::SweepBlobs, FixedClock::NEW_YEAR.now());
    assert_eq!((job.unique.clone(), job.run_at), (None, FixedClock::NEW_YEAR.now()));
    assert_eq!(job.once().unique.as_deref(), Some("sweep_blobs"));
}
