#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use super::MakeThumbnail;
use crate::fixture::{enqueued, entered, handover, once, reads_of_job_file, sha256, unavailable};
use crate::jobs::MakePreview;
use crate::jobs::job::{Done, JobError};
use crate::jobs::rendering::MAX_SOURCE;
use crate::jobs::rendering::fixture::{
    LastUnit, Run, cancelling_intent, completing, recording_intent, taken_back,
};
use fm_domain::blobs::MarkStored;
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::files::{File, Placeholder, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::jobs::Enqueued;
use fm_domain::previews::{PictureFormat, PreviewSize};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_file};
use fm_domain::thumbnails::{RenderSpec, RenderThumbnail, Rendered};
use fm_streaming::PictureHandover;
use fm_streaming::meter::Metered;
use futures_util::{StreamExt as _, stream};

fn pending() -> File {
    File { thumbnail: ThumbnailState::Pending, ..a_file() }
}

fn job(failures: u32) -> MakeThumbnail {
    let file = a_file();
    MakeThumbnail { owner: file.owner, file: file.id, blob: file.blob, failures }
}

fn finding(file: Option<File>) -> Run {
    Run::of(RenderSpec::THUMBNAIL, |effects| reads_of_job_file(effects, file))
}

fn pointing(effects: &Effects, points: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.drives.expect_enter(), "enter", |drive, _, _| {
        assert_eq!(drive, a_file().drive());
        Ok(entered())
    });
    let noted = effects.clone();
    unit.files.expect_set_thumbnail().times(1).returning(move |_, of, state| {
        assert_eq!(of, a_file().blob);
        let is_ready = matches!(state, ThumbnailState::Ready { .. });
        assert_eq!(state.placeholder(), rendered().placeholder.filter(|_| is_ready));
        noted.note(state.as_str());
        Ok(points)
    });
    unit
}

fn storing(effects: &Effects, points: bool) -> FakeUnitOfWork {
    let mut unit = pointing(effects, points);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    unit
}

fn rendered() -> Rendered {
    Rendered {
        bytes: Bytes::from_static(b"png"),
        format: PictureFormat::Png,
        width: 64,
        height: 43,
        placeholder: Placeholder::new(&[7; 20]),
    }
}

#[tokio::test]
async fn it_is_marked_stored_before_the_drive_is_entered_pointed_to_and_done_in_one_unit() {
    let run = finding(Some(pending())).renders(Ok(rendered())).unit(recording_intent);
    let (outcome, seen) =
        run.unit(|effects| completing(effects, storing(effects, true), true)).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(
        seen,
        [
            "find",
            "get",
            "render",
            "record intent",
            "commit",
            "put thumbnails",
            "mark stored",
            "enter",
            "ready",
            "complete",
            "commit"
        ]
    );
}

#[tokio::test]
async fn where_previews_are_eager_the_small_one_is_enqueued_with_the_thumbnail() {
    let run = finding(Some(pending())).renders(Ok(rendered())).unit(recording_intent);
    let run = Run { eager_previews: true, ..run };
    let enqueuing = |effects: &Effects| {
        let mut unit = storing(effects, true);
        once!(effects, unit.jobs.expect_enqueue(), "enqueue", |job| {
            let (owner, original) = (a_file().owner, a_file().blob);
            let preview = MakePreview { owner, original, size: PreviewSize::Small };
            assert_eq!(enqueued::<MakePreview>(job), preview);
            Ok(Enqueued::Added)
        });
        completing(effects, unit, true)
    };
    let (outcome, seen) = run.unit(enqueuing).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen[6..], ["mark stored", "enter", "ready", "enqueue", "complete", "commit"]);

    // Of a picture that can't be decoded there is none.
    let failing = finding(Some(pending())).renders(Err(RenderThumbnail::TooLarge));
    let failing = Run { eager_previews: true, ..failing };
    let (_, seen) =
        failing.unit(|effects| completing(effects, pointing(effects, true), true)).end(&job(0)).await;
    assert_eq!(seen[3..], ["enter", "failed", "complete", "commit"]);
}

