#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::RemakeThumbnail;
use crate::files::{FileView, ThumbnailError};
use crate::fixture::{access, actor, enqueued, entered, once};
use crate::jobs::{Job as _, MakeThumbnail};
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::blobs::BlobKey;
use fm_domain::files::{File, Revision, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::jobs::Enqueued;
use fm_domain::previews::{Preview, PreviewSize, PreviewState};
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, a_file};
use fm_domain::tree::Item;

fn finding(effects: &Effects, file: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    unit.drives.expect_enter().times(1).returning(|_, _, _| Ok(entered()));
    once!(effects, unit.nodes.expect_find(), "look", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(file.clone().map(Item::from))
    });
    unit
}

fn remaking(effects: &Effects, thumbnail: ThumbnailState) -> FakeUnitOfWork {
    let mut unit = finding(effects, Some(File { thumbnail, ..a_file() }));
    let noted = effects.clone();
    unit.blobs.expect_drop_references().returning(move |blobs, _| {
        noted.note("drop");
        Ok(blobs.iter().map(|blob| BlobKey::thumbnail(*blob)).collect())
    });
    once!(effects, unit.files.expect_set_thumbnail(), "pending", |_, of, state| {
        assert_eq!((of, *state), (a_file().blob, ThumbnailState::Pending));
        Ok(true)
    });
    for size in PreviewSize::ALL {
        let failed = Preview { original: a_file().blob, size, state: PreviewState::Failed };
        let noted = effects.clone();
        unit.previews.expect_remove().withf(move |preview| *preview == failed).times(1).returning(
            move |_| {
                noted.note(size.as_str());
                Ok(true)
            },
        );
    }
    let noted = effects.clone();
    unit.jobs.expect_enqueue().returning(move |job| {
        if job.kind == MakeThumbnail::kind() {
            assert_eq!(enqueued::<MakeThumbnail>(job).failures, thumbnail.failures());
        }
        noted.note(job.kind.as_str());
        Ok(Enqueued::AlreadyThere)
    });
    unit
}

async fn remake(unit: FakeUnitOfWork, accepts: bool) -> Result<FileView, ThumbnailError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    doubles.thumbnailer.expect_accepts().return_const(accepts);
    RemakeThumbnail::new(&doubles.ports(), &settings()).run(&actor(), a_file().id).await
}

#[tokio::test]
async fn the_old_thumbnail_is_marked_deleted_and_a_new_one_pending() {
    let effects = Effects::default();
    let old = ThumbnailState::Ready {
        blob: BlobId::new(CountingIds::nth(5)),
        width: 1,
        height: 1,
        placeholder: None,
    };
    let view = remake(remaking(&effects, old), true).await.unwrap();
    assert_eq!((view.file.thumbnail, view.thumbnail), (ThumbnailState::Pending, None));
    assert_eq!(view.file.revision, Revision::FIRST);
    assert_eq!(
        effects.seen(),
        ["look", "pending", "make_thumbnail", "drop", "purge_blob", "small", "medium", "commit"]
    );
}

#[tokio::test]
async fn a_failed_thumbnail_is_tried_again_and_so_are_failed_previews() {
    for state in [
        ThumbnailState::Failed { times: 0 },
        ThumbnailState::Failed { times: 1 },
        ThumbnailState::Pending,
        ThumbnailState::None,
    ] {
        let effects = Effects::default();
        assert!(remake(remaking(&effects, state), true).await.is_ok());
        assert_eq!(effects.seen(), ["look", "pending", "make_thumbnail", "small", "medium", "commit"]);
    }
}

#[tokio::test]
async fn a_thumbnail_that_failed_again_is_not_tried_any_more() {
    for times in [2, 3] {
        let effects = Effects::default();
        let failed = File { thumbnail: ThumbnailState::Failed { times }, ..a_file() };
        let outcome = remake(finding(&effects, Some(failed)), true).await;
        assert!(matches!(outcome, Err(ThumbnailError::NoThumbnail)));
        assert_eq!(effects.seen(), ["look", "rollback"]);
    }
}

#[tokio::test]
async fn what_is_no_picture_or_not_there_gets_no_job() {
    let effects = Effects::default();
    let outcome = remake(finding(&effects, Some(a_file())), false).await;
    assert!(matches!(outcome, Err(ThumbnailError::NoThumbnail)));
    assert!(matches!(remake(finding(&effects, None), true).await, Err(ThumbnailError::NotFound)));
    assert_eq!(effects.seen(), ["look", "rollback", "look", "rollback"]);
}
