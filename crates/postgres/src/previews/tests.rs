#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::previews::{PictureFormat, PreviewPicture};

use super::*;
use crate::plans::{filled, plan};

/// As many as there are blobs.
const MANY_PREVIEWS: &str = "
    INSERT INTO previews (original_id, size_name, blob_id, format, width, height)
    SELECT gen_random_uuid(), 'small', gen_random_uuid(), 'jpeg', 256, 171 FROM generate_series(1, 6000);
    INSERT INTO previews (original_id, size_name)
    SELECT original_id, 'medium' FROM previews;
    ANALYZE previews";

#[tokio::test]
async fn previews_are_walked_recorded_and_dropped_along_indexes() {
    let fixture = filled().await;
    fixture.client().await.batch_execute(MANY_PREVIEWS).await.unwrap();
    let some = BlobId::new(Uuid::from_u128(u128::MAX / 2));
    let picture = PreviewPicture { blob: some, format: PictureFormat::Jpeg, width: 256, height: 171 };
    let preview = Preview { original: some, size: PreviewSize::Small, state: PreviewState::Ready(picture) };
    let at = Timestamp::from_unix_seconds(1_767_400_000);
    for (plan, indexes) in [
        (plan(&fixture, walk(None, 500)).await, &["using previews_blob_id_key"][..]),
        (
            plan(&fixture, walk(Some(some), 500)).await,
            &["using previews_blob_id_key", "Index Cond: (blob_id >"],
        ),
        (plan(&fixture, record(&preview)).await, &["using blobs_pkey", "Arbiter Indexes: previews_pkey"]),
        (plan(&fixture, drop_of(vec![some.uuid(); 3], at)).await, &["previews_pkey", "blobs_pkey"]),
    ] {
        let is_short = indexes.iter().all(|index| plan.contains(index));
        assert!(is_short && !plan.contains("Seq Scan"), "{indexes:?}\n{plan}");
    }
}
