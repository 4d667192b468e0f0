//! TREE: what goes with items that are removed, what drives count, and operations.

use std::collections::BTreeSet;

use fm_domain::accounts::StorageUse;
use fm_domain::blobs::BlobKey;
use fm_domain::files::{File, Sha256, ThumbnailState, VersionNumber};
use fm_domain::idempotency::{Claimed, FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, DriveId, FileId, OperationId, UserId};
use fm_domain::tree::{
    Delta, EnterDrive, Measure, Operation, OperationKind, OperationStatus, Removed, Version,
};
use fm_domain::uploads::{Upload, UploadStatus};
use serde_json::{Value, json};

use crate::fixture::database::{Given, given, stored, stored_thumbnail};
use crate::fixture::{access_of, at, fill, uuid};
use crate::harness::DatabaseHarness;

fn claim(user: UserId, key: &str, attempt: BlobId) -> KeyClaim {
    KeyClaim { user, key: key.parse().unwrap(), attempt, lease_until: at(3_600) }
}

impl Given {
    /// Claims a key for an attempt, in a unit of its own.
    async fn claimed(&self, user: UserId, key: &str, attempt: BlobId) -> Claimed {
        let mut unit = self.unit().await;
        let claimed = unit.keys().claim(&claim(user, key, attempt), at(1)).await.unwrap();
        unit.commit().await.unwrap();
        claimed
    }

    /// Remembers a file as what an upload with a key became.
    async fn finished_for(&self, user: UserId, key: &str, file: FileId) -> FinishedUpload {
        let attempt = self.attempt(user).await;
        assert_eq!(self.claimed(user, key, attempt).await, Claimed::Held);
        let upload = FinishedUpload { file, name: fill::name("sent"), sha256: Sha256::new([5; 32]) };
        let mut unit = self.unit().await;
        assert!(unit.keys().finish(attempt, &upload, at(3_600)).await.unwrap());
        unit.commit().await.unwrap();
        upload
    }

    /// A committed upload that became a file.
    async fn completed(&self, owner: UserId, file: FileId) -> Upload {
        self.upload(Upload { status: UploadStatus::Complete(file), ..fill::upload(owner) }).await
    }
}

