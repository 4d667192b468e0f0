#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::accounts::ReserveBytes;
use fm_domain::body::BodyError;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock};
use fm_domain::uploads::UpdateUpload;

use super::*;
use crate::fixture::{lost_race, once, unavailable};
use crate::ports::Settings;
use crate::testing::settings;
use crate::uploads::fixture::{
    FakeStore, Fault, Rows, acquired, begun_with, context, doubles, reads_of, saving, state, with_quota,
};

/// What the request before has saved.
fn saved() -> Upload {
    begun_with(acquired(), "hel")
}

/// The same, one byte on.
fn reached() -> Upload {
    Upload { state: Some(state("kept+1")), ..begun_with(acquired(), "hell") }
}

/// Saves `reached` after `saved`; what became of it, and of the release after it.
async fn save_and_release(
    effects: &Effects,
    (units, reads): (Vec<FakeUnitOfWork>, Option<FakeReads>),
    (settings, store): (&Settings, &FakeStore),
    (saved, mut reached): (Upload, Upload),
) -> Result<(), ResumableError> {
    let context = context(effects, doubles(units, reads), settings);
    let mut checkpoints = Checkpoints::new(&context, store, saved);
    let outcome = checkpoints.save(&mut reached, false).await;
    if let Err(error) = &outcome {
        checkpoints.release(&reached, error, false).await.unwrap();
    }
    outcome
}

/// Saves `reached` after `saved`, without a quota.
async fn save(
    effects: &Effects,
    unit: FakeUnitOfWork,
    store: FakeStore,
    reached: Upload,
) -> Result<(), ResumableError> {
    save_and_release(effects, (vec![unit], None), (&settings(), &store), (saved(), reached)).await
}

#[tokio::test]
async fn what_the_store_needs_no_more_is_pruned_after_the_commit() {
    let (effects, rows) = (Effects::default(), Rows::default());
    save(&effects, saving(&effects, &rows), FakeStore::stepwise(&effects), reached()).await.unwrap();
    assert_eq!(rows.all(), [(reached(), reached().epoch)]);
    assert_eq!(effects.seen(), ["update", "commit", "prune kept kept+1"]);
}

#[tokio::test]
async fn a_state_that_stays_the_same_is_not_pruned() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let same = Upload { state: saved().state, ..reached() };
    save(&effects, saving(&effects, &rows), FakeStore::stepwise(&effects), same).await.unwrap();
    assert_eq!(effects.seen(), ["update", "commit"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_while_it_prunes_harms_nothing() {
    for (fault, seconds) in [(Fault::Unavailable, 0), (Fault::Hang, 5)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let store = FakeStore::stepwise(&effects).failing("prune", fault);
        let started = tokio::time::Instant::now();
        save(&effects, saving(&effects, &rows), store, reached()).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), seconds);
        assert_eq!(rows.last(), reached());
    }
}

#[tokio::test]
async fn what_is_not_saved_prunes_nothing() {
    let effects = Effects::default();
    let mut unit = FakeUnitOfWork::noting(&effects);
    once!(effects, unit.uploads.expect_update(), "update", |_, _| Err(UpdateUpload::Fenced));
    let outcome = save(&effects, unit, FakeStore::stepwise(&effects), reached()).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })));
    assert_eq!(effects.seen(), ["update", "rollback"]);
}

#[tokio::test]
async fn the_reservation_of_an_unknown_length_grows_with_the_bytes() {
    let unknown =
        |upload: Upload, reserved| Upload { length: None, reserved: ByteSize::new(reserved), ..upload };
    for (settings, quota) in [(with_quota(9), Some(ByteSize::new(9))), (settings(), None)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let mut unit = saving(&effects, &rows);
        once!(effects, unit.users.expect_reserve(), "reserve", |user, bytes, seen| {
            assert_eq!((user, bytes, seen), (saved().owner, ByteSize::new(1), quota));
            Ok(())
        });
        let uploads = (unknown(saved(), 3), unknown(reached(), 3));
        let store = FakeStore::stepwise(&effects);
        save_and_release(&effects, (vec![unit], None), (&settings, &store), uploads).await.unwrap();
        assert_eq!(rows.last().reserved.bytes(), 4);
        assert_eq!(effects.seen().last().unwrap(), "prune kept kept+1");
    }
}

