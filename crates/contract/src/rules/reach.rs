//! UOW: databases that other nodes use, that go away, or that refuse their user.

use fm_domain::accounts::DisplayName;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::FileFilter;
use fm_domain::uploads::Upload;

use crate::fixture::database::{Given, given, newest};
use crate::fixture::{access_of, assert_refused, assert_unavailable, at, at_last, fill, offered, soon};
use crate::harness::DatabaseHarness;

pub(crate) async fn uow_11_a_database_that_serves_answers_a_ping<H: DatabaseHarness>(harness: &H) {
    soon("a ping", given(harness).db.ping()).await.unwrap();
}

pub(crate) async fn uow_12_what_one_node_commits_every_node_sees_at_once<H: DatabaseHarness>(harness: &H) {
    let Some(there) = offered("a second node", harness.another_node().await) else { return };
    let (here, there) = (given(harness), Given { db: there });
    let user = here.user().await;
    let file = here.file(user.id, "first").await;
    let upload = here.upload(fill::upload(user.id)).await;
    // Both nodes have seen all of it, and could remember it.
    for node in [&here, &there] {
        assert_eq!(node.account(user.id).await.unwrap().user, user);
        assert!(node.read().await.users().find_by_email(&user.email).await.unwrap().is_some());
        assert_eq!(node.stored(user.id, file.id).await.as_ref(), Some(&file));
        assert_eq!(
            node.list(user.id, &FileFilter::default(), &newest(10)).await,
            std::slice::from_ref(&file)
        );
        assert_eq!(node.stored_upload(user.id, upload.id).await.as_ref(), Some(&upload));
        assert_eq!(node.read().await.blobs().find(&[file.blob]).await.unwrap().len(), 1);
        assert_eq!(node.living_jobs().await, 0);
    }

    let name: DisplayName = "Another".parse().unwrap();
    let further = Upload { offset: fill::bytes(5), ..upload.clone() };
    let mut unit = there.unit().await;
    assert!(unit.users().set_name(user.id, Some(name.clone())).await.unwrap());
    unit.users().reserve(user.id, fill::bytes(9), None).await.unwrap();
    unit.files().remove(&access_of(user.id), file.id).await.unwrap().unwrap();
    unit.uploads().update(&further, upload.epoch).await.unwrap();
    assert!(unit.blobs().mark_deleted(file.blob, at(1)).await.unwrap());
    unit.blobs().remove(file.blob).await.unwrap();
    unit.jobs().enqueue(&fill::job()).await.unwrap();
    unit.commit().await.unwrap();

    let account = here.account(user.id).await.unwrap();
    assert_eq!((account.user.name.as_ref(), account.storage.reserved), (Some(&name), fill::bytes(9)));
    let found = here.read().await.users().find_by_email(&user.email).await.unwrap().unwrap();
    assert_eq!(found, account, "by the address");
    assert_eq!(here.stored(user.id, file.id).await, None, "a file that is gone");
    assert_eq!(here.list(user.id, &FileFilter::default(), &newest(10)).await, [], "a file that is gone");
    assert_eq!(here.stored_upload(user.id, upload.id).await, Some(further));
    assert_eq!(here.read().await.blobs().find(&[file.blob]).await.unwrap(), [], "a row that is gone");
    assert_eq!(here.living_jobs().await, 1);
    assert_eq!(here.claim(at(1), at(60), 10).await.len(), 1);
    assert_eq!(there.claim(at(1), at(60), 10).await, [], "the other node has claimed it");
}

/// A unit of work that only asks.
async fn asks(db: &dyn Database) -> PortResult<()> {
    let mut unit = db.begin().await?;
    unit.jobs().next_due(&fill::KINDS).await?;
    unit.rollback().await
}

/// A unit of work that leaves a job.
async fn changes(db: &dyn Database) -> PortResult<()> {
    let mut unit = db.begin().await?;
    unit.jobs().enqueue(&fill::job()).await?;
    unit.commit().await
}

async fn reads(db: &dyn Database) -> PortResult<usize> {
    let files = db.read().await?.files().walk(None, 10).await?;
    let owner = fill::user();
    let known = db.read().await?.users().find(owner.id).await?;
    Ok(files.len() + usize::from(known.is_some()))
}

pub(crate) async fn uow_13_a_database_that_is_out_of_reach_is_unavailable<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.user().await;
    given.account(user.id).await.unwrap();
    if offered("a database that goes away", harness.break_it().await).is_none() {
        return;
    }
    at_last("a database", async {
        assert_unavailable("a ping", given.db.ping().await);
        assert_unavailable("a read", reads(&*given.db).await);
        assert_unavailable("a unit that asks", asks(&*given.db).await);
        assert_unavailable("a unit that changes something", changes(&*given.db).await);
    })
    .await;
}

pub(crate) async fn uow_14_refused_credentials_are_not_taken_for_a_database_out_of_reach<
    H: DatabaseHarness,
>(
    harness: &H,
) {
    let Some(stranger) = offered("wrong credentials", harness.with_wrong_credentials()) else { return };
    at_last("a database", async {
        assert_refused("a ping", stranger.ping().await);
        assert_refused("a read", reads(&*stranger).await);
        assert_refused("a unit that asks", asks(&*stranger).await);
        assert_refused("a unit that changes something", changes(&*stranger).await);
    })
    .await;
    assert_eq!(given(harness).living_jobs().await, 0, "the stranger left a job");
}
