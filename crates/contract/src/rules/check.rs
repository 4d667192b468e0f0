//! FILE, TREE, USER and BLOBROW: what a check of everything asks.

use std::collections::BTreeSet;

use fm_domain::accounts::{Charge, Kept, Tally};
use fm_domain::blobs::{BlobIntent, BlobKey, BlobRecord, BlobState, Sweepable};
use fm_domain::files::{File, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::tree::Version;

use crate::fixture::database::{Given, given, recorded, stored, stored_thumbnail};
use crate::fixture::{access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

/// How many uploads a tally runs beside.
const UPLOADS: u64 = 25;

impl Given {
    async fn walk_all(&self, limit: u32) -> Vec<File> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.read().await.files().walk(after, limit).await.unwrap();
            assert!(page.len() <= limit as usize, "a page of {} files, {limit} at most", page.len());
            let Some(last) = page.last() else { return all };
            after = Some(last.id);
            all.extend(page);
            assert!(all.len() < 100, "the walk has no end");
        }
    }

    async fn tally_all(&self, limit: u32) -> Vec<Tally> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.read().await.users().tally(after, limit).await.unwrap();
            assert!(page.len() <= limit as usize, "a page of {} tallies, {limit} at most", page.len());
            let Some(last) = page.last() else { return all };
            after = Some(last.user);
            all.extend(page);
            assert!(all.len() < 100, "the walk has no end");
        }
    }

    /// Adds a file of twelve bytes, and says so in the account.
    async fn kept_file(&self, owner: UserId, charged: u64) {
        let mut unit = self.inside(owner).await;
        let blob = stored(&mut *unit, owner).await;
        let file = fill::file(owner, blob, &format!("file {blob}"));
        unit.nodes().insert(&file.into()).await.unwrap();
        let charge = Charge { add: fill::bytes(charged), files_added: 1, ..Charge::default() };
        unit.users().charge(owner, &charge, None).await.unwrap();
        unit.commit().await.unwrap();
    }
}

pub(crate) async fn file_15_a_walk_gives_every_file_of_every_owner_once_by_id<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (one, other) = (given.owner().await, given.owner().await);
    let mut expected = Vec::new();
    for number in 0..4 {
        expected.push(given.file(one, &format!("{number} of one")).await);
        expected.push(given.file(other, &format!("{number} of the other")).await);
    }
    let mut unit = given.unit().await;
    let blob = stored_thumbnail(&mut *unit, one).await;
    let thumbnail = ThumbnailState::Ready { blob, width: 3, height: 4, placeholder: None };
    assert!(unit.files().set_thumbnail(expected[2].id, expected[2].blob, &thumbnail).await.unwrap());
    unit.files().remove(&access_of(other), expected[5].id).await.unwrap().unwrap();
    unit.commit().await.unwrap();
    expected[2].thumbnail = thumbnail;
    expected.remove(5);
    expected.sort_by_key(|file| file.id);

    for limit in [1, 3, 7, 50] {
        assert_eq!(given.walk_all(limit).await, expected, "by {limit}");
    }
    let beyond = FileId::new(uuid());
    assert_eq!(given.read().await.files().walk(Some(beyond), 10).await.unwrap(), [], "after the last");
}

pub(crate) async fn tree_19_a_walk_gives_every_old_version_of_every_owner_once<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let (one, other, removed) = (given.owner().await, given.owner().await, given.owner().await);
    let mut expected = Vec::new();
    for owner in [one, other, removed] {
        let file = given.file_in(owner, fill::root(owner), "file").await;
        let mut unit = given.inside(owner).await;
        for number in 1..=3 {
            let blob = stored(&mut *unit, owner).await;
            let held = File { blob, version: VersionNumber::new(number), ..file.clone() };
            let version = Version::of(&held, at(10));
            unit.versions().insert(&version).await.unwrap();
            if owner != removed {
                expected.push(version);
            }
        }
        unit.commit().await.unwrap();
        if owner == other {
            given.put_into_trash(owner, file.id.into(), 10).await;
        }
    }
    let mut unit = given.unit().await;
    assert!(unit.users().mark_removed(removed, at(1)).await.unwrap());
    unit.commit().await.unwrap();
    expected.sort_by_key(|version| (version.file, version.number));
    for limit in [1, 2, 4, 6, 50] {
        let mut found: Vec<Version> = Vec::new();
        loop {
            let after = found.last().map(|last| (last.file, last.number));
            let page = given.read().await.tree().walk_versions(after, limit).await.unwrap();
            let is_last = page.len() < limit as usize;
            found.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(found, expected, "by {limit}");
    }
}

