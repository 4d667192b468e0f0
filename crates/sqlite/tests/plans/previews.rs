//! The statements of previews.

use std::collections::BTreeMap;

use fm_domain::blobs::{BlobIntent, BlobKey, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::ids::{BlobId, UserId};
use fm_domain::previews::{PictureFormat, Preview, PreviewPicture, PreviewSize, PreviewState};
use fm_sqlite::SqliteDatabase;
use uuid::Uuid;

use crate::fill::NOW;

/// Makes a preview of a blob, asks for it, and lets both go.
pub(super) async fn previews(database: &SqliteDatabase) {
    let (original, blob) = (BlobId::new(Uuid::now_v7()), BlobId::new(Uuid::now_v7()));
    let picture = PreviewPicture { blob, format: PictureFormat::Png, width: 1, height: 1 };
    let preview = Preview { original, size: PreviewSize::Small, state: PreviewState::Ready(picture) };
    let failed = Preview { state: PreviewState::Failed, ..preview };
    let mut unit = database.begin().await.unwrap();
    for key in [BlobKey::file(original), BlobKey::thumbnail(blob)] {
        let intent = BlobIntent {
            key,
            owner: UserId::new(Uuid::now_v7()),
            reserved: ByteSize::ZERO,
            recorded_at: NOW,
            expires_at: NOW,
        };
        unit.blobs().record_intent(&intent).await.unwrap();
        unit.blobs().mark_stored(key.id, &StoredBlob { size: ByteSize::ZERO }).await.unwrap();
    }
    assert!(unit.previews().record(&preview).await.unwrap());
    assert!(!unit.previews().remove(&failed).await.unwrap());
    unit.commit().await.unwrap();
    let mut reads = database.read().await.unwrap();
    assert_eq!(reads.previews().find(original, PreviewSize::Small).await.unwrap(), Some(preview.state));
    assert_eq!(reads.previews().walk(None, 10).await.unwrap(), [preview]);
    let mut unit = database.begin().await.unwrap();
    let gone = unit.blobs().drop_references(&[original], NOW).await.unwrap();
    assert_eq!(gone, [BlobKey::file(original), BlobKey::thumbnail(blob)]);
    unit.commit().await.unwrap();
}

/// Those of a blob are found by it, and a page of all by one seek.
pub(super) fn previews_go_along_their_indexes(plans: &BTreeMap<String, Vec<String>>) {
    for (start, part, index) in [
        ("INSERT INTO previews", "ON CONFLICT", "SEARCH blobs USING PRIMARY KEY (id=?)"),
        ("DELETE FROM previews", "json_each", "SEARCH previews USING PRIMARY KEY (original=?)"),
        (
            "DELETE",
            "`previews`.`size_name` =",
            "SEARCH previews USING PRIMARY KEY (original=? AND size_name=?)",
        ),
        (
            "SELECT",
            "`previews`.`size_name` =",
            "SEARCH previews USING PRIMARY KEY (original=? AND size_name=?)",
        ),
    ] {
        let found = plans.iter().find(|(text, steps)| {
            text.starts_with(start) && text.contains(part) && steps.iter().any(|step| step == index)
        });
        assert!(found.is_some(), "{start} {part}: {index}");
    }
    let walk = plans.iter().find(|(text, _)| text.contains("ORDER BY `previews`.`blob`"));
    let (_, steps) = walk.unwrap();
    assert!(matches!(&steps[..], [seek] if seek.ends_with(" (blob>?)")), "{steps:?}");
}
