//! What a database has, and its seal.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fm_domain::accounts::{Account, InsertUser, User};
use fm_domain::archive::{RowCounts, SealOutcome};
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use fm_domain::uploads::{Upload, UploadStatus};
use tokio::task::JoinSet;

use super::archive_rules::{accounts, entry, given, snapshot};
use crate::fixture::{assert_unavailable, at, fill, offered, soon};
use crate::harness::ArchiveHarness;

/// How many units there are at least before a seal, and how many writers.
const BEFORE: usize = 8;

/// Adds a user and an intent, first the one or the other, and commits; the user.
async fn add(db: &dyn Database, user_first: bool) -> PortResult<UserId> {
    let user = fill::user();
    let mut unit = db.begin().await?;
    if user_first {
        insert(&mut *unit, &user).await?;
    }
    unit.blobs().record_intent(&fill::intent(user.id)).await?;
    if !user_first {
        insert(&mut *unit, &user).await?;
    }
    unit.commit().await?;
    Ok(user.id)
}

async fn insert(unit: &mut dyn UnitOfWork, user: &User) -> PortResult<()> {
    match unit.users().insert(user).await {
        Ok(()) => Ok(()),
        Err(InsertUser::Store(error)) => Err(error),
        Err(taken @ InsertUser::EmailTaken) => panic!("{taken:?}"),
    }
}

pub(crate) async fn archive_07_the_rows_of_a_snapshot_are_counted<H: ArchiveHarness>(harness: &H) {
    let given = given(harness);
    assert_eq!(snapshot(harness).await.row_counts().await.unwrap(), RowCounts::default());
    let (owner, removed) = (given.owner().await, given.owner().await);
    for (owner, name) in [(owner, "a"), (owner, "b"), (removed, "c")] {
        given.file(owner, name).await;
    }
    let folder = given.folder(owner, fill::root(owner), "folder").await;
    let trashed = given.file_in(owner, folder.id, "trashed").await;
    given.put_into_trash(owner, trashed.id.into(), 10).await;
    given.versioned(owner, &trashed).await;
    given.operation(&fill::operation(owner)).await;
    given.attempt(owner).await;
    given.upload(fill::upload(owner)).await;
    given.upload(Upload { status: UploadStatus::Expired, ..fill::upload(owner) }).await;
    given.marked_as_removed(removed).await;
    let mut unit = given.unit().await;
    for seconds in 0..5 {
        unit.audit().append(&entry(seconds)).await.unwrap();
    }
    unit.commit().await.unwrap();
    let expected = RowCounts {
        users: 1,
        removed_users: 1,
        files: 3,
        folders: 1,
        versions: 1,
        operations: 1,
        blobs: 6,
        audit_entries: 5,
        open_uploads: 1,
    };
    assert_eq!(snapshot(harness).await.row_counts().await.unwrap(), expected);
}

pub(crate) async fn archive_08_a_sealed_database_takes_no_change_and_can_be_read<H: ArchiveHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.user().await;
    let file = given.file(user.id, "a.txt").await;
    for _again in 0..2 {
        soon("sealing", harness.archive().seal()).await.unwrap();
    }
    let mut nodes = vec![given.db.clone()];
    nodes.extend(offered("another node", harness.another_node().await));
    for db in &nodes {
        for user_first in [true, false] {
            assert_unavailable("a change", add(&**db, user_first).await);
        }
        let rename = async {
            let mut unit = db.begin().await?;
            unit.users().set_name(user.id, Some("Other".parse().unwrap())).await?;
            unit.commit().await
        };
        assert_unavailable("a change of a row", rename.await);
        let job = async {
            let mut unit = db.begin().await?;
            unit.jobs().enqueue(&fill::job()).await?;
            unit.commit().await
        };
        assert_unavailable("a job", job.await);
        let entry = async {
            let mut unit = db.begin().await?;
            unit.audit().append(&entry(1)).await?;
            unit.commit().await
        };
        assert_unavailable("an entry", entry.await);
        let read = db.read().await.unwrap().users().find(user.id).await.unwrap();
        assert_eq!(read, Some(Account::new(user.clone())));
        let depths = db.read().await.unwrap().jobs().depths(at(0)).await.unwrap();
        assert_eq!(depths, [], "the queue is counted too");
        let jobs = db.read().await.unwrap().jobs().list(None, None, 10).await.unwrap();
        assert_eq!(jobs, [], "and listed");
    }
    assert_eq!(given.stored(user.id, file.id).await, Some(file));
    let counted = snapshot(harness).await.row_counts().await.unwrap();
    assert_eq!(counted, RowCounts { users: 1, files: 1, blobs: 1, ..RowCounts::default() });
}

