#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::audit::AuditEntry;
use fm_domain::blobs::BlobKey;
use fm_domain::clock::Clock as _;
use fm_domain::files::Sha256;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{
    CountingIds, Effects, FakeUnitOfWork, FixedClock, NotedTrail, a_file, a_user, an_upload,
};

use super::*;
use crate::fixture::{actor, by_ada, noted, once, unavailable};
use crate::testing::TestPorts;

const NOW: FixedClock = FixedClock::NEW_YEAR;

#[tokio::test]
async fn follow_ups_are_enqueued_in_the_unit_of_the_change_due_when_it_happened() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        assert_eq!(job.run_at, NOW.now());
        noted.note(job.kind.as_str());
        Ok(Enqueued::AlreadyThere)
    });
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    recorder.record(&mut unit, NOW.now(), Change::AccountRemoved { user: a_user().id }).await.unwrap();
    assert_eq!(effects.seen(), ["revoke_sessions", "remove_contents"]);
    recorder.record(&mut unit, NOW.now(), Change::AccountRenamed { user: a_user().id }).await.unwrap();
    assert_eq!(effects.seen().len(), 2, "nothing follows from a name");
}

#[tokio::test]
async fn jobs_with_a_head_start_are_due_later_and_the_entry_tells_when_it_happened() {
    let head_start = Duration::from_mins(1);
    let mut unit = FakeUnitOfWork::default();
    unit.jobs.expect_enqueue().times(2).returning(move |job| {
        assert_eq!(job.run_at, NOW.now().plus(head_start));
        Ok(Enqueued::Added)
    });
    let recorder = EventRecorder::new(&TestPorts::default().ports()).by(&actor());
    let change = Change::AccountRemoved { user: a_user().id };
    recorder.record_ahead(&mut unit, NOW.now(), head_start, change).await.unwrap();
    assert_eq!(noted(&unit.audit), [by_ada(AuditAction::ACCOUNT_REMOVED, None)]);
}

#[tokio::test]
async fn a_follow_up_that_cannot_be_enqueued_fails_the_unit() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.jobs.expect_enqueue(), "enqueue", |_| Err(unavailable()));
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    let change = Change::AccountRemoved { user: a_user().id };
    assert!(recorder.record(&mut unit, NOW.now(), change).await.is_err());
    assert_eq!(effects.seen(), ["enqueue"]);
}

/// What a recorder adds to a unit for this change.
async fn added(recorder: &EventRecorder, change: Change<'_>) -> Vec<AuditEntry> {
    let mut unit = FakeUnitOfWork::default();
    unit.jobs.expect_enqueue().returning(|_| Ok(Enqueued::Added));
    recorder.record(&mut unit, NOW.now(), change).await.unwrap();
    noted(&unit.audit)
}

#[tokio::test]
async fn changes_that_users_make_are_added_to_the_trail_in_their_unit() {
    let recorder = EventRecorder::new(&TestPorts::default().ports()).by(&actor());
    let (file, upload, user) = (a_file(), an_upload(), a_user().id);
    let (of_file, key) = (Some(file.id.uuid()), BlobKey::file(file.blob));
    let session = actor().session();
    let operation = OperationId::new(CountingIds::nth(7));
    let of_operation = Some(operation.uuid());
    for (change, action, target) in [
        (Change::AccountRegistered { user }, AuditAction::ACCOUNT_REGISTERED, None),
        (Change::AccountRenamed { user }, AuditAction::ACCOUNT_RENAMED, None),
        (Change::PasswordChanged { user, session }, AuditAction::PASSWORD_CHANGED, None),
        (Change::AccountRemoved { user }, AuditAction::ACCOUNT_REMOVED, None),
        (Change::FileCreated { file: &file }, AuditAction::FILE_UPLOADED, of_file),
        (Change::FileRenamed { file: &file }, AuditAction::FILE_RENAMED, of_file),
        (Change::ContentReplaced { file: &file }, AuditAction::FILE_REPLACED, of_file),
        (Change::FileRemoved { file: &file }, AuditAction::FILE_REMOVED, of_file),
        (Change::VersionChanged { file: &file }, AuditAction::VERSION_CHANGED, of_file),
        (Change::VersionsRemoved { file: &file }, AuditAction::VERSIONS_REMOVED, of_file),
        (Change::OperationBegun { operation, owner: user }, AuditAction::OPERATION_BEGUN, of_operation),
        (
            Change::OperationCancelled { operation, owner: user },
            AuditAction::OPERATION_CANCELLED,
            of_operation,
        ),
    ] {
        assert_eq!(added(&recorder, change).await, [by_ada(action, target)], "{change:?}");
    }
    let thumbnail = &file.thumbnail;
    for change in [
        Change::ContentsRemoved { user },
        Change::ContentHashed { file: &file, sha256: Sha256::new([1; 32]) },
        Change::ThumbnailChanged { file: file.id, blob: file.blob, thumbnail },
        Change::UploadCreated { upload: &upload },
        Change::UploadCompleted { upload: &upload, file: &file },
        Change::UploadCancelled { upload: &upload },
        Change::UploadExpired { upload: &upload },
        Change::BlobsMarkedDeleted { keys: &[key] },
    ] {
        assert_eq!(added(&recorder, change).await, [], "{change:?}");
    }
}

#[tokio::test]
async fn what_the_program_does_by_itself_has_no_actor() {
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    let removed = added(&recorder, Change::FileRemoved { file: &a_file() }).await;
    let by_ada = by_ada(AuditAction::FILE_REMOVED, Some(a_file().id.uuid()));
    assert_eq!(removed, [AuditEntry { actor: None, client: Client::default(), ..by_ada }]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_added_fails_the_unit() {
    let mut unit = FakeUnitOfWork::default();
    unit.audit = NotedTrail::failing_with(unavailable());
    let recorder = EventRecorder::new(&TestPorts::default().ports());
    let change = Change::AccountRenamed { user: a_user().id };
    assert!(recorder.record(&mut unit, NOW.now(), change).await.is_err());
}
