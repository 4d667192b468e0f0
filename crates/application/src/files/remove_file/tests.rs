use super::{RemoveCommand, RemoveFile};
use crate::files::{EditError, IfMatch};
use crate::fixture::{access, actor, by_ada, lost_race, noted, once, reads_of_file, unavailable};
use crate::testing::TestPorts;
use fm_domain::access::Right;
use fm_domain::accounts::{Charge, ReserveBytes};
use fm_domain::audit::AuditAction;
use fm_domain::body::ByteSize;
use fm_domain::files::{File, Revision, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_file};

fn finding(effects: &Effects, file: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.files.expect_find_for_update(), "lock", |asked, _| {
        assert_eq!(*asked, access(Right::Delete));
        Ok(file.clone())
    });
    unit
}

fn removing(effects: &Effects, file: File) -> FakeUnitOfWork {
    let mut unit = finding(effects, Some(file.clone()));
    once!(effects, unit.keys.expect_free_file(), "free key", |_| Ok(()));
    unit.uploads.expect_remove_of_file().times(1).returning(|_| Ok(()));
    once!(effects, unit.files.expect_remove(), "remove", |asked, _| {
        assert_eq!(*asked, access(Right::Delete));
        Ok(Some(file.clone()))
    });
    let noted = effects.clone();
    unit.blobs.expect_mark_deleted().returning(move |_, _| {
        noted.note("mark deleted");
        Ok(true)
    });
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        noted.note(job.kind.as_str());
        Ok(Enqueued::Added)
    });
    unit
}

fn charging(effects: &Effects, file: File) -> FakeUnitOfWork {
    let mut unit = removing(effects, file);
    once!(effects, unit.users.expect_charge(), "charge", |_, charge, quota| {
        assert_eq!(*charge, Charge { free: ByteSize::new(5), files_removed: 1, ..Charge::default() });
        assert_eq!(quota, None);
        Ok(())
    });
    unit
}

async fn remove(
    units: impl IntoIterator<Item = FakeUnitOfWork>,
    if_match: Option<IfMatch>,
) -> Result<(), EditError> {
    let mut doubles = TestPorts::default();
    for unit in units {
        doubles.db = doubles.db.unit(unit);
    }
    let command = RemoveCommand { file: a_file().id, if_match };
    RemoveFile::new(&doubles.ports()).run(&actor(), command).await
}

#[tokio::test]
async fn the_file_goes_with_its_key_and_the_user_is_charged_last() {
    let effects = Effects::default();
    let unit = charging(&effects, a_file());
    let trail = unit.audit.clone();
    assert!(remove([unit], Some(IfMatch::Any)).await.is_ok());
    assert_eq!(noted(&trail), [by_ada(AuditAction::FILE_REMOVED, Some(a_file().id.uuid()))]);
    assert_eq!(
        effects.seen(),
        ["lock", "free key", "remove", "mark deleted", "purge_blob", "charge", "commit"]
    );
}

#[tokio::test]
async fn its_thumbnail_goes_too() {
    let effects = Effects::default();
    let thumbnail = ThumbnailState::Ready { blob: BlobId::new(CountingIds::nth(5)), width: 1, height: 1 };
    assert!(remove([charging(&effects, File { thumbnail, ..a_file() })], None).await.is_ok());
    assert_eq!(effects.seen()[3..7], ["mark deleted", "purge_blob", "mark deleted", "purge_blob"]);
}

#[tokio::test]
async fn what_is_not_there_or_has_changed_stays_as_it_is() {
    let effects = Effects::default();
    assert!(matches!(remove([finding(&effects, None)], None).await, Err(EditError::NotFound)));
    let other = Some(IfMatch::Revisions(vec![Revision::new(9)]));
    let outcome = remove([finding(&effects, Some(a_file()))], other).await;
    assert!(matches!(outcome, Err(EditError::PreconditionFailed)));
    assert_eq!(effects.seen(), ["lock", "rollback", "lock", "rollback"]);
}

#[tokio::test]
async fn a_user_who_is_gone_has_no_file() {
    let effects = Effects::default();
    let mut unit = removing(&effects, a_file());
    once!(effects, unit.users.expect_charge(), "charge", |_, _, _| Err(ReserveBytes::NoUser));
    assert!(matches!(remove([unit], None).await, Err(EditError::NotFound)));
    assert_eq!(effects.seen()[5..], ["charge", "rollback"]);
}

#[tokio::test]
async fn a_removal_that_lost_a_race_is_tried_again() {
    let effects = Effects::default();
    let mut lost = removing(&effects, a_file());
    once!(effects, lost.users.expect_charge(), "charge", |_, _, _| Err(lost_race().into()));
    assert!(remove([lost, charging(&effects, a_file())], None).await.is_ok());
    assert_eq!(effects.seen()[5..8], ["charge", "drop", "lock"]);
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_read_back() {
    for found in [None, Some(a_file())] {
        let effects = Effects::default();
        let happened = found.is_none();
        let mut doubles = TestPorts::default();
        let lost = charging(&effects, a_file()).committing_with(unavailable());
        doubles.db = doubles.db.unit(lost).reads(reads_of_file(&effects, found));
        let command = RemoveCommand { file: a_file().id, if_match: None };
        assert_eq!(RemoveFile::new(&doubles.ports()).run(&actor(), command).await.is_ok(), happened);
        assert_eq!(effects.seen()[5..], ["charge", "commit", "find"]);
    }
}
