#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;

use super::MakePreview;
use crate::fixture::{once, unavailable};
use crate::jobs::job::{Done, Job as _, JobContext, JobError};
use crate::jobs::rendering::MAX_SOURCE;
use crate::jobs::rendering::fixture::{LastUnit, Run, completing, recording_intent, taken_back};
use crate::testing::{TestPorts, settings};
use fm_domain::blobs::{BlobKey, BlobRecord, BlobState, MarkStored};
use fm_domain::body::ByteSize;
use fm_domain::previews::{PictureFormat, Preview, PreviewPicture, PreviewSize, PreviewState};
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, a_file, a_user};
use fm_domain::thumbnails::{RenderSpec, RenderThumbnail, Rendered};

const FOUR: BlobState = BlobState::Stored { size: ByteSize::new(4) };

fn job() -> MakePreview {
    MakePreview { owner: a_user().id, original: a_file().blob, size: PreviewSize::Medium }
}

fn rendered() -> Rendered {
    Rendered {
        bytes: Bytes::from_static(b"a preview"),
        format: PictureFormat::Jpeg,
        width: 1024,
        height: 768,
        placeholder: None,
    }
}

fn reading(recorded: Option<PreviewState>, original: Option<BlobState>) -> Run {
    Run::of(RenderSpec::preview(PreviewSize::Medium), |_| reads(recorded, original))
}

/// Reads that find this preview, and this state of the original.
fn reads(recorded: Option<PreviewState>, original: Option<BlobState>) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.previews.expect_find().times(1).returning(move |asked, size| {
        assert_eq!((asked, size), (a_file().blob, PreviewSize::Medium));
        Ok(recorded)
    });
    reads.blobs.expect_find().returning(move |_| {
        let record = original.map(|state| BlobRecord { key: BlobKey::file(a_file().blob), state });
        Ok(record.into_iter().collect())
    });
    reads
}

fn recording(effects: &Effects, is_recorded: bool) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    let noted = effects.clone();
    unit.previews.expect_record().times(1).returning(move |preview: &Preview| {
        assert_eq!((preview.original, preview.size), (a_file().blob, PreviewSize::Medium));
        if let PreviewState::Ready(picture) = preview.state {
            let PreviewPicture { format, width, height, .. } = picture;
            assert_eq!((format, width, height), (PictureFormat::Jpeg, 1024, 768));
        }
        noted.note(if preview.state == PreviewState::Failed { "failed" } else { "ready" });
        Ok(is_recorded)
    });
    unit
}

fn storing(effects: &Effects, is_recorded: bool) -> FakeUnitOfWork {
    let mut unit = recording(effects, is_recorded);
    once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Ok(()));
    unit
}

#[tokio::test]
async fn it_is_marked_stored_recorded_and_done_in_one_unit() {
    let run = reading(None, Some(FOUR)).renders(Ok(rendered())).unit(recording_intent);
    let (outcome, seen) =
        run.unit(|effects| completing(effects, storing(effects, true), true)).end(&job()).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(
        seen,
        [
            "get",
            "render",
            "record intent",
            "commit",
            "put thumbnails",
            "mark stored",
            "ready",
            "complete",
            "commit"
        ]
    );
}

#[tokio::test]
async fn an_original_that_is_gone_or_has_its_preview_is_left_alone() {
    let gone = [None, Some(BlobState::Deleted), Some(BlobState::Intent)].map(|state| (None, state));
    let made = [(Some(PreviewState::Failed), Some(FOUR))];
    for (recorded, original) in gone.into_iter().chain(made) {
        let (outcome, seen) = reading(recorded, original).end(&job()).await;
        assert!(matches!(outcome, Ok(Done::Moot)));
        assert_eq!(seen, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_cannot_be_rendered_has_failed_and_the_job_is_done() {
    let failed = |effects: &Effects| completing(effects, recording(effects, true), true);
    for refusal in [RenderThumbnail::Undecodable("broken".into()), RenderThumbnail::TooLarge] {
        let (outcome, seen) = reading(None, Some(FOUR)).renders(Err(refusal)).unit(failed).end(&job()).await;
        assert!(matches!(outcome, Ok(Done::Completed)));
        assert_eq!(seen[2..], ["failed", "complete", "commit"]);
    }
    let huge = BlobState::Stored { size: ByteSize::new(MAX_SOURCE.bytes() + 1) };
    let (outcome, seen) = reading(None, Some(huge)).unit(failed).end(&job()).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen, ["failed", "complete", "commit"], "it is not even read");
}

#[tokio::test]
async fn a_picture_that_took_too_long_is_tried_once_more() {
    let late = || reading(None, Some(FOUR)).renders(Err(RenderThumbnail::TimedOut));
    let (outcome, _) = late().end(&job()).await;
    assert!(matches!(outcome, Err(JobError::Failed(_))));
    let again = Run { attempt: 2, ..late() };
    let (outcome, seen) =
        again.unit(|effects| completing(effects, recording(effects, true), true)).end(&job()).await;
    assert!(matches!(outcome, Ok(Done::Completed)));
    assert_eq!(seen[2..], ["failed", "complete", "commit"]);
}

#[tokio::test]
async fn a_renderer_that_fails_is_tried_again() {
    let (outcome, _) = reading(None, Some(FOUR)).renders(Err(unavailable().into())).end(&job()).await;
    assert!(matches!(outcome, Err(JobError::Store(_))));
}

#[tokio::test]
async fn a_preview_that_came_too_late_is_taken_back() {
    // The original is gone, or another job made the preview; the lease was lost; the intent was cancelled.
    let gone = |effects: &Effects| storing(effects, false);
    let lost = |effects: &Effects| completing(effects, storing(effects, true), false);
    let cancelled = |effects: &Effects| {
        // The original is not asked for.
        let mut unit = FakeUnitOfWork::noting(effects);
        once!(effects, unit.blobs.expect_mark_stored(), "mark stored", |_, _| Err(MarkStored::NoIntent));
        unit
    };
    let late: [(&str, LastUnit<'_>); 3] = [("moot", &gone), ("lost", &lost), ("error", &cancelled)];
    taken_back(|| reading(None, Some(FOUR)).renders(Ok(rendered())), &job(), &late).await;
}

#[tokio::test]
async fn bytes_that_are_missing_are_fine_only_when_their_blob_is_gone() {
    for (now, is_fine) in [(Some(BlobState::Deleted), true), (Some(FOUR), false)] {
        let mut run = reading(None, Some(FOUR));
        run.blobs.content = None;
        run.doubles.db = run.doubles.db.reads(reads(None, now));
        let (outcome, seen) = run.end(&job()).await;
        assert_eq!(matches!(outcome, Ok(Done::Moot)), is_fine);
        assert_eq!(matches!(outcome, Err(JobError::Failed(_))), !is_fine);
        assert_eq!(seen, ["get"]);
    }
}

#[tokio::test]
async fn a_dead_job_leaves_a_failure_which_goes_when_the_job_is_retried() {
    let context = JobContext::new(&TestPorts::default().ports(), &settings());
    let expected =
        Preview { original: a_file().blob, size: PreviewSize::Medium, state: PreviewState::Failed };
    let mut unit = FakeUnitOfWork::default();
    unit.previews.expect_record().times(1).returning(move |preview| {
        assert_eq!(*preview, expected);
        Ok(true)
    });
    unit.previews.expect_remove().times(1).returning(move |preview| {
        assert_eq!(*preview, expected);
        Ok(true)
    });
    job().buried(&context, &mut unit).await.unwrap();
    job().revived(&context, &mut unit).await.unwrap();
}