pub(crate) async fn tree_27_what_is_removed_goes_with_its_keys_its_uploads_and_its_versions<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let (drive, root) = (fill::drive(owner), fill::root(owner));
    let top = given.folder(owner, root, "top").await;
    let apart = given.folder(owner, top.id, "apart").await;
    given.put_into_trash(owner, apart.id, 10).await;
    let beside = given.file_in(owner, root, "beside").await;
    let mut unit = given.unit().await;
    let (blob, small) = (stored(&mut *unit, owner).await, stored_thumbnail(&mut *unit, owner).await);
    let thumbnail = ThumbnailState::Ready { blob: small, width: 64, height: 48, placeholder: None };
    let picture = File { parent: top.id, thumbnail, ..fill::file(owner, blob, "picture") };
    let copy = File { parent: top.id, ..fill::file(owner, blob, "copy") };
    let delta = Delta { used: 24, files: 2, nodes: 2, ..Delta::default() };
    unit.drives().enter(drive, &delta, None).await.unwrap();
    unit.nodes().insert_many(&[picture.clone().into(), copy.into()]).await.unwrap();
    assert!(unit.blobs().add_references(&[blob]).await.unwrap());
    unit.commit().await.unwrap();
    let old = given.versioned(owner, &picture).await;
    let kept = given.versioned(owner, &beside).await;
    given.finished_for(owner, "made", picture.id).await;
    let other = given.finished_for(owner, "other", beside.id).await;
    // Its bytes were not read yet: the attempt that made it holds the key still.
    assert_eq!(given.claimed(owner, "running", blob).await, Claimed::Held);
    let upload = given.completed(owner, picture.id).await;
    let upload_beside = given.completed(owner, beside.id).await;

    given.put_into_trash(owner, top.id, 10).await;
    let mut unit = given.inside(owner).await;
    let Removed { measure, mut blobs } = unit.nodes().remove(top.id, 10).await.unwrap();
    unit.drives().charge(drive, &measure.out_of_drive(), None).await.unwrap();
    let gone = unit.blobs().drop_references(&blobs, at(80)).await.unwrap();
    unit.commit().await.unwrap();
    let held = Measure { nodes: 3, files: 2, bytes: fill::bytes(24), version_bytes: fill::bytes(12) };
    assert_eq!(measure, held);
    let mut expected = [blob, blob, small, old];
    expected.sort_unstable();
    blobs.sort_unstable();
    assert_eq!(blobs, expected, "once for each reference");
    let gone: BTreeSet<BlobKey> = gone.into_iter().collect();
    let expected: BTreeSet<BlobKey> =
        [BlobKey::file(blob), BlobKey::thumbnail(small), BlobKey::file(old)].into();
    assert_eq!(gone, expected);

    for key in ["made", "running"] {
        let attempt = given.attempt(owner).await;
        assert_eq!(given.claimed(owner, key, attempt).await, Claimed::Held, "the key {key} led to it");
    }
    let attempt = given.attempt(owner).await;
    assert_eq!(given.claimed(owner, "other", attempt).await, Claimed::Done(other), "of another file");
    assert!(given.stored_upload(owner, upload.id).await.is_none(), "it became what is gone");
    assert!(given.stored_upload(owner, upload_beside.id).await.is_some(), "of another file");
    let versions = given.read().await.tree().walk_versions(None, 10).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.blob).collect::<Vec<_>>(), [kept]);
    let trashed = given.trashed(owner, apart.id).await.unwrap();
    assert_eq!(trashed.item.parent(), Some(top.id), "the folder that it was in, which is gone");
    let (unit, entered) = given.entered(owner, &Delta::default()).await;
    assert_eq!(entered.nodes, given.nodes().await.len() as u64, "items are counted down as well");
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_28_operations_are_kept_until_they_have_ended_and_shown_to_their_owner_alone<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let (access, theirs) = (access_of(owner), access_of(other));
    let rest = json!({"item": {"trash": {"top": uuid().to_string()}}, "Käse": [1, null]});
    let id = OperationId::new(uuid());
    let begun = Operation::new(id, owner, OperationKind::Trash, None, rest, at(1));
    given.operation(&begun).await;
    let ended_at = |second| Operation { ended_at: Some(at(second)), ..fill::operation(owner) };
    let ended = [10, 20, 30].map(ended_at);
    for one in &ended {
        given.operation(one).await;
    }
    let mut reads = given.read().await;
    assert_eq!(reads.tree().operation(&access, id).await.unwrap(), Some(begun.clone()));
    assert_eq!(reads.tree().operation(&theirs, id).await.unwrap(), None, "of another owner");
    assert_eq!(reads.tree().operation(&access, OperationId::new(uuid())).await.unwrap(), None);

    let mut unit = given.unit().await;
    let operations = unit.operations();
    assert_eq!(operations.find_for_update(id).await.unwrap(), Some(begun.clone()));
    let done = Operation {
        id,
        owner: other,
        kind: OperationKind::Batch,
        total: None,
        created_at: at(5),
        ended_at: Some(at(40)),
        ..fill::operation(owner)
    };
    assert!(operations.update(&done).await.unwrap());
    assert!(!operations.update(&Operation { id: OperationId::new(uuid()), ..done.clone() }).await.unwrap());
    unit.commit().await.unwrap();
    let (kind, created_at) = (begun.kind, begun.created_at);
    let expected = Operation { owner, kind, created_at, ..done };
    let mut reads = given.read().await;
    assert_eq!(reads.tree().operation(&access, id).await.unwrap(), Some(expected.clone()));

    let running =
        Operation { status: OperationStatus::Running, ended_at: None, rest: Value::Null, ..expected };
    let mut unit = given.unit().await;
    let operations = unit.operations();
    assert!(operations.update(&running).await.unwrap());
    assert_eq!(operations.purge_ended(at(30), 1).await.unwrap(), 1, "at most the limit");
    assert_eq!(operations.purge_ended(at(30), 10).await.unwrap(), 1, "those that ended before");
    assert_eq!(operations.purge_ended(at(30), 10).await.unwrap(), 0);
    unit.commit().await.unwrap();
    let mut reads = given.read().await;
    let mut left = Vec::new();
    for one in [&ended[0], &ended[1], &ended[2], &running] {
        left.extend(reads.tree().operation(&access, one.id).await.unwrap());
    }
    assert_eq!(left, [ended[2].clone(), running]);
    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(owner, at(50)).await.unwrap());
    unit.commit().await.unwrap();
    let found = given.read().await.tree().operation(&access, id).await.unwrap();
    assert_eq!(found, None, "of a user who is marked as removed");
}