/// A handover with the bytes of a file of this content.
async fn offering(file: &File, content: &'static [u8]) -> PictureHandover {
    let (handover, _budget) = handover();
    let body: ByteStream = stream::iter([Ok(Bytes::from_static(content))]).boxed();
    let (copy, body) = handover.copy(file.owner, None, body);
    assert_eq!(body.count().await, 1);
    let size = ByteSize::new(content.len() as u64);
    let passed = Metered { size, sha256: sha256(content), charset: None };
    handover.offer(file.blob, copy.unwrap().finish(&passed).unwrap()).confirm();
    handover
}

#[tokio::test]
async fn a_picture_that_was_just_stored_is_not_read_from_the_store() {
    let file = File { size: ByteSize::new(4), sha256: Some(sha256(b"jpeg")), ..pending() };
    let run = finding(Some(file.clone())).renders(Ok(rendered())).unit(recording_intent);
    let run = Run { handover: offering(&file, b"jpeg").await, ..run };
    let (outcome, seen) =
        run.unit(|effects| completing(effects, storing(effects, true), true)).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen[..3], ["find", "render", "record intent"]);
}

#[tokio::test]
async fn a_picture_of_another_hash_is_read_from_the_store() {
    let file = File { size: ByteSize::new(4), sha256: Some(sha256(b"jpeg")), ..pending() };
    let run = finding(Some(file.clone())).renders(Ok(rendered())).unit(recording_intent);
    let run = Run { handover: offering(&file, b"gif8").await, ..run };
    let (outcome, seen) =
        run.unit(|effects| completing(effects, storing(effects, true), true)).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen[..3], ["find", "get", "render"]);
}

#[tokio::test]
async fn a_file_that_is_gone_replaced_or_served_already_is_left_alone() {
    let other = File { blob: BlobId::new(CountingIds::nth(8)), ..pending() };
    for found in [None, Some(other), Some(a_file())] {
        let (outcome, seen) = finding(found).end(&job(0)).await;
        assert!(matches!(outcome, Ok(Done::Moot)));
        assert_eq!(seen, ["find"]);
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_has_failed_and_the_job_is_done() {
    for refusal in [RenderThumbnail::Undecodable("broken".into()), RenderThumbnail::TooLarge] {
        let run = finding(Some(pending())).renders(Err(refusal));
        let (outcome, seen) =
            run.unit(|effects| completing(effects, pointing(effects, true), true)).end(&job(0)).await;
        assert!(matches!(outcome, Ok(Done::Completed)));
        assert_eq!(seen[3..], ["enter", "failed", "complete", "commit"]);
    }
}

#[tokio::test]
async fn a_picture_that_took_too_long_is_tried_once_more() {
    let (outcome, seen) = finding(Some(pending())).renders(Err(RenderThumbnail::TimedOut)).end(&job(0)).await;
    assert!(matches!(outcome, Err(JobError::Failed(_))));
    assert_eq!(seen, ["find", "get", "render"]);
    // One that failed before is not given a second try.
    for (attempt, failures) in [(2, 0), (1, 1)] {
        let late = finding(Some(pending())).renders(Err(RenderThumbnail::TimedOut));
        let late = Run { attempt, ..late };
        let late = late.unit(|effects| completing(effects, pointing(effects, true), true));
        let (outcome, seen) = late.end(&job(failures)).await;
        assert!(matches!(outcome, Ok(Done::Completed)));
        assert_eq!(seen[3..], ["enter", "failed", "complete", "commit"]);
    }
}

#[tokio::test]
async fn each_job_that_fails_is_counted() {
    for failures in [0, 1, 5] {
        let run = finding(Some(pending())).renders(Err(RenderThumbnail::TooLarge));
        let (outcome, _) = run
            .unit(|effects| {
                let mut unit = FakeUnitOfWork::noting(effects);
                unit.drives.expect_enter().return_once(|_, _, _| Ok(entered()));
                once!(effects, unit.files.expect_set_thumbnail(), "failed", |_, _, state| {
                    assert_eq!(*state, ThumbnailState::Failed { times: failures + 1 });
                    Ok(true)
                });
                completing(effects, unit, true)
            })
            .end(&job(failures))
            .await;
        assert!(matches!(outcome, Ok(Done::Completed)));
    }
}

#[tokio::test]
async fn a_renderer_that_fails_is_tried_again() {
    let (outcome, _) = finding(Some(pending())).renders(Err(unavailable().into())).end(&job(0)).await;
    assert!(matches!(outcome, Err(JobError::Store(_))));
}

#[tokio::test]
async fn a_picture_too_large_to_hold_is_not_even_read() {
    let run = finding(Some(File { size: ByteSize::new(MAX_SOURCE.bytes() + 1), ..pending() }));
    let (outcome, seen) =
        run.unit(|effects| completing(effects, pointing(effects, true), true)).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen, ["find", "enter", "failed", "complete", "commit"]);
}

#[tokio::test]
async fn a_thumbnail_that_came_too_late_is_taken_back() {
    // The file points to another blob; the lease was lost; the intent was cancelled.
    let replaced = |effects: &Effects| storing(effects, false);
    let lost = |effects: &Effects| completing(effects, storing(effects, true), false);
    let cancelled = |effects: &Effects| {
        // The drive is not entered.
        let mut unit = FakeUnitOfWork::noting(effects);
        once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Err(MarkStored::NoIntent));
        unit
    };
    let late: [(&str, LastUnit<'_>); 3] = [("moot", &replaced), ("lost", &lost), ("error", &cancelled)];
    taken_back(|| finding(Some(pending())).renders(Ok(rendered())), &job(0), &late).await;
}

fn renewing(effects: &Effects, held: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.blobs.expect_renew(), "renew", |_, _| Ok(held));
    unit
}

#[tokio::test(start_paused = true)]
async fn its_intent_is_renewed_while_it_is_written_slowly() {
    let mut run = finding(Some(pending())).renders(Ok(rendered())).unit(recording_intent);
    run.blobs.pause = Duration::from_secs(20);
    for _ in 0..2 {
        run = run.unit(|effects| renewing(effects, true));
    }
    let (outcome, seen) =
        run.unit(|effects| completing(effects, storing(effects, true), true)).end(&job(0)).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen[5..10], ["put thumbnails", "renew", "commit", "renew", "commit"]);
}

