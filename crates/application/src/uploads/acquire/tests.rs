#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use fm_domain::access::Right;
use fm_domain::accounts::ReserveBytes;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::ids::FileId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, a_user, an_upload};
use fm_domain::uploads::{Epoch, UpdateUpload};

use super::*;
use crate::fixture::{access, lost_race, once, unavailable};
use crate::ports::Settings;
use crate::testing::settings;
use crate::uploads::fixture::{
    FakeStore, Rows, acquiring, context, doubles, finding, name_of, request, state, with_quota,
};

async fn acquire_among(
    effects: &Effects,
    units: Vec<FakeUnitOfWork>,
    settings: &Settings,
    request: AppendRequest,
) -> Result<Acquired, ResumableError> {
    let context = context(effects, doubles(units, []), settings);
    acquire(&context, &FakeStore::stepwise(effects), &access(Right::Write), &request).await
}

/// What a request for a found upload is refused with, before anything was written.
async fn refusal(found: Option<Upload>, settings: &Settings, request: AppendRequest) -> ResumableError {
    let effects = Effects::default();
    let outcome = acquire_among(&effects, vec![finding(&effects, found)], settings, request).await;
    assert_eq!(effects.seen(), ["find", "rollback"]);
    outcome.err().unwrap()
}

/// An upload whose length is not known yet.
fn deferred(offset: u64) -> Upload {
    Upload { length: None, offset: ByteSize::new(offset), reserved: ByteSize::new(offset), ..an_upload() }
}

fn declaring(offset: u64, length: u64) -> AppendRequest {
    AppendRequest { length: Some(ByteSize::new(length)), ..request(offset) }
}

#[tokio::test]
async fn an_unknown_upload_and_a_direct_one_are_not_found() {
    let direct = Upload { transport: Transport::Direct, ..an_upload() };
    for found in [None, Some(direct)] {
        assert!(matches!(refusal(found, &settings(), request(0)).await, ResumableError::NotFound));
    }
}

#[tokio::test]
async fn an_upload_whose_time_is_over_has_expired_whether_a_sweep_saw_it_or_not() {
    for expired in [
        Upload { status: UploadStatus::Expired, ..an_upload() },
        Upload { expires_at: FixedClock::NEW_YEAR.now(), ..an_upload() },
    ] {
        let refusal = refusal(Some(expired), &settings(), request(0)).await;
        assert!(matches!(refusal, ResumableError::Expired));
    }
}

#[tokio::test]
async fn a_wrong_offset_is_answered_with_the_right_one() {
    let upload = Upload { offset: ByteSize::new(3), ..an_upload() };
    let refusal = refusal(Some(upload), &settings(), request(2)).await;
    assert!(matches!(refusal, ResumableError::WrongOffset { offset } if offset == ByteSize::new(3)));
}

#[tokio::test]
async fn another_length_than_before_or_one_below_the_offset_is_a_conflict() {
    for (upload, request) in [(an_upload(), declaring(0, 6)), (deferred(3), declaring(3, 2))] {
        let refusal = refusal(Some(upload), &settings(), request).await;
        assert!(matches!(refusal, ResumableError::LengthConflict));
    }
}

#[tokio::test]
async fn a_body_that_can_not_fit_is_too_large_before_a_byte_is_read() {
    let small = Settings { max_resumable: ByteSize::new(7), ..settings() };
    let body = |offset, length| AppendRequest { body_length: Some(ByteSize::new(length)), ..request(offset) };
    let half = Upload { offset: ByteSize::new(2), ..an_upload() };
    for (upload, request, most) in [
        (half, body(2, 4), 5),
        (deferred(2), body(2, 6), 7),
        (deferred(2), body(2, u64::MAX), 7),
        (deferred(2), declaring(2, 8), 7),
    ] {
        let refusal = refusal(Some(upload), &small, request).await;
        let limit = ByteSize::new(most);
        assert!(matches!(refusal, ResumableError::Body(error) if error == BodyError::TooLarge { limit }));
    }
}

