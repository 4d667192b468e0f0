//! UPLOAD: uploads one by one.

use std::time::Duration;

use fm_domain::access::{Access, Right};
use fm_domain::blobs::WriteId;
use fm_domain::files::{CharsetCheck, IfMatch, Revision, Sha256};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{FileId, NodeId, UploadId, UserId};
use fm_domain::tree::{OnConflict, Placing, Precondition, TreePath};
use fm_domain::uploads::{Epoch, HashState, Transport, UpdateUpload, Upload, UploadStatus, WriteState};

use crate::fixture::database::{Given, given};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

/// A place with something in every field.
fn placed(precondition: Precondition) -> Placing {
    Placing {
        parent: Some(NodeId::new(uuid())),
        path: TreePath::parse("名/'ÿ_%").unwrap(),
        on_conflict: OnConflict::Replace,
        precondition: Some(precondition),
        strict_parent: true,
        modified_at: Some(at(2).plus(Duration::from_micros(3))),
    }
}

/// An upload with something in every field.
fn full(owner: UserId) -> Upload {
    let mut hash = HashState::new();
    hash.update(&[0xfe; 100]);
    let mut charset_check = CharsetCheck::default();
    charset_check.update(b"half a character: \xe2\x82");
    Upload {
        transport: Transport::Direct,
        placing: placed(Precondition::Matches(IfMatch::Revisions(vec![
            Revision::FIRST,
            Revision::new(u64::MAX),
        ]))),
        name: fill::name(&format!("{} 'ÿ\u{10FFFD}%_;--\u{202e}\u{200b}.png", "名".repeat(235))),
        claimed_type: Some(fill::media_type("text/vnd.unheard-of; charset=windows-1252")),
        promised: Some(Sha256::new([0xff; 32])),
        metadata: "filename d29ybGQucGRm,is_confidential, \"'\\;--".to_owned(),
        key: Some(key(&"k~!".repeat(85))),
        length: Some(fill::bytes(5 << 40)),
        offset: fill::bytes((5 << 40) - 1),
        reserved: fill::bytes(6 << 40),
        epoch: Epoch::new(1 << 40),
        is_locked: true,
        state: Some(WriteState::new((0..=u8::MAX).cycle().take(70_000).collect())),
        write: Some(WriteId::new("2~a/Write+Id=.'\"".repeat(30))),
        hash,
        charset_check: Some(charset_check),
        head: (0..=u8::MAX).cycle().take(4100).collect(),
        created_at: at(0).plus(Duration::from_micros(1)),
        expires_at: at(1).plus(Duration::from_micros(999_999)),
        ..fill::upload(owner)
    }
}

impl Given {
    /// What becomes of an update: whether it was made.
    async fn update_upload(&self, upload: &Upload, seen: Epoch) -> bool {
        self.retry_conflicts(|unit| {
            let upload = upload.clone();
            Box::pin(async move {
                match unit.uploads().update(&upload, seen).await {
                    Ok(()) => Ok(true),
                    Err(UpdateUpload::Fenced) => Ok(false),
                    Err(UpdateUpload::Store(error)) => Err(error),
                }
            })
        })
        .await
    }
}

pub(crate) async fn upload_01_an_upload_is_read_back_as_written<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let bare = fill::upload(owner);
    let complete = Upload { status: UploadStatus::Complete(FileId::new(uuid())), ..fill::upload(owner) };
    let new = Placing { on_conflict: OnConflict::Fail, ..placed(Precondition::Free) };
    let expired = Upload { status: UploadStatus::Expired, placing: new, ..full(owner) };
    let any = placed(Precondition::Matches(IfMatch::Any));
    let replacing = Upload { placing: any, ..fill::upload(owner) };
    let foreign = placed(Precondition::Matches(IfMatch::Revisions(Vec::new())));
    let matching_none = Upload { placing: foreign, ..fill::upload(owner) };
    // A store with nothing to remember has begun the blob nevertheless.
    let begun = Upload { state: Some(WriteState::default()), ..fill::upload(owner) };
    for upload in [bare, begun, full(owner), complete, expired, replacing, matching_none] {
        given.upload(upload.clone()).await;
        assert_eq!(given.stored_upload(owner, upload.id).await.as_ref(), Some(&upload));
        let mut unit = given.unit().await;
        assert_eq!(unit.uploads().find_for_update(&access_of(owner), upload.id).await.unwrap(), Some(upload));
        unit.rollback().await.unwrap();
    }
    assert_eq!(given.stored_upload(owner, UploadId::new(uuid())).await, None, "an unknown id");
}