#[tokio::test(start_paused = true)]
async fn a_thumbnail_whose_intent_was_cancelled_while_it_was_written_is_taken_back() {
    let mut run = finding(Some(pending())).renders(Ok(rendered())).unit(recording_intent);
    run.blobs.pause = Duration::from_mins(10);
    let (outcome, seen) =
        run.unit(|effects| renewing(effects, false)).unit(cancelling_intent).end(&job(0)).await;
    assert!(matches!(outcome, Err(JobError::Store(_))));
    assert_eq!(seen[6..], ["renew", "rollback", "cancel intent", "commit", "delete thumbnails"]);
}

#[tokio::test]
async fn a_failed_put_is_taken_back_and_tried_again() {
    let mut run =
        finding(Some(pending())).renders(Ok(rendered())).unit(recording_intent).unit(cancelling_intent);
    run.blobs.refusal = Mutex::new(Some(unavailable().into()));
    let (outcome, seen) = run.end(&job(0)).await;
    assert!(matches!(outcome, Err(JobError::Store(_))));
    assert_eq!(seen[5..], ["put thumbnails", "cancel intent", "commit", "delete thumbnails"]);
}

#[tokio::test]
async fn bytes_that_are_missing_are_fine_only_when_their_file_is_gone() {
    for (now, fine) in [(None, true), (Some(pending()), false)] {
        let mut run = finding(Some(pending()));
        run.blobs.content = None;
        run.doubles.db = run.doubles.db.reads(reads_of_job_file(&run.effects, now));
        let (outcome, seen) = run.end(&job(0)).await;
        assert_eq!(matches!(outcome, Ok(Done::Moot)), fine);
        assert_eq!(matches!(outcome, Err(JobError::Failed(_))), !fine);
        assert_eq!(seen, ["find", "get", "find"]);
    }
}