#[tokio::test]
async fn bytes_that_pass_the_quota_are_not_saved_and_the_upload_is_free_again() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.users.expect_reserve(), "reserve", |_, _, _| Err(ReserveBytes::QuotaExceeded));
    let uploads = (Upload { length: None, ..saved() }, Upload { length: None, ..reached() });
    let store = FakeStore::stepwise(&effects);
    let units = vec![unit, saving(&effects, &rows)];
    let outcome = save_and_release(&effects, (units, None), (&with_quota(3), &store), uploads).await;
    assert!(matches!(outcome, Err(ResumableError::QuotaExceeded)));
    assert_eq!(effects.seen(), ["update", "reserve", "rollback", "update", "commit"]);
    assert_eq!((rows.last().offset, rows.last().is_locked), (saved().offset, false));
}

#[tokio::test]
async fn an_upload_that_grows_lives_longer_and_so_does_its_intent() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let soon = FixedClock::NEW_YEAR.now().plus(Duration::from_hours(1));
    let mut unit = saving(&effects, &rows);
    once!(effects, unit.blobs.expect_renew(), "renew intent", |_, until| {
        assert!(until > FixedClock::NEW_YEAR.now().plus(settings().upload_ttl));
        Ok(true)
    });
    let uploads = (Upload { expires_at: soon, ..saved() }, Upload { expires_at: soon, ..reached() });
    let store = FakeStore::stepwise(&effects);
    save_and_release(&effects, (vec![unit], None), (&settings(), &store), uploads).await.unwrap();
    assert_eq!(rows.last().expires_at, FixedClock::NEW_YEAR.now().plus(settings().upload_ttl));
    assert_eq!(effects.seen(), ["update", "renew intent", "commit", "prune kept kept+1"]);
}

#[tokio::test]
async fn an_upload_is_free_after_a_request_unless_it_is_whole() {
    for (bytes, is_end, is_locked) in [("hell", false, true), ("hell", true, false), ("hello", true, true)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let context = context(&effects, doubles([saving(&effects, &rows)], []), &settings());
        let store = FakeStore::stepwise(&effects);
        let mut checkpoints = Checkpoints::new(&context, &store, saved());
        checkpoints.save(&mut begun_with(acquired(), bytes), is_end).await.unwrap();
        assert_eq!(rows.last().is_locked, is_locked, "{bytes} {is_end}");
    }
}

#[tokio::test]
async fn a_save_that_lost_a_race_is_tried_again() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![saving(&effects, &rows).committing_with(lost_race()), saving(&effects, &rows)];
    let store = FakeStore::stepwise(&effects);
    let outcome =
        save_and_release(&effects, (units, None), (&settings(), &store), (saved(), reached())).await;
    outcome.unwrap();
    assert_eq!(effects.seen(), ["update", "commit", "update", "commit", "prune kept kept+1"]);
}

/// Where the answer stays unknown the upload is not released either: bytes that were saved would be taken back.
#[tokio::test]
async fn a_save_whose_answer_was_lost_is_read_back() {
    let elsewhere = Upload { epoch: reached().epoch.next(), ..reached() };
    for (found, is_saved) in [(reached(), true), (saved(), false), (elsewhere, false)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let unit = saving(&effects, &rows).committing_with(unavailable());
        let reads = Some(reads_of(&effects, Some(found)));
        let store = FakeStore::stepwise(&effects);
        let uploads = (saved(), reached());
        let outcome = save_and_release(&effects, (vec![unit], reads), (&settings(), &store), uploads).await;
        assert_eq!(outcome.is_ok(), is_saved);
        assert!(matches!(outcome, Ok(()) | Err(ResumableError::Store(PortError::Unavailable(_)))));
        let pruned = is_saved.then_some("prune kept kept+1");
        assert_eq!(
            effects.seen(),
            ["update", "commit", "look"].into_iter().chain(pruned).collect::<Vec<_>>()
        );
    }
}

/// A last save may have nothing new but that the upload is free, and what the store has to remember.
#[tokio::test]
async fn a_save_without_new_bytes_is_read_back_by_its_lock_and_state() {
    let free = Upload { is_locked: false, state: Some(state("kept+1")), ..saved() };
    let locked = Upload { is_locked: true, ..free.clone() };
    let before = Upload { state: saved().state, ..free.clone() };
    for (found, is_saved) in [(free.clone(), true), (locked, false), (before, false)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let unit = saving(&effects, &rows).committing_with(unavailable());
        let doubles = doubles([unit], [reads_of(&effects, Some(found))]);
        let context = context(&effects, doubles, &settings());
        let store = FakeStore::stepwise(&effects);
        let mut checkpoints = Checkpoints::new(&context, &store, saved());
        let outcome = checkpoints.save(&mut Upload { is_locked: true, ..free.clone() }, true).await;
        assert_eq!(outcome.is_ok(), is_saved);
        assert!(matches!(outcome, Ok(()) | Err(ResumableError::Store(PortError::Unavailable(_)))));
        assert!(!rows.last().is_locked);
    }
}

