//! Rows of trees as they are.

use fm_domain::archive::{ArchiveUnit, ArchivedBlob, ArchivedNode, ArchivedTrash, Snapshot};
use fm_domain::blobs::{BlobKey, BlobState};
use fm_domain::files::{ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, NodeId, OperationId, UserId};
use fm_domain::tree::{Item, Label, Operation, OperationStatus, Seq, Version};
use serde_json::json;

use super::archive_rules::{given, nodes, snapshot};
use crate::fixture::database::{Given, stored_thumbnail};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::ArchiveHarness;

pub(super) async fn rows<H: ArchiveHarness>(harness: &H) -> Box<dyn ArchiveUnit> {
    soon("opening a unit of rows", harness.archive().begin_rows()).await.unwrap()
}

/// All old versions of a drive, page by page.
async fn versions(snapshot: &mut dyn Snapshot, owner: UserId, limit: u32) -> Vec<Version> {
    let mut all: Vec<Version> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.file, last.number));
        let page = snapshot.versions(fill::drive(owner), after, limit).await.unwrap();
        let is_last = page.len() < limit as usize;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// All operations of a user, page by page.
async fn operations(snapshot: &mut dyn Snapshot, owner: UserId, limit: u32) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    loop {
        let after: Option<OperationId> = all.last().map(|last| last.id);
        let page = snapshot.operations(owner, after, limit).await.unwrap();
        let is_last = page.len() < limit as usize;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// A user with the items of two levels, of which some are in the trash; a folder that was put there has lost the folder that it was in.
pub(super) async fn family(given: &Given) -> UserId {
    let owner = given.owner().await;
    let root = fill::root(owner);
    let (outer, lost) = (given.folder(owner, root, "Ünal").await, given.folder(owner, root, "lost").await);
    let inner = given.folder(owner, lost.id, "inner").await;
    given.file_in(owner, outer.id, "living.txt").await;
    given.file_in(owner, inner.id, "below.txt").await;
    given.put_into_trash(owner, inner.id, 10).await;
    given.put_into_trash(owner, lost.id, 10).await;
    let mut unit = given.inside(owner).await;
    unit.nodes().remove(lost.id, 10).await.unwrap();
    unit.commit().await.unwrap();
    owner
}

pub(crate) async fn archive_12_rows_of_a_tree_are_written_as_they_were_read<H: ArchiveHarness>(harness: &H) {
    let given_first = given(harness);
    let owner = family(&given_first).await;
    let picture = given_first.file_in(owner, fill::root(owner), "picture.png").await;
    let mut unit = given_first.inside(owner).await;
    let blob = stored_thumbnail(&mut *unit, owner).await;
    let ready = ThumbnailState::Ready { blob, width: 64, height: 48, placeholder: fill::placeholder(28) };
    assert!(unit.files().set_thumbnail(picture.id, picture.blob, &ready).await.unwrap());
    unit.commit().await.unwrap();
    let user = given_first.account(owner).await.unwrap().user;
    let mut first = snapshot(harness).await;
    let (read, seq) = (nodes(&mut *first, owner, 100).await, first.seq(fill::drive(owner)).await.unwrap());
    assert!(read.iter().any(|node| matches!(node.trash, Some(ArchivedTrash::Top { .. }))), "{read:?}");
    assert!(read.iter().any(|node| matches!(node.trash, Some(ArchivedTrash::Below { .. }))), "{read:?}");
    assert!(read.iter().any(|node| node.trash.is_none()), "{read:?}");
    assert!(read.iter().all(|node| (1..=seq.number()).contains(&node.changed.number())), "{read:?}");
    assert_eq!(first.seq(fill::drive(UserId::new(uuid()))).await.unwrap(), Seq::default());

    let second = H::fresh().await;
    let mut unit = rows(&second).await;
    unit.users().insert(&user).await.unwrap();
    let thumbnail = ArchivedBlob { key: BlobKey::thumbnail(blob), owner, size: fill::bytes(12) };
    unit.rows().add_blobs(&[thumbnail], at(9)).await.unwrap();
    // What is in a folder may come before it.
    let backwards: Vec<ArchivedNode> = read.iter().rev().cloned().collect();
    unit.rows().add_nodes(&backwards).await.unwrap();
    unit.rows().set_seq(fill::drive(owner), seq).await.unwrap();
    assert_eq!(unit.rows().faults(10).await.unwrap(), []);
    unit.commit().await.unwrap();
    let mut written = snapshot(&second).await;
    assert_eq!(nodes(&mut *written, owner, 2).await, read);
    assert_eq!(written.seq(fill::drive(owner)).await.unwrap(), seq);

    // Names are what they were for those who ask by other means, too.
    let given = given(&second);
    assert_eq!(given.names_in(owner, fill::root(owner)).await, ["Ünal", "picture.png"]);
    let mut queries = given.read().await;
    let keys = [fill::name("ÜNAL").search_key(), fill::name("living.txt").search_key()];
    let found = queries.tree().resolve(&access_of(owner), fill::root(owner), &keys).await.unwrap();
    assert!(matches!(found, Some(Item::File(_))), "{found:?}");

    let mut unit = rows(&second).await;
    let again = async {
        unit.rows().add_nodes(&read[..1]).await?;
        unit.commit().await
    };
    assert!(again.await.is_err(), "a second item with one id");
}

pub(crate) async fn archive_13_old_versions_are_written_as_they_were_read<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let anothers = given.file_in(other, fill::root(other), "another's").await;
    given.versioned(other, &anothers).await;
    let mut expected = Vec::new();
    for name in ["a", "b", "in the trash"] {
        let file = given.file_in(owner, fill::root(owner), name).await;
        for number in [1, 3] {
            let mut version = Version::of(&file, at(10));
            version.number = VersionNumber::new(number);
            version.blob = BlobId::new(uuid());
            if number == 3 {
                version.label = Some("Käse ✓".parse::<Label>().unwrap());
                version.is_pinned = true;
                version.sha256 = None;
                version.content_type = fill::media_type("text/plain; charset=utf-8");
            }
            expected.push(version);
        }
    }
    let mut unit = rows(harness).await;
    unit.rows().add_versions(&expected).await.unwrap();
    unit.commit().await.unwrap();
    let trashed: NodeId = expected[5].file.into();
    given.put_into_trash(owner, trashed, 10).await;
    expected.sort_by_key(|version| (version.file, version.number));
    let mut snapshot = snapshot(harness).await;
    for limit in [1, 2, 5, 6, 100] {
        assert_eq!(versions(&mut *snapshot, owner, limit).await, expected, "pages of {limit}");
    }
    assert_eq!(versions(&mut *snapshot, UserId::new(uuid()), 10).await, []);
}