#[tokio::test]
async fn an_upload_that_is_a_file_is_answered_and_stays_as_it_is() {
    let effects = Effects::default();
    let file = FileId::new(CountingIds::nth(7));
    let complete = Upload { offset: ByteSize::new(5), status: UploadStatus::Complete(file), ..an_upload() };
    let units = vec![finding(&effects, Some(complete.clone()))];
    let outcome = acquire_among(&effects, units, &settings(), request(5)).await;
    assert!(matches!(outcome, Ok(Acquired::Complete(upload)) if upload == complete));
    assert_eq!(effects.seen(), ["find", "rollback"]);
}

#[tokio::test]
async fn the_epoch_is_raised_and_the_upload_locked() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, an_upload(), &rows)];
    let outcome = acquire_among(&effects, units, &settings(), declaring(0, 5)).await;
    let acquired = Upload { epoch: Epoch::FIRST.next(), is_locked: true, ..an_upload() };
    assert_eq!(rows.all(), [(acquired.clone(), Epoch::FIRST)]);
    assert!(matches!(outcome, Ok(Acquired::Open(upload)) if upload == acquired));
    assert_eq!(effects.seen(), ["find", "update", "commit"]);
}

#[tokio::test]
async fn the_state_of_a_locked_upload_is_rewound_and_that_of_a_free_one_kept() {
    for (is_locked, expected) in [(true, "kept<kept"), (false, "kept")] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let upload = Upload { is_locked, state: Some(state("kept")), ..an_upload() };
        let units = vec![acquiring(&effects, upload, &rows)];
        acquire_among(&effects, units, &settings(), request(0)).await.unwrap();
        assert_eq!(name_of(&rows.last().state.unwrap()), expected);
    }
}

/// The unit that acquires this upload, behind one that finds it, but is for the row of the upload alone.
fn behind(effects: &Effects, found: Upload, unit: FakeUnitOfWork) -> Vec<FakeUnitOfWork> {
    vec![finding(effects, Some(found)), unit]
}

/// Ada's upload with a key, an hour before its end.
fn late() -> Upload {
    let expires_at = FixedClock::NEW_YEAR.now().plus(Duration::from_hours(1));
    Upload { key: "k".parse().ok(), expires_at, ..an_upload() }
}

#[tokio::test]
async fn the_upload_lives_longer_and_so_do_its_intent_and_its_key() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let day = FixedClock::NEW_YEAR.now().plus(settings().upload_ttl);
    let mut unit = acquiring(&effects, late(), &rows);
    once!(effects, unit.blobs.expect_renew(), "renew intent", |blob, until| {
        assert_eq!(blob, an_upload().blob);
        assert!(until > day, "the upload expires before its intent");
        Ok(true)
    });
    once!(effects, unit.keys.expect_renew(), "renew key", |blob, until| {
        assert!(blob == an_upload().blob && until > day);
        Ok(true)
    });
    let units = behind(&effects, late(), unit);
    acquire_among(&effects, units, &settings(), request(0)).await.unwrap();
    assert_eq!(rows.last().expires_at, day);
    assert_eq!(effects.seen()[..2], ["find", "rollback"]);
    assert_eq!(effects.seen()[2..], ["find", "update", "renew intent", "renew key", "commit"]);
}

#[tokio::test]
async fn an_upload_whose_intent_is_lost_has_expired() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = acquiring(&effects, late(), &rows);
    once!(effects, unit.blobs.expect_renew(), "renew intent", |_, _| Ok(false));
    let units = behind(&effects, late(), unit);
    let outcome = acquire_among(&effects, units, &settings(), request(0)).await;
    assert!(matches!(outcome, Err(ResumableError::Expired)));
    assert_eq!(effects.seen()[2..], ["find", "update", "renew intent", "rollback"]);
}

#[tokio::test]
async fn an_upload_whose_key_is_lost_is_in_conflict() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = acquiring(&effects, late(), &rows);
    once!(effects, unit.blobs.expect_renew(), "renew intent", |_, _| Ok(true));
    once!(effects, unit.keys.expect_renew(), "renew key", |_, _| Ok(false));
    let units = behind(&effects, late(), unit);
    let outcome = acquire_among(&effects, units, &settings(), request(0)).await;
    assert!(matches!(outcome, Err(ResumableError::KeyConflict)));
    assert_eq!(effects.seen()[2..], ["find", "update", "renew intent", "renew key", "rollback"]);
}

