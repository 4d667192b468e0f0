#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::ids::FileId;
use fm_domain::testing::{CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, an_upload};

use super::*;
use crate::fixture::{actor, lost_race, once, unavailable};
use crate::testing::settings;
use crate::uploads::fixture::{context, doubles, finding, intent_cancelled, reads_of};

async fn cancel(
    effects: &Effects,
    units: Vec<FakeUnitOfWork>,
    reads: Option<FakeReads>,
) -> Result<(), ResumableError> {
    let context = context(effects, doubles(units, reads), &settings());
    CancelUpload::new(&context, Transport::Resumable).run(&actor(), an_upload().id).await
}

fn removed(effects: &Effects, mut unit: FakeUnitOfWork) -> FakeUnitOfWork {
    once!(effects, unit.uploads.expect_remove(), "remove", |id| {
        assert_eq!(id, an_upload().id);
        Ok(true)
    });
    unit
}

/// The unit that cancels an open upload without a key and a reservation.
fn cancelling_intent(effects: &Effects) -> FakeUnitOfWork {
    removed(effects, intent_cancelled(effects, finding(effects, Some(an_upload()))))
}

#[tokio::test]
async fn an_upload_that_can_not_be_cancelled_stays_as_it_is() {
    let over = Upload { expires_at: FixedClock::NEW_YEAR.now(), ..an_upload() };
    for (found, is_expired) in [
        (None, false),
        (Some(Upload { transport: Transport::Direct, ..an_upload() }), false),
        (Some(Upload { status: UploadStatus::Expired, ..an_upload() }), true),
        (Some(over), true),
    ] {
        let effects = Effects::default();
        let outcome = cancel(&effects, vec![finding(&effects, found)], None).await;
        assert_eq!(matches!(outcome, Err(ResumableError::Expired)), is_expired);
        assert_eq!(matches!(outcome, Err(ResumableError::NotFound)), !is_expired);
        assert_eq!(effects.seen(), ["find", "rollback"]);
    }
}

#[tokio::test]
async fn an_open_upload_gives_everything_back_and_the_user_comes_last() {
    let effects = Effects::default();
    let upload = Upload { key: "k".parse().ok(), reserved: ByteSize::new(5), ..an_upload() };
    let mut unit = removed(&effects, intent_cancelled(&effects, finding(&effects, Some(upload))));
    once!(effects, unit.keys.expect_free(), "free", |attempt| {
        assert_eq!(attempt, an_upload().blob);
        Ok(())
    });
    once!(effects, unit.users.expect_unreserve(), "unreserve", |user, bytes| {
        assert_eq!((user, bytes), (an_upload().owner, ByteSize::new(5)));
        Ok(())
    });
    cancel(&effects, vec![unit], None).await.unwrap();
    assert_eq!(effects.seen(), ["find", "cancel intent", "enqueue", "free", "remove", "unreserve", "commit"]);
}

#[tokio::test]
async fn a_blob_that_a_sweep_gave_up_before_is_purged_by_the_sweep() {
    let effects = Effects::default();
    let mut unit = removed(&effects, finding(&effects, Some(an_upload())));
    once!(effects, unit.blobs.expect_cancel_intent(), "cancel intent", |_, _| Ok(false));
    cancel(&effects, vec![unit], None).await.unwrap();
    assert_eq!(effects.seen(), ["find", "cancel intent", "remove", "commit"]);
}

#[tokio::test]
async fn of_an_upload_that_is_a_file_the_file_stays() {
    let effects = Effects::default();
    let status = UploadStatus::Complete(FileId::new(CountingIds::nth(7)));
    let complete = Upload { status, key: "k".parse().ok(), ..an_upload() };
    let unit = removed(&effects, finding(&effects, Some(complete)));
    cancel(&effects, vec![unit], None).await.unwrap();
    assert_eq!(effects.seen(), ["find", "remove", "commit"]);
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_is_read_back() {
    for found in [None, Some(an_upload())] {
        let effects = Effects::default();
        let units = vec![cancelling_intent(&effects).committing_with(unavailable())];
        let outcome = cancel(&effects, units, Some(reads_of(&effects, found.clone()))).await;
        assert_eq!(outcome.is_ok(), found.is_none());
        assert!(matches!(outcome, Ok(()) | Err(ResumableError::Store(PortError::Unavailable(_)))));
        assert_eq!(effects.seen()[4..], ["commit", "look"]);
    }
}

#[tokio::test]
async fn a_cancellation_that_lost_a_race_is_tried_again() {
    let effects = Effects::default();
    let units = vec![cancelling_intent(&effects).committing_with(lost_race()), cancelling_intent(&effects)];
    cancel(&effects, units, None).await.unwrap();
    assert_eq!(effects.seen().iter().filter(|effect| *effect == "commit").count(), 2);
}
