//! PREVIEW: previews of stored blobs.

use std::time::Duration;

use fm_domain::blobs::{BlobKey, BlobState};
use fm_domain::ids::{BlobId, UserId};
use fm_domain::previews::{PictureFormat, Preview, PreviewPicture, PreviewSize, PreviewState};

use crate::fixture::database::{Given, given, recorded, stored, stored_thumbnail};
use crate::fixture::preview::{failed, ready};
use crate::fixture::{at, soon, uuid};
use crate::harness::DatabaseHarness;

pub(crate) async fn preview_01_what_was_recorded_is_found_by_its_original_and_size<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let ((one, small), (other, medium)) = (given.picture(owner).await, given.picture(owner).await);
    let picture = |blob, format, width, height| PreviewPicture { blob, format, width, height };
    let recorded = [
        (one, PreviewSize::Small, PreviewState::Ready(picture(small, PictureFormat::Jpeg, 256, 171))),
        (one, PreviewSize::Medium, PreviewState::Ready(picture(medium, PictureFormat::Png, 1, 1_024))),
        (other, PreviewSize::Medium, PreviewState::Failed),
    ];
    for (original, size, state) in recorded {
        assert_eq!(given.preview(original, size).await, None, "before");
        assert!(given.record(&Preview { original, size, state }).await);
    }
    for (original, size, state) in recorded {
        assert_eq!(given.preview(original, size).await, Some(state));
    }
    for (what, original) in
        [("another size", other), ("a preview", small), ("what is unknown", BlobId::new(uuid()))]
    {
        assert_eq!(given.preview(original, PreviewSize::Small).await, None, "{what}");
    }
}

pub(crate) async fn preview_02_a_walk_gives_what_is_ready_once_by_the_blobs_of_previews<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (mut originals, mut blobs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (original, blob) = given.picture(owner).await;
        originals.push(original);
        blobs.push(blob);
    }
    originals.sort_unstable();
    blobs.sort_unstable();
    let medium = |preview| Preview { size: PreviewSize::Medium, ..preview };
    // In another order than their originals.
    let expected =
        [ready(originals[2], blobs[0]), medium(ready(originals[0], blobs[1])), ready(originals[0], blobs[2])];
    for preview in [expected[1], expected[2], expected[0], failed(originals[1], PreviewSize::Small)] {
        assert!(given.record(&preview).await);
    }
    let mut reads = given.read().await;
    for limit in [1, 2, 10] {
        let mut walked: Vec<Preview> = Vec::new();
        loop {
            let after = walked.last().and_then(|last| last.state.blob());
            let page = reads.previews().walk(after, limit).await.unwrap();
            assert!(page.len() <= limit as usize, "{limit} at most: {page:?}");
            if page.is_empty() {
                break;
            }
            walked.extend(page);
        }
        assert_eq!(walked, expected, "pages of {limit}");
    }
}

pub(crate) async fn preview_03_a_failure_makes_way_for_what_is_recorded_later<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (original, blob) = given.picture(owner).await;
    let failure = failed(original, PreviewSize::Small);
    for _again in 0..2 {
        assert!(given.record(&failure).await);
        assert_eq!(given.preview(original, PreviewSize::Small).await, Some(PreviewState::Failed));
    }
    let preview = ready(original, blob);
    assert!(given.record(&preview).await);
    assert_eq!(given.preview(original, PreviewSize::Small).await, Some(preview.state));
}

pub(crate) async fn preview_04_nothing_is_recorded_of_what_is_not_stored_nor_over_another_preview<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (original, blob) = given.picture(owner).await;
    let mut unit = given.unit().await;
    let (intent, gone) = (recorded(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    let other = stored_thumbnail(&mut *unit, owner).await;
    assert!(unit.blobs().mark_deleted(gone, at(5)).await.unwrap());
    unit.commit().await.unwrap();

    let mut unit = given.unit().await;
    let nowhere = [intent, gone, BlobId::new(uuid())];
    for original in nowhere {
        for preview in [ready(original, other), failed(original, PreviewSize::Small)] {
            assert!(!unit.previews().record(&preview).await.unwrap(), "{preview:?}");
        }
    }
    assert!(unit.previews().record(&ready(original, blob)).await.unwrap());
    assert!(unit.previews().record(&ready(original, blob)).await.unwrap(), "the same again");
    for preview in [ready(original, other), failed(original, PreviewSize::Small)] {
        assert!(!unit.previews().record(&preview).await.unwrap(), "{preview:?}");
    }
    assert!(unit.previews().record(&failed(original, PreviewSize::Medium)).await.unwrap(), "another size");
    unit.commit().await.unwrap();
    for original in nowhere {
        assert_eq!(given.preview(original, PreviewSize::Small).await, None);
    }
    assert_eq!(given.preview(original, PreviewSize::Small).await, Some(ready(original, blob).state));
    assert_eq!(given.preview(original, PreviewSize::Medium).await, Some(PreviewState::Failed));
}

/// Drops the last reference of this blob in a unit of its own, in the background.
fn dropping(given: &Given, original: BlobId) -> tokio::task::JoinHandle<Vec<BlobKey>> {
    let given = given.clone();
    tokio::spawn(async move {
        let drop_it = given.retry_conflicts(|unit| {
            Box::pin(async move { unit.blobs().drop_references(&[original], at(20)).await })
        });
        drop_it.await
    })
}

/// Records this in a unit of its own, in the background.
fn recording(given: &Given, preview: Preview) -> tokio::task::JoinHandle<bool> {
    let given = given.clone();
    tokio::spawn(async move {
        let record_it =
            given.retry_conflicts(|unit| Box::pin(async move { unit.previews().record(&preview).await }));
        record_it.await
    })
}

pub(crate) async fn preview_05_what_goes_waits_for_its_preview_and_takes_it_along<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (original, blob) = given.picture(owner).await;
    let mut unit = given.unit().await;
    assert!(unit.previews().record(&ready(original, blob)).await.unwrap());
    let waiting = dropping(&given, original);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "the original stays until the unit ends");
    unit.commit().await.unwrap();
    let mut gone = soon("a drop that waits for a preview", waiting).await.unwrap();
    gone.sort();
    let mut expected = [BlobKey::file(original), BlobKey::thumbnail(blob)];
    expected.sort();
    assert_eq!(gone, expected);
    assert_eq!(given.preview(original, PreviewSize::Small).await, None);

    // The other way round there is nothing left to make a preview of.
    let (original, blob) = given.picture(owner).await;
    let mut unit = given.unit().await;
    let gone = unit.blobs().drop_references(&[original], at(30)).await.unwrap();
    assert_eq!(gone, [BlobKey::file(original)]);
    let waiting = recording(&given, ready(original, blob));
    tokio::time::sleep(Duration::from_millis(100)).await;
    unit.commit().await.unwrap();
    assert!(!soon("a preview that waits for a drop", waiting).await.unwrap());
    assert_eq!(given.preview(original, PreviewSize::Small).await, None);
}

