//! PREVIEW: previews of a database that can be moved.

use fm_domain::archive::BlobTally;
use fm_domain::blobs::BlobKey;
use fm_domain::previews::PreviewSize;

use super::archive_rows::rows;
use super::archive_rules::{given, snapshot};
use crate::fixture::preview::failed;
use crate::fixture::{at, fill};
use crate::harness::ArchiveHarness;

pub(crate) async fn preview_08_previews_count_as_references_and_go_with_originals_that_nothing_refers_to<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file_in(owner, fill::root(owner), "picture.png").await;
    let preview = given.previewed(owner, file.blob).await;
    assert!(given.record(&failed(file.blob, PreviewSize::Medium)).await);
    assert_eq!(snapshot(harness).await.wrong_references(None, 10).await.unwrap(), [], "all is counted");

    // No row refers to these bytes.
    let (lost, _) = given.picture(owner).await;
    let of_lost = given.previewed(owner, lost).await;
    assert!(given.record(&failed(lost, PreviewSize::Medium)).await);
    let mut unit = rows(harness).await;
    unit.rows().recount_references(at(70)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(snapshot(harness).await.wrong_references(None, 10).await.unwrap(), [], "as it is now");
    for size in PreviewSize::ALL {
        assert_eq!(given.preview(lost, size).await, None, "{size:?}");
    }
    assert_eq!(given.preview(file.blob, PreviewSize::Small).await, Some(preview.state));
    let blob = of_lost.state.blob().unwrap();
    let mut unit = given.unit().await;
    let due = unit.blobs().due(at(70), 10).await.unwrap();
    unit.rollback().await.unwrap();
    let due: Vec<BlobKey> = due.into_iter().map(|tombstone| tombstone.key).collect();
    for key in [BlobKey::file(lost), BlobKey::thumbnail(blob)] {
        assert!(due.contains(&key), "{key:?} of {due:?}");
    }

    // A blob whose preview is removed has lost its reference.
    let mut unit = given.unit().await;
    assert!(unit.previews().remove(&preview).await.unwrap());
    unit.commit().await.unwrap();
    let key = BlobKey::thumbnail(preview.state.blob().unwrap());
    let lost = BlobTally { key, recorded: 1, counted: 0 };
    assert_eq!(snapshot(harness).await.wrong_references(None, 10).await.unwrap(), [lost]);
}