pub(crate) async fn user_13_a_tally_holds_what_is_recorded_beside_what_the_files_add_up_to<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let (right, empty, wrong) = (given.owner().await, given.owner().await, given.owner().await);
    given.kept_file(right, 12).await;
    given.kept_file(right, 12).await;
    given.kept_file(wrong, 11).await;
    let kept = |bytes, files| Kept { bytes: fill::bytes(bytes), files };
    let mut expected = vec![
        Tally { user: right, recorded: kept(24, 2), counted: kept(24, 2) },
        Tally { user: empty, recorded: kept(0, 0), counted: kept(0, 0) },
        Tally { user: wrong, recorded: kept(11, 1), counted: kept(12, 1) },
    ];
    expected.sort_by_key(|tally| tally.user);
    for limit in [1, 2, 50] {
        assert_eq!(given.tally_all(limit).await, expected, "by {limit}");
    }

    // Both sides are of one moment.
    let writer = given.clone();
    let writing = tokio::spawn(async move {
        for _ in 0..UPLOADS {
            writer.kept_file(empty, 12).await;
        }
    });
    loop {
        let tallies = given.tally_all(50).await;
        let tally = tallies.iter().find(|tally| tally.user == empty).unwrap();
        assert_eq!(tally.recorded, tally.counted, "while files are added");
        if tally.counted.files == UPLOADS {
            break;
        }
        tokio::task::yield_now().await;
    }
    soon("the last upload", writing).await.unwrap();
}

pub(crate) async fn blobrow_12_blobs_are_found_by_their_ids_in_every_state<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut unit = given.unit().await;
    let (waiting, kept) = (recorded(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    let (cancelled, deleted) = (recorded(&mut *unit, owner).await, stored(&mut *unit, owner).await);
    let thumbnail = stored_thumbnail(&mut *unit, owner).await;
    let unasked = stored(&mut *unit, owner).await;
    for id in [cancelled, deleted] {
        assert!(unit.blobs().mark_deleted(id, at(1)).await.unwrap());
    }
    unit.commit().await.unwrap();

    // More than any database takes values by default in one list.
    let mut ids: Vec<BlobId> = (0..1000).map(|_| BlobId::new(uuid())).collect();
    ids.extend([waiting, kept, cancelled, deleted, thumbnail]);
    let found = given.read().await.blobs().find(&ids).await.unwrap();
    let size = fill::bytes(12);
    let expected = [
        (BlobKey::file(waiting), BlobState::Intent),
        (BlobKey::file(kept), BlobState::Stored { size }),
        (BlobKey::file(cancelled), BlobState::Deleted),
        (BlobKey::file(deleted), BlobState::Deleted),
        (BlobKey::thumbnail(thumbnail), BlobState::Stored { size }),
    ];
    for (key, state) in expected {
        assert!(found.contains(&BlobRecord { key, state }), "{key:?} is {state:?}: {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{unasked} was not asked for: {found:?}");
    let keys: BTreeSet<BlobKey> = found.iter().map(|record| record.key).collect();
    assert_eq!(keys.len(), found.len(), "each once");
    assert_eq!(given.read().await.blobs().find(&[]).await.unwrap(), []);

    let mut unit = given.unit().await;
    unit.blobs().remove(deleted).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.read().await.blobs().find(&[deleted]).await.unwrap(), [], "its row was removed");
}

pub(crate) async fn blobrow_13_what_a_sweep_would_take_is_counted_and_left<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    for expiry in [10, 99, 100, 1000] {
        given.intent(&BlobIntent { expires_at: at(expiry), ..fill::intent(owner) }).await;
    }
    let mut unit = given.unit().await;
    stored(&mut *unit, owner).await;
    for due in [5, 50, 100, 101] {
        let id = stored(&mut *unit, owner).await;
        unit.blobs().mark_deleted(id, at(due)).await.unwrap();
    }
    // An open unit is not waited for.
    let count = async |now, limit| {
        let mut reads = given.read().await;
        soon("a count", reads.blobs().count_sweepable(at(now), limit)).await.unwrap()
    };
    assert_eq!(count(100, 10).await, Sweepable { expired: 2, due: 0 });
    unit.commit().await.unwrap();
    assert_eq!(count(100, 10).await, Sweepable { expired: 2, due: 3 });
    assert_eq!(count(100, 1).await, Sweepable { expired: 1, due: 1 }, "at most the limit");
    assert_eq!(count(4, 10).await, Sweepable::default());

    let mut unit = given.unit().await;
    assert_eq!(unit.blobs().cancel_expired(at(100), 10).await.unwrap().len(), 2, "nothing was cancelled");
    assert_eq!(unit.blobs().due(at(100), 10).await.unwrap().len(), 5, "nothing was deleted");
    unit.rollback().await.unwrap();
}