pub(crate) async fn upload_02_of_units_that_acquire_an_upload_at_once_one_does<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let upload = given.upload(fill::upload(owner)).await;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (given, mut taken, seen) = (given.clone(), upload.clone(), upload.epoch);
        units.spawn(async move {
            taken.acquire();
            given.update_upload(&taken, seen).await
        });
    }
    let acquired = soon("six units on one upload", units.join_all()).await;
    assert_eq!(
        acquired.into_iter().filter(|acquired| *acquired).count(),
        1,
        "how many units acquired the upload"
    );
    assert_eq!(given.stored_upload(owner, upload.id).await.unwrap().epoch, upload.epoch.next());
}

pub(crate) async fn upload_03_a_request_that_was_shut_out_changes_nothing<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let first = given.upload(fill::upload(owner)).await;
    let mut second = first.clone();
    second.acquire();

    let mut unit = given.unit().await;
    unit.uploads().update(&second, first.epoch).await.unwrap();
    let late = Upload { offset: fill::bytes(9), is_locked: false, ..first.clone() };
    let fenced = unit.uploads().update(&late, first.epoch).await;
    assert!(matches!(fenced, Err(UpdateUpload::Fenced)), "{fenced:?}");
    let unknown = Upload { id: UploadId::new(uuid()), ..first.clone() };
    let gone = unit.uploads().update(&unknown, first.epoch).await;
    assert!(matches!(gone, Err(UpdateUpload::Fenced)), "{gone:?}");
    unit.commit().await.unwrap();

    assert_eq!(given.stored_upload(owner, first.id).await.as_ref(), Some(&second), "it changed nothing");
    assert!(!given.update_upload(&late, first.epoch).await, "in a later unit");
    let third = Upload { offset: fill::bytes(3), ..second.clone() };
    assert!(given.update_upload(&third, second.epoch).await, "the request that acquired it goes on");
    assert_eq!(given.stored_upload(owner, first.id).await, Some(third));
}

pub(crate) async fn upload_04_an_update_replaces_all_but_id_owner_transport_key_and_creation<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let complete = UploadStatus::Complete(FileId::new(uuid()));
    for (from, to) in [
        (fill::upload(owner), full(owner)),
        (full(owner), fill::upload(owner)),
        (fill::upload(owner), Upload { status: complete, ..full(owner) }),
        (full(owner), Upload { status: UploadStatus::Expired, ..fill::upload(owner) }),
    ] {
        given.upload(from.clone()).await;
        assert!(given.update_upload(&Upload { id: from.id, owner: other, ..to.clone() }, from.epoch).await);
        let expected = Upload {
            id: from.id,
            owner,
            transport: from.transport,
            key: from.key.clone(),
            created_at: from.created_at,
            ..to
        };
        assert_eq!(given.stored_upload(owner, from.id).await, Some(expected));
    }
}