#[tokio::test]
async fn a_length_that_is_declared_late_reserves_what_is_missing() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = acquiring(&effects, deferred(3), &rows);
    once!(effects, unit.users.expect_reserve(), "reserve", |user, bytes, quota| {
        assert_eq!((user, bytes, quota), (a_user().id, ByteSize::new(7), Some(ByteSize::new(100))));
        Ok(())
    });
    let units = behind(&effects, deferred(3), unit);
    acquire_among(&effects, units, &with_quota(100), declaring(3, 10)).await.unwrap();
    assert_eq!((rows.last().length, rows.last().reserved), (Some(ByteSize::new(10)), ByteSize::new(10)));
    assert_eq!(effects.seen()[2..], ["find", "update", "reserve", "commit"]);
}

#[tokio::test]
async fn a_declared_length_is_reserved_without_a_quota_of_the_configuration_too() {
    // The user may have a quota of their own.
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = acquiring(&effects, deferred(3), &rows);
    once!(effects, unit.users.expect_reserve(), "reserve", |_, bytes, quota| {
        assert_eq!((bytes, quota), (ByteSize::new(7), None));
        Ok(())
    });
    let units = behind(&effects, deferred(3), unit);
    acquire_among(&effects, units, &settings(), declaring(3, 10)).await.unwrap();
    assert_eq!(rows.last().reserved, ByteSize::new(10));
}

#[tokio::test]
async fn a_declared_length_that_passes_the_quota_changes_nothing() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = acquiring(&effects, deferred(3), &rows);
    once!(effects, unit.users.expect_reserve(), "reserve", |_, _, _| Err(ReserveBytes::QuotaExceeded));
    let units = behind(&effects, deferred(3), unit);
    let outcome = acquire_among(&effects, units, &with_quota(9), declaring(3, 10)).await;
    assert!(matches!(outcome, Err(ResumableError::QuotaExceeded)));
    assert_eq!(effects.seen()[2..], ["find", "update", "reserve", "rollback"]);
}

#[tokio::test]
async fn a_request_that_lost_the_race_for_the_lock_tries_again() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![
        acquiring(&effects, an_upload(), &rows).committing_with(lost_race()),
        acquiring(&effects, an_upload(), &rows),
    ];
    acquire_among(&effects, units, &settings(), request(0)).await.unwrap();
    assert_eq!(effects.seen(), ["find", "update", "commit", "find", "update", "commit"]);
}

#[tokio::test]
async fn an_upload_that_changed_since_it_was_found_is_looked_at_again() {
    let effects = Effects::default();
    let mut outrun = finding(&effects, Some(an_upload()));
    once!(effects, outrun.uploads.expect_update(), "update", |_, _| Err(lost_race().into()));
    let longer = Upload { offset: ByteSize::new(3), ..an_upload() };
    let units = vec![outrun, finding(&effects, Some(longer))];
    let outcome = acquire_among(&effects, units, &settings(), request(0)).await;
    assert!(matches!(outcome, Err(ResumableError::WrongOffset { offset }) if offset == ByteSize::new(3)));
    assert_eq!(effects.seen(), ["find", "update", "drop", "find", "rollback"]);
}

#[tokio::test]
async fn an_upload_that_another_request_has_meanwhile_is_taken_over() {
    let effects = Effects::default();
    let mut unit = finding(&effects, Some(an_upload()));
    once!(effects, unit.uploads.expect_update(), "update", |_, _| Err(UpdateUpload::Fenced));
    let outcome = acquire_among(&effects, vec![unit], &settings(), request(0)).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })));
    assert_eq!(effects.seen(), ["find", "update", "rollback"]);
}

/// Another request may have the upload by then, under the very same epoch.
#[tokio::test]
async fn a_lost_answer_to_the_commit_is_not_read_back() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let unit = acquiring(&effects, an_upload(), &rows).committing_with(unavailable());
    let outcome = acquire_among(&effects, vec![unit], &settings(), request(0)).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen(), ["find", "update", "commit"]);
}