pub(crate) async fn tree_33_of_what_has_ended_the_oldest_makes_room_and_what_runs_is_counted<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let ended = |of, second| Operation { ended_at: Some(at(second)), ..fill::operation(of) };
    let own = [30, 10, 20].map(|second| ended(owner, second));
    let theirs = ended(other, 5);
    let running = [(), ()].map(|()| Operation {
        status: OperationStatus::Running,
        ended_at: None,
        ..fill::operation(owner)
    });
    for one in own.iter().chain(&running).chain([&theirs]) {
        given.operation(one).await;
    }
    for (keep, left) in [(3, [true, true, true]), (2, [true, false, true]), (0, [false; 3])] {
        let mut unit = given.unit().await;
        assert_eq!(unit.operations().make_room(owner, keep).await.unwrap(), 2, "those that run");
        unit.commit().await.unwrap();
        let mut reads = given.read().await;
        for (one, is_there) in own.iter().zip(left).chain(running.iter().map(|one| (one, true))) {
            let found = reads.tree().operation(&access_of(owner), one.id).await.unwrap();
            assert_eq!(found.is_some(), is_there, "{keep} are kept: {one:?}");
        }
        assert!(reads.tree().operation(&access_of(other), theirs.id).await.unwrap().is_some());
    }
    let mut unit = given.unit().await;
    assert_eq!(unit.operations().make_room(other, 1).await.unwrap(), 0, "none of another user");
    unit.rollback().await.unwrap();
}