pub(crate) async fn upload_05_another_owners_upload_is_answered_like_none<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let upload = given.upload(fill::upload(owner)).await;
    assert_eq!(given.stored_upload(other, upload.id).await, None);
    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().find_for_update(&access_of(other), upload.id).await.unwrap(), None);
    for right in Right::ALL {
        let own = Access::on_behalf_of(owner, right);
        let own = unit.uploads().find_for_update(&own, upload.id).await.unwrap();
        assert_eq!(own.as_ref(), Some(&upload), "owners have the right to {}", right.name());
    }
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_06_the_latest_upload_with_a_key_is_found<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let of = |owner, text: &str, second| Upload {
        key: Some(key(text)),
        created_at: at(second),
        ..fill::upload(owner)
    };
    let latest = Upload { status: UploadStatus::Expired, ..of(owner, "key", 20) };
    for upload in [
        &latest,
        &of(owner, "key", 10),
        &of(owner, "KEY", 30),
        &of(owner, "key2", 30),
        &of(other, "key", 30),
        &Upload { created_at: at(30), ..fill::upload(owner) },
    ] {
        given.upload(upload.clone()).await;
    }

    let mut unit = given.unit().await;
    assert_eq!(
        unit.uploads().find_by_key(&access_of(owner), &key("key")).await.unwrap(),
        Some(latest.clone())
    );
    assert_eq!(unit.uploads().find_by_key(&access_of(owner), &key("none")).await.unwrap(), None);
    assert!(unit.uploads().remove(latest.id).await.unwrap());
    let before = unit.uploads().find_by_key(&access_of(owner), &key("key")).await.unwrap();
    assert_eq!(before.map(|upload| upload.created_at), Some(at(10)), "the one before the removed one");
    unit.rollback().await.unwrap();
}

pub(crate) async fn upload_07_of_units_that_lock_one_upload_each_sees_what_the_last_one_did<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let id = given.upload(fill::upload(owner)).await.id;
    let mut units = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let given = given.clone();
        units.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        let seen = unit.uploads().find_for_update(&access_of(owner), id).await?.unwrap();
                        tokio::task::yield_now().await;
                        let mut taken = seen.clone();
                        taken.acquire();
                        match unit.uploads().update(&taken, seen.epoch).await {
                            Err(UpdateUpload::Store(error)) => Err(error),
                            other => {
                                other.unwrap();
                                Ok(())
                            }
                        }
                    })
                })
                .await;
        });
    }
    soon("six units on one upload", units.join_all()).await;
    let epoch = given.stored_upload(owner, id).await.unwrap().epoch;
    assert_eq!(epoch, Epoch::new(6), "no unit missed another's change");
}

pub(crate) async fn upload_08_a_dropped_unit_leaves_uploads_as_they_were<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let (changed, removed) =
        (given.upload(fill::upload(owner)).await, given.upload(fill::upload(owner)).await);
    let fresh = fill::upload(owner);

    let mut unit = given.unit().await;
    unit.uploads().insert(&fresh).await.unwrap();
    let further = Upload { offset: fill::bytes(5), ..changed.clone() };
    unit.uploads().update(&further, changed.epoch).await.unwrap();
    unit.uploads().add_part(changed.id, &fill::part(1, 5)).await.unwrap();
    assert!(unit.uploads().remove(removed.id).await.unwrap());
    let within = unit.uploads().find_for_update(&access_of(owner), changed.id).await.unwrap();
    assert_eq!(within, Some(further), "a unit sees its own changes");
    soon("reading beside an open unit", async {
        assert_eq!(given.stored_upload(owner, fresh.id).await, None, "an uncommitted upload");
        assert_eq!(given.stored_upload(owner, changed.id).await.as_ref(), Some(&changed));
    })
    .await;
    drop(unit);

    let mut unit = given.unit().await;
    assert_eq!(unit.uploads().find_for_update(&access_of(owner), fresh.id).await.unwrap(), None);
    assert_eq!(unit.uploads().parts(changed.id).await.unwrap(), []);
    unit.rollback().await.unwrap();
    assert_eq!(given.stored_upload(owner, changed.id).await, Some(changed));
    assert_eq!(given.stored_upload(owner, removed.id).await, Some(removed));
}