pub(crate) async fn preview_06_what_is_recorded_is_removed_only_while_it_is_the_same<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let ((original, blob), (_, other)) = (given.picture(owner).await, given.picture(owner).await);
    let (small, medium) = (ready(original, blob), failed(original, PreviewSize::Medium));
    for preview in [small, medium] {
        assert!(given.record(&preview).await);
    }
    let mut unit = given.unit().await;
    for preview in [
        ready(original, other),
        failed(original, PreviewSize::Small),
        Preview { size: PreviewSize::Medium, ..small },
        ready(other, blob),
    ] {
        assert!(!unit.previews().remove(&preview).await.unwrap(), "{preview:?}");
    }
    unit.commit().await.unwrap();
    assert_eq!(given.preview(original, PreviewSize::Small).await, Some(small.state));
    assert_eq!(given.preview(original, PreviewSize::Medium).await, Some(medium.state));

    let mut unit = given.unit().await;
    assert!(unit.previews().remove(&small).await.unwrap());
    assert!(!unit.previews().remove(&small).await.unwrap(), "it is gone");
    unit.commit().await.unwrap();
    assert_eq!(given.preview(original, PreviewSize::Small).await, None);
    assert_eq!(given.preview(original, PreviewSize::Medium).await, Some(medium.state), "another size");
    let blobs = given.read().await.blobs().find(&[original, blob]).await.unwrap();
    let stay = blobs.iter().filter(|record| matches!(record.state, BlobState::Stored { .. }));
    assert_eq!(stay.count(), 2, "both blobs stay: {blobs:?}");
    let mut unit = given.unit().await;
    assert!(unit.previews().remove(&medium).await.unwrap());
    unit.commit().await.unwrap();
    assert!(given.record(&ready(original, other)).await, "it can be made anew");
}

pub(crate) async fn preview_07_previews_go_with_the_last_reference_of_their_original<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let ((original, blob), (beside, _)) = (given.picture(owner).await, given.picture(owner).await);
    let mut unit = given.unit().await;
    assert!(unit.blobs().add_references(&[original]).await.unwrap());
    unit.commit().await.unwrap();
    assert!(given.record(&ready(original, blob)).await);
    assert!(given.record(&failed(original, PreviewSize::Medium)).await);
    let stays = given.previewed(owner, beside).await;
    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().drop_references(&[original], at(10)).await.unwrap(), []);
    unit.commit().await.unwrap();
    assert_eq!(given.preview(original, PreviewSize::Small).await, Some(ready(original, blob).state));

    let mut unit = given.unit().await;
    let mut gone = unit.blobs().drop_references(&[original], at(20)).await.unwrap();
    unit.commit().await.unwrap();
    gone.sort();
    let mut expected = [BlobKey::file(original), BlobKey::thumbnail(blob)];
    expected.sort();
    assert_eq!(gone, expected, "each once");
    for size in PreviewSize::ALL {
        assert_eq!(given.preview(original, size).await, None, "{size:?}");
    }

    let removed = removed_with_a_preview(&given).await;
    assert_eq!(given.preview(removed.original, PreviewSize::Small).await, None, "of a user who is gone");
    assert_eq!(given.preview(beside, PreviewSize::Small).await, Some(stays.state), "of another picture");
    let mut unit = given.unit().await;
    let later = [BlobKey::file(removed.original), key_of(&removed)];
    for (second, also) in [(20, &later[..0]), (30, &later[..])] {
        let due = unit.blobs().due(at(second), 10).await.unwrap();
        let mut due: Vec<BlobKey> = due.into_iter().map(|tombstone| tombstone.key).collect();
        due.sort();
        let mut expected = [&expected[..], also].concat();
        expected.sort();
        assert_eq!(due, expected, "due after {second} s");
    }
    unit.rollback().await.unwrap();
}

/// The key of the blob of a preview that is ready.
fn key_of(preview: &Preview) -> BlobKey {
    BlobKey::thumbnail(preview.state.blob().unwrap())
}

/// Removes what a user had; the preview of the one picture.
async fn removed_with_a_preview(given: &Given) -> Preview {
    let user: UserId = given.owner().await;
    let file = given.file(user, "picture.png").await;
    let preview = given.previewed(user, file.blob).await;
    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(user, at(25)).await.unwrap());
    unit.users().remove_contents(user, at(30), 100).await.unwrap();
    unit.commit().await.unwrap();
    preview
}