pub(crate) async fn archive_14_the_operations_of_a_user_come_and_no_others<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    given.operation(&fill::operation(other)).await;
    let ended = fill::operation(owner);
    let running = Operation {
        status: OperationStatus::Running,
        total: None,
        failed: Vec::new(),
        result: None,
        rest: json!({"left": [uuid().to_string()], "text": "\"Käse\""}),
        ended_at: None,
        ..fill::operation(owner)
    };
    given.operation(&running).await;
    given.operation(&ended).await;
    let mut expected = [ended, running];
    expected.sort_by_key(|operation| operation.id);
    let mut snapshot = snapshot(harness).await;
    for limit in [1, 2, 10] {
        assert_eq!(operations(&mut *snapshot, owner, limit).await, expected, "pages of {limit}");
    }
}

pub(crate) async fn archive_15_a_stored_blob_is_added_once<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (given.owner().await, given.owner().await);
    let there = given.file_in(owner, fill::root(owner), "there").await;
    let blob = |id, size| ArchivedBlob { key: BlobKey::file(id), owner: other, size: fill::bytes(size) };
    let (new, thumbnail) = (BlobId::new(uuid()), BlobId::new(uuid()));
    let mut unit = rows(harness).await;
    let small = ArchivedBlob { key: BlobKey::thumbnail(thumbnail), ..blob(thumbnail, 3) };
    let blobs = [blob(new, 5 << 40), small, blob(new, 5 << 40), blob(there.blob, 99)];
    unit.rows().add_blobs(&blobs, at(0)).await.unwrap();
    unit.rows().add_blobs(&blobs[..1], at(0)).await.unwrap();
    unit.commit().await.unwrap();
    let mut found = given.read().await.blobs().find(&[new, thumbnail, there.blob]).await.unwrap();
    found.sort_by_key(|record| record.key.id != there.blob);
    let states: Vec<(BlobKey, BlobState)> =
        found.into_iter().map(|record| (record.key, record.state)).collect();
    let stored = |size| BlobState::Stored { size: fill::bytes(size) };
    assert_eq!(states[0], (BlobKey::file(there.blob), stored(12)), "it stays as it is");
    for expected in [(BlobKey::file(new), stored(5 << 40)), (BlobKey::thumbnail(thumbnail), stored(3))] {
        assert!(states.contains(&expected), "{states:?}");
    }
    // Each has one reference.
    let mut unit = given.inside(other).await;
    let mut gone = unit.blobs().drop_references(&[new, thumbnail], at(9)).await.unwrap();
    gone.sort_unstable();
    let mut expected = [BlobKey::file(new), BlobKey::thumbnail(thumbnail)];
    expected.sort_unstable();
    assert_eq!(gone, expected);
    unit.rollback().await.unwrap();
}
