//! UOW: units of work of a single call.

use fm_domain::body::ByteSize;

use crate::fixture::database::given;
use crate::fixture::{at, fill, soon};
use crate::harness::DatabaseHarness;

pub(crate) async fn uow_16_a_unit_of_a_single_call_is_kept_by_its_commit_and_a_refusal_changes_nothing<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    given.jobs(&[fill::job(), fill::job()]).await;
    let claimed = given.claim(at(1), at(60), 2).await;
    let intent = fill::intent(given.owner().await);
    let single = async || soon("beginning a unit of a single call", given.db.begin_single()).await.unwrap();

    let mut unit = single().await;
    unit.blobs().record_intent(&intent).await.unwrap();
    assert!(unit.jobs().complete(claimed[0].id, claimed[0].attempt).await.unwrap());
    unit.commit().await.unwrap();
    assert_eq!(given.living_jobs().await, 1, "it was committed");
    let found = given.read().await.blobs().find(&[intent.key.id]).await.unwrap();
    assert_eq!(found.len(), 1, "what was added before the call");

    let mut unit = single().await;
    let refused = unit.jobs().complete(claimed[1].id, claimed[1].attempt + 1).await.unwrap();
    assert!(!refused, "another attempt completed it");
    unit.rollback().await.unwrap();
    assert_eq!(given.living_jobs().await, 1, "a refusal changes nothing");

    let quota = Some(ByteSize::new(10));
    for (bytes, is_added) in [(5, true), (20, false)] {
        let intent = fill::intent(intent.owner);
        let mut unit = single().await;
        unit.blobs().record_intent(&intent).await.unwrap();
        let reserved = unit.users().reserve(intent.owner, ByteSize::new(bytes), quota).await;
        assert_eq!(reserved.is_ok(), is_added, "{reserved:?}");
        if is_added {
            unit.commit().await.unwrap();
        } else {
            unit.rollback().await.unwrap();
        }
        let found = given.read().await.blobs().find(&[intent.key.id]).await.unwrap();
        assert_eq!(!found.is_empty(), is_added, "what was added before a call goes with it");
    }
}