pub(crate) async fn archive_09_of_units_beside_a_seal_each_is_in_the_next_snapshot_or_refused<
    H: ArchiveHarness,
>(
    harness: &H,
) {
    let given = given(harness);
    let mut nodes = vec![given.db.clone()];
    nodes.extend(offered("another node", harness.another_node().await));
    let (is_sealed, committed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut writers = JoinSet::new();
    for number in 0..BEFORE {
        let db = nodes[number % nodes.len()].clone();
        let (is_sealed, committed) = (Arc::clone(&is_sealed), Arc::clone(&committed));
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            loop {
                let begins_sealed = is_sealed.load(Ordering::SeqCst);
                match add(&*db, number % 2 == 0).await {
                    Ok(_user) if begins_sealed => panic!("the seal refused nothing"),
                    Ok(user) => {
                        acknowledged.push(user);
                        committed.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(PortError::Contended(_)) => {}
                    Err(PortError::Unavailable(_)) => return acknowledged,
                    Err(other) => panic!("{other:?}"),
                }
                tokio::task::yield_now().await;
            }
        });
    }
    soon("units before a seal", async {
        while committed.load(Ordering::SeqCst) < BEFORE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    soon("sealing beside units", harness.archive().seal()).await.unwrap();
    is_sealed.store(true, Ordering::SeqCst);
    let mut snapshot = snapshot(harness).await;
    let kept: BTreeSet<UserId> =
        accounts(&mut *snapshot, 500).await.into_iter().map(|account| account.user.id).collect();
    let acknowledged = soon("writers beside a seal", writers.join_all()).await.concat();
    assert!(!acknowledged.is_empty(), "units were committed before the seal");
    let lost: Vec<&UserId> = acknowledged.iter().filter(|user| !kept.contains(user)).collect();
    assert_eq!(lost, [] as [&UserId; 0], "acknowledged and not in the snapshot");
}

pub(crate) async fn archive_10_a_database_whose_seal_was_taken_off_takes_changes_again<H: ArchiveHarness>(
    harness: &H,
) {
    let given = given(harness);
    let archive = harness.archive();
    soon("unsealing what is not sealed", archive.unseal()).await.unwrap();
    for _ in 0..2 {
        soon("sealing", archive.seal()).await.unwrap();
        assert_unavailable("a change", add(&*given.db, true).await);
        soon("unsealing", archive.unseal()).await.unwrap();
        let user = soon("a change", add(&*given.db, true)).await.unwrap();
        assert!(given.account(user).await.is_some());
    }
}

pub(crate) async fn archive_11_of_calls_that_seal_a_database_one_tells_that_it_did<H: ArchiveHarness>(
    harness: &H,
) {
    let archive = harness.archive();
    for _again in 0..2 {
        let mut calls = JoinSet::new();
        for _ in 0..4 {
            let archive = archive.clone();
            calls.spawn(async move { archive.seal().await });
        }
        let outcomes: Vec<SealOutcome> =
            soon("sealing", calls.join_all()).await.into_iter().collect::<PortResult<_>>().unwrap();
        let put_on = outcomes.iter().filter(|outcome| **outcome == SealOutcome::PutOn).count();
        assert_eq!(put_on, 1, "of four calls at the same time: {outcomes:?}");
        assert_eq!(soon("sealing again", archive.seal()).await.unwrap(), SealOutcome::WasOn);
        soon("unsealing", archive.unseal()).await.unwrap();
    }
    assert_eq!(soon("sealing", archive.seal()).await.unwrap(), SealOutcome::PutOn);
}