pub(crate) async fn tree_29_a_drive_is_entered_once_a_unit_and_counts_as_its_deltas_say<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let drive = fill::drive(owner);
    let mut unit = given.unit().await;
    assert!(unit.users().set_quota(owner, Some(fill::bytes(100))).await.unwrap());
    unit.users().reserve(owner, fill::bytes(60), None).await.unwrap();
    assert!(unit.users().set_quota(owner, Some(fill::bytes(10))).await.unwrap());
    unit.commit().await.unwrap();
    let access = access_of(owner);
    let before = given.read().await.tree().drive(&access, drive).await.unwrap().unwrap();
    assert_eq!(before.storage.reserved, fill::bytes(60));

    // What was reserved may be used, whatever the quota is by now; and more may not, whatever quota is given.
    let delta = Delta { unreserve: fill::bytes(60), used: 60, files: 2, nodes: 3, ..Delta::default() };
    let (mut unit, entered) = given.entered(owner, &delta).await;
    let storage = StorageUse { used: fill::bytes(60), file_count: 2, ..StorageUse::default() };
    assert_eq!((entered.storage, entered.nodes, entered.seq), (storage, 4, before.seq.next()));
    let more = Delta { used: 1, ..Delta::default() };
    let refusal = unit.drives().charge(drive, &more, Some(fill::bytes(1_000))).await;
    assert!(matches!(refusal, Err(EnterDrive::QuotaExceeded { .. })), "{refusal:?}");
    let late = Delta { used: -10, trash: 5, versions: 7, files: -1, nodes: 2, ..Delta::default() };
    unit.drives().charge(drive, &late, None).await.unwrap();
    unit.commit().await.unwrap();
    let storage = StorageUse {
        used: fill::bytes(50),
        trash: fill::bytes(5),
        versions: fill::bytes(7),
        file_count: 1,
        ..StorageUse::default()
    };
    let found = given.read().await.tree().drive(&access, drive).await.unwrap().unwrap();
    assert_eq!((found.storage, found.nodes), (storage, 6), "with what was charged late");
    assert_eq!(found.seq, entered.seq, "a charge is no change of its own");

    let mut unit = given.unit().await;
    let refusal = unit.drives().enter(drive, &more, None).await;
    assert!(matches!(refusal, Err(EnterDrive::QuotaExceeded { .. })), "{refusal:?}");
    let unknown = unit.drives().enter(DriveId::of_user(UserId::new(uuid())), &Delta::default(), None).await;
    assert!(matches!(unknown, Err(EnterDrive::NoDrive)), "{unknown:?}");
    let entered = unit.drives().enter(drive, &Delta::default(), None).await.unwrap();
    assert_eq!((entered.seq, entered.nodes), (found.seq.next(), 6), "a refusal raises no number");
    unit.commit().await.unwrap();

    let far = -1_000_000;
    let delta =
        Delta { used: far, trash: far, versions: far, files: far, nodes: far, unreserve: fill::bytes(9) };
    let (unit, entered) = given.entered(owner, &delta).await;
    assert_eq!((entered.storage, entered.nodes), (StorageUse::default(), 0), "none goes below zero");
    unit.commit().await.unwrap();

    let mut unit = given.inside(owner).await;
    let again = unit.drives().enter(drive, &Delta::default(), None).await;
    assert!(matches!(again, Err(EnterDrive::Store(_))), "entered twice: {again:?}");
    unit.rollback().await.ok();
    let mut unit = given.unit().await;
    let outside = unit.drives().charge(drive, &Delta::default(), None).await;
    assert!(matches!(outside, Err(EnterDrive::Store(_))), "charged from outside: {outside:?}");
    unit.rollback().await.ok();
}

pub(crate) async fn tree_31_versions_of_one_file_are_no_others<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let root = fill::root(owner);
    let (one, other) = (given.file_in(owner, root, "one").await, given.file_in(owner, root, "other").await);
    let mut unit = given.inside(owner).await;
    let mut theirs = Vec::new();
    for number in [1, 2] {
        for file in [&one, &other] {
            let blob = stored(&mut *unit, owner).await;
            let held = File { blob, version: VersionNumber::new(number), ..file.clone() };
            let version = Version::of(&held, at(100));
            unit.versions().insert(&version).await.unwrap();
            if file.id == other.id {
                theirs.push(version);
            }
        }
    }
    let (first, second) = (VersionNumber::new(1), VersionNumber::new(2));
    let label = "kept".parse().ok();
    assert!(unit.versions().set(one.id, first, true, label).await.unwrap());
    assert_eq!(unit.versions().remove(one.id, &[first, second]).await.unwrap().len(), 2);
    assert_eq!(unit.versions().all(one.id).await.unwrap(), []);
    assert_eq!(unit.versions().all(other.id).await.unwrap(), theirs);
    assert_eq!(unit.versions().find(one.id, second).await.unwrap(), None);
    assert_eq!(unit.versions().find(other.id, second).await.unwrap().as_ref(), theirs.last());
    unit.commit().await.unwrap();
    let mut unit = given.inside(owner).await;
    match unit.versions().insert(&theirs[0]).await {
        Ok(()) => assert!(unit.commit().await.is_err(), "a second one with its number"),
        Err(_) => drop(unit),
    }
    let access = access_of(owner);
    let mut reads = given.read().await;
    assert_eq!(reads.tree().versions(&access, one.id, None, 10).await.unwrap(), []);
    assert_eq!(reads.tree().version(&access, one.id, first).await.unwrap(), None);
    assert_eq!(reads.tree().versions(&access, other.id, None, 1).await.unwrap(), theirs[1..]);
    given.put_into_trash(owner, other.id.into(), 10).await;
    let mut reads = given.read().await;
    assert_eq!(reads.tree().version(&access, other.id, first).await.unwrap(), None, "of a file in the trash");
}
