//! What rows of trees add up to.

use fm_domain::archive::{
    ArchivedNode, ArchivedTrash, BlobTally, DriveCounters, DriveTally, TreeFault, WrongPlace,
};
use fm_domain::blobs::{BlobKey, BlobState};
use fm_domain::files::File;
use fm_domain::ids::{BlobId, NodeId, UserId};
use fm_domain::tree::{Delta, Folder, Operation, OperationStatus};

use super::archive_rows::{family, rows};
use super::archive_rules::{archived, given, snapshot};
use crate::fixture::database::{Given, stored, stored_thumbnail};
use crate::fixture::{at, fill, uuid};
use crate::harness::ArchiveHarness;

pub(crate) async fn archive_16_counters_are_told_beside_what_rows_add_up_to_and_are_made_that<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let mut owners = [given.owner().await, given.owner().await, given.owner().await];
    owners.sort_unstable();
    let [owner, empty, removed] = owners;
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let living = given.file_in(owner, folder.id, "living").await;
    let trashed = given.file_in(owner, folder.id, "trashed").await;
    given.versioned(owner, &living).await;
    given.versioned(owner, &trashed).await;
    given.put_into_trash(owner, trashed.id.into(), 10).await;
    given.marked_as_removed(removed).await;
    let counted = DriveCounters {
        used: fill::bytes(48),
        trash: fill::bytes(24),
        versions: fill::bytes(12),
        files: 1,
        nodes: 4,
    };
    let right = DriveTally { drive: fill::drive(owner), recorded: counted, counted };
    let nothing = DriveCounters { nodes: 1, ..DriveCounters::default() };
    let untouched = DriveTally { drive: fill::drive(empty), recorded: nothing, counted: nothing };
    assert_eq!(snapshot(harness).await.tallies(None, 10).await.unwrap(), [right, untouched]);

    let wrong = Delta { used: 100, trash: 7, versions: 5, files: 3, nodes: 2, ..Delta::default() };
    let (mut unit, _) = given.entered(owner, &wrong).await;
    unit.users().reserve(owner, fill::bytes(33), None).await.unwrap();
    unit.commit().await.unwrap();
    let recorded = DriveCounters {
        used: fill::bytes(148),
        trash: fill::bytes(31),
        versions: fill::bytes(17),
        files: 4,
        nodes: 6,
    };
    let mut found = snapshot(harness).await;
    let first = found.tallies(None, 1).await.unwrap();
    assert_eq!(first, [DriveTally { recorded, ..right }]);
    assert_eq!(found.tallies(Some(first[0].drive), 10).await.unwrap(), [untouched]);

    let mut unit = rows(harness).await;
    for drive in [fill::drive(owner), fill::drive(empty), fill::drive(UserId::new(uuid()))] {
        unit.rows().recount_drive(drive).await.unwrap();
    }
    unit.commit().await.unwrap();
    assert_eq!(snapshot(harness).await.tallies(None, 10).await.unwrap(), [right, untouched]);
    assert_eq!(given.account(owner).await.unwrap().storage.reserved, fill::bytes(33), "of uploads under way");
}

/// The state of a blob.
async fn state(given: &Given, id: BlobId) -> Option<BlobState> {
    given.read().await.blobs().find(&[id]).await.unwrap().pop().map(|record| record.state)
}