/// A unit of a single call may have been committed by the call.
#[tokio::test]
async fn a_call_whose_answer_was_lost_is_read_back_where_it_may_have_been_the_commit() {
    for (found, is_saved) in [(reached(), true), (saved(), false)] {
        let effects = Effects::default();
        let mut unit = FakeUnitOfWork::noting(&effects);
        once!(effects, unit.uploads.expect_update(), "update", |_, _| Err(unavailable().into()));
        let reads = Some(reads_of(&effects, Some(found)));
        let store = FakeStore::stepwise(&effects);
        let uploads = (saved(), reached());
        let outcome = save_and_release(&effects, (vec![unit], reads), (&settings(), &store), uploads).await;
        assert_eq!(outcome.is_ok(), is_saved);
        assert!(matches!(outcome, Ok(()) | Err(ResumableError::Store(PortError::Unavailable(_)))));
        let pruned = is_saved.then_some("prune kept kept+1");
        assert_eq!(effects.seen(), ["update", "drop", "look"].into_iter().chain(pruned).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_upload_is_released_as_it_was_saved_with_a_state_that_no_late_append_reaches() {
    for (is_answered, name) in [(false, "kept<kept+1"), (true, "kept")] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let context = context(&effects, doubles([saving(&effects, &rows)], []), &settings());
        let store = FakeStore::stepwise(&effects);
        let mut checkpoints = Checkpoints::new(&context, &store, saved());
        checkpoints.release(&reached(), &BodyError::Aborted.into(), is_answered).await.unwrap();
        let released = Upload { is_locked: false, state: Some(state(name)), ..saved() };
        assert_eq!(rows.all(), [(released, saved().epoch)]);
        assert_eq!(effects.seen(), ["update", "commit"]);
    }
}

#[tokio::test]
async fn appends_that_did_not_count_are_forgotten_at_the_release_if_all_were_answered() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![saving(&effects, &rows), saving(&effects, &rows), saving(&effects, &rows)];
    let context = context(&effects, doubles(units, []), &settings());
    let store = FakeStore::stepwise(&effects);
    let mut checkpoints = Checkpoints::new(&context, &store, saved());
    checkpoints.save_uncounted(&reached()).await.unwrap();
    let further = Upload { state: Some(state("kept+1+1")), ..reached() };
    checkpoints.save_uncounted(&further).await.unwrap();
    checkpoints.release(&further, &ResumableError::ChecksumMismatch, true).await.unwrap();
    assert_eq!(rows.states(), ["kept<kept+1", "kept<kept+1+1", "kept"]);
}

#[tokio::test]
async fn what_is_no_longer_the_requests_own_or_free_already_is_not_released() {
    let free = Upload { is_locked: false, ..saved() };
    for (saved, error) in [
        (saved(), ResumableError::TAKEN_OVER),
        (saved(), ResumableError::Expired),
        (free, BodyError::Aborted.into()),
    ] {
        let effects = Effects::default();
        let context = context(&effects, doubles([], []), &settings());
        let store = FakeStore::stepwise(&effects);
        Checkpoints::new(&context, &store, saved).release(&reached(), &error, false).await.unwrap();
        assert!(effects.seen().is_empty());
    }
}

#[tokio::test]
async fn appends_that_do_not_count_yet_are_saved_where_they_changed_the_state_alone() {
    for (store, expected) in
        [(FakeStore::stepwise as fn(&Effects) -> _, Some("kept<kept+1")), (FakeStore::pipelined, None)]
    {
        let (effects, rows) = (Effects::default(), Rows::default());
        let units: Vec<_> = expected.iter().map(|_| saving(&effects, &rows)).collect();
        let context = context(&effects, doubles(units, []), &settings());
        let store = store(&effects);
        let mut checkpoints = Checkpoints::new(&context, &store, saved());
        checkpoints.save_uncounted(&reached()).await.unwrap();
        assert_eq!(rows.states(), expected.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(rows.offsets(), expected.iter().map(|_| 3).collect::<Vec<_>>());
    }
}

#[test]
fn a_checkpoint_is_due_after_so_many_bytes() {
    let effects = Effects::default();
    let context = context(&effects, doubles([], []), &settings());
    let store = FakeStore::stepwise(&effects);
    let mut checkpoints = Checkpoints::new(&context, &store, saved());
    checkpoints.count(CHECKPOINT_BYTES - 1);
    assert!(!checkpoints.is_due());
    checkpoints.count(1);
    assert!(checkpoints.is_due());
    assert!(checkpoints.has_new_state(&reached()) && !checkpoints.has_new_state(&saved()));
}