pub(crate) async fn archive_17_references_are_told_beside_the_rows_that_refer_and_are_made_these<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let file = given.file_in(owner, fill::root(owner), "file").await;
    let old = given.versioned(owner, &file).await;
    let sound = given.file_in(owner, fill::root(owner), "fine").await;
    let mut unit = given.inside(owner).await;
    // A copy that is not counted, and a thumbnail and a content that nothing refers to.
    unit.nodes().insert(&fill::file(owner, file.blob, "copy").into()).await.unwrap();
    let lost = [stored(&mut *unit, owner).await, stored_thumbnail(&mut *unit, owner).await];
    assert!(unit.blobs().add_references(&[old, old]).await.unwrap());
    unit.commit().await.unwrap();
    let intent = given.attempt(owner).await;

    let tally = |key, recorded, counted| BlobTally { key, recorded, counted };
    let mut expected = [
        tally(BlobKey::file(file.blob), 1, 2),
        tally(BlobKey::file(old), 3, 1),
        tally(BlobKey::file(lost[0]), 1, 0),
        tally(BlobKey::thumbnail(lost[1]), 1, 0),
    ];
    expected.sort_by_key(|tally| tally.key.id);
    let mut found = snapshot(harness).await;
    assert_eq!(found.wrong_references(None, 10).await.unwrap(), expected);
    assert_eq!(found.wrong_references(Some(expected[1].key.id), 1).await.unwrap(), [expected[2]]);

    let mut unit = rows(harness).await;
    assert_eq!(unit.rows().recount_references(at(70)).await.unwrap(), 4);
    unit.commit().await.unwrap();
    assert_eq!(snapshot(harness).await.wrong_references(None, 10).await.unwrap(), []);
    for id in lost {
        assert_eq!(state(&given, id).await, Some(BlobState::Deleted));
    }
    assert_eq!(state(&given, intent).await, Some(BlobState::Intent));
    assert!(matches!(state(&given, sound.blob).await, Some(BlobState::Stored { .. })));
    let mut unit = given.unit().await;
    let due: Vec<BlobId> =
        unit.blobs().due(at(70), 10).await.unwrap().iter().map(|tombstone| tombstone.key.id).collect();
    assert_eq!(due.len(), 2, "{due:?}");
    // The two rows that share the content are counted: it outlives the first.
    assert_eq!(unit.blobs().drop_references(&[file.blob], at(71)).await.unwrap(), []);
    assert_eq!(unit.blobs().drop_references(&[file.blob], at(72)).await.unwrap(), [BlobKey::file(file.blob)]);
    unit.rollback().await.unwrap();
}

pub(crate) async fn archive_18_items_that_are_not_where_they_may_be_are_told<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    let (owner, other) = (family(&given).await, given.owner().await);
    assert_eq!(snapshot(harness).await.faults(10).await.unwrap(), [], "a sound tree");
    let file = given.file_in(owner, fill::root(owner), "file").await;
    let child = |parent: NodeId, name: &str| {
        archived(&File { parent, ..fill::file(owner, BlobId::new(uuid()), name) })
    };
    let folder = |id: NodeId, parent: NodeId, name: &str| ArchivedNode {
        item: Folder { id, ..fill::folder(owner, parent, name) }.into(),
        ..archived(&file)
    };
    let (one, two) = (NodeId::new(uuid()), NodeId::new(uuid()));
    let circle = [folder(one, two, "one"), folder(two, one, "two")];
    let below_a_file = child(file.id.into(), "below a file");
    let of_another = child(fill::root(other), "in another drive");
    let mismarked = ArchivedNode {
        trash: Some(ArchivedTrash::Below { top: two }),
        ..child(fill::root(owner), "mismarked")
    };
    let orphan = child(NodeId::new(uuid()), "orphan");

    let fault =
        |node: &ArchivedNode, wrong| TreeFault { drive: fill::drive(owner), node: node.item.id(), wrong };
    let mut expected = vec![
        fault(&circle[0], WrongPlace::Unreachable),
        fault(&circle[1], WrongPlace::Unreachable),
        fault(&below_a_file, WrongPlace::Unreachable),
        fault(&of_another, WrongPlace::Unreachable),
        fault(&mismarked, WrongPlace::Mismarked),
    ];
    let sorted = |mut faults: Vec<TreeFault>| {
        faults.sort_by_key(|fault| fault.node);
        faults
    };
    let rows_of_all = [circle[0].clone(), circle[1].clone(), below_a_file, of_another, mismarked];
    let mut unit = rows(harness).await;
    unit.rows().add_nodes(&rows_of_all).await.unwrap();
    unit.rows().add_nodes(std::slice::from_ref(&orphan)).await.unwrap();
    let with_orphan = [expected.clone(), vec![fault(&orphan, WrongPlace::Unreachable)]].concat();
    assert_eq!(sorted(unit.rows().faults(100).await.unwrap()), sorted(with_orphan));
    assert_eq!(unit.rows().faults(2).await.unwrap().len(), 2);
    unit.rollback().await.unwrap();

    // What only points the wrong way a database takes.
    let mut unit = rows(harness).await;
    unit.rows().add_nodes(&rows_of_all).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(sorted(snapshot(harness).await.faults(100).await.unwrap()), sorted(expected.clone()));
    // A mark may be on its way while an operation runs.
    let running = Operation { status: OperationStatus::Running, ended_at: None, ..fill::operation(owner) };
    given.operation(&running).await;
    expected.pop();
    assert_eq!(sorted(snapshot(harness).await.faults(100).await.unwrap()), sorted(expected));
}
