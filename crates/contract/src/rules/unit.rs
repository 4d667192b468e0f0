//! UOW: units of work.

use fm_domain::accounts::{InsertUser, ReserveBytes, User};
use fm_domain::blobs::{MarkStored, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::UnitOfWork;
use fm_domain::files::{File, Revision, UpdateFile};
use fm_domain::ids::{BlobId, UserId};
use fm_domain::jobs::{Enqueued, NewJob};
use fm_domain::tree::{Delta, PlaceItem};

use tokio::task::yield_now;

use crate::fixture::database::{Given, given, stored};
use crate::fixture::poll::cut_after;
use crate::fixture::{DROPPED, access_of, at, fill, soon, uuid};
use crate::harness::DatabaseHarness;

/// One of everything: what a unit of work leaves behind or does not.
struct Traces {
    user: User,
    job: NewJob,
}

impl Traces {
    fn new() -> Self {
        Self { user: fill::user(), job: fill::job() }
    }

    async fn leave(&self, unit: &mut dyn UnitOfWork) -> File {
        unit.users().insert(&self.user).await.unwrap();
        // Adapters that answer at once are cancelled between their answers.
        yield_now().await;
        let file = fill::file(self.user.id, stored(unit, self.user.id).await, "trace");
        unit.drives().enter(fill::drive(self.user.id), &Delta::default(), None).await.unwrap();
        yield_now().await;
        unit.nodes().insert(&file.clone().into()).await.unwrap();
        yield_now().await;
        unit.jobs().enqueue(&self.job).await.unwrap();
        file
    }

    /// How many of user and job can be seen.
    async fn seen(&self, given: &Given) -> (bool, bool) {
        let user = given.account(self.user.id).await.is_some();
        (user, given.living_jobs().await > 0)
    }
}

pub(crate) async fn uow_01_a_commit_shows_row_and_job_together<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let traces = Traces::new();
    let mut unit = given.unit().await;
    let file = traces.leave(&mut *unit).await;
    unit.commit().await.unwrap();

    assert_eq!(traces.seen(&given).await, (true, true), "user and job are there");
    assert_eq!(given.stored(file.owner, file.id).await, Some(file), "the file is there");
}

pub(crate) async fn uow_02_a_dropped_unit_shows_neither_row_nor_job<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let traces = Traces::new();
    let mut unit = given.unit().await;
    let file = traces.leave(&mut *unit).await;
    drop(unit);

    assert_eq!(traces.seen(&given).await, (false, false), "neither user nor job is there");
    assert_eq!(given.stored(file.owner, file.id).await, None, "the file is not there");
}

pub(crate) async fn uow_03_a_refusal_does_not_poison_the_unit<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let old = given.user().await;
    let file = given.file(old.id, "old").await;
    let traces = Traces::new();
    let unique = NewJob { unique: Some("only".to_owned()), ..fill::job() };

    let mut unit = given.unit().await;
    let twin = User { id: UserId::new(uuid()), ..old.clone() };
    let taken = unit.users().insert(&twin).await;
    assert!(matches!(taken, Err(InsertUser::EmailTaken)), "{taken:?}");
    let reserved = unit.users().reserve(old.id, ByteSize::new(1), Some(ByteSize::ZERO)).await;
    assert!(matches!(reserved, Err(ReserveBytes::QuotaExceeded)), "{reserved:?}");
    let updated = unit.files().update(&file, Revision::new(99)).await;
    assert!(matches!(updated, Err(UpdateFile::Stale)), "{updated:?}");
    let nothing = StoredBlob { size: ByteSize::ZERO };
    let late = unit.blobs().mark_stored(BlobId::new(uuid()), &nothing).await;
    assert!(matches!(late, Err(MarkStored::NoIntent)), "{late:?}");
    assert_eq!(unit.jobs().enqueue(&unique).await.unwrap(), Enqueued::Added);
    let again = NewJob { id: fill::job().id, ..unique };
    assert_eq!(unit.jobs().enqueue(&again).await.unwrap(), Enqueued::AlreadyThere);

    traces.leave(&mut *unit).await;
    unit.commit().await.unwrap();
    assert_eq!(
        traces.seen(&given).await,
        (true, true),
        "the row and the job written after the refusals are there"
    );
    assert_eq!(given.living_jobs().await, 2, "the jobs before and after the refusals are there");
}

pub(crate) async fn uow_04_a_commit_after_a_failed_statement_is_never_ok<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let traces = Traces::new();

    let mut unit = given.unit().await;
    let file = traces.leave(&mut *unit).await;
    let twin = File { name: fill::name("twin"), ..file };
    let failed = unit.nodes().insert(&twin.into()).await;
    assert!(matches!(failed, Err(PlaceItem::Store(_))), "a second file with one id was taken: {failed:?}");
    let committed = unit.commit().await;

    assert!(committed.is_err(), "the commit of a failed unit answered Ok");
    assert_eq!(traces.seen(&given).await, (false, false), "nothing of the failed unit is there");
}

pub(crate) async fn uow_05_a_dropped_unit_frees_its_locks_at_once<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let user = given.user().await;
    let mut unit = given.unit().await;
    unit.users().find_for_update(user.id).await.unwrap();
    unit.users().reserve(user.id, ByteSize::new(5), None).await.unwrap();
    drop(unit);

    soon("the lock of a dropped unit", async {
        let mut unit = given.unit().await;
        let account = unit.users().find_for_update(user.id).await.unwrap().unwrap();
        assert_eq!(account.storage.reserved, ByteSize::ZERO, "the dropped unit was undone");
        unit.users().reserve(user.id, ByteSize::new(7), None).await.unwrap();
        unit.commit().await.unwrap();
    })
    .await;
    assert_eq!(given.account(user.id).await.unwrap().storage.reserved, ByteSize::new(7));
}

pub(crate) async fn uow_06_cancelling_at_any_await_leaves_all_or_nothing<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let busy = given.owner().await;
    let mut jobs = 0;
    for polls in 1.. {
        let traces = Traces::new();
        let done = cut_after(polls, async {
            let mut unit = given.db.begin().await.unwrap();
            unit.users().find_for_update(busy).await.unwrap();
            traces.leave(&mut *unit).await;
            unit.commit().await.unwrap();
        })
        .await;

        let user = given.account(traces.user.id).await.is_some();
        soon("the lock of a cancelled unit", async {
            let mut unit = given.unit().await;
            unit.users().find_for_update(busy).await.unwrap();
            unit.rollback().await.unwrap();
        })
        .await;
        // The answer of a cancelled commit is lost; it may have happened, but then wholly.
        let user_now = given.account(traces.user.id).await.is_some();
        assert!(user_now || !user, "what was committed is gone after {polls} polls");
        let jobs_now = given.living_jobs().await;
        assert_eq!(
            jobs_now,
            jobs + u64::from(user_now),
            "the job without its user, or the other way, after {polls} polls"
        );
        jobs = jobs_now;
        if done.is_some() {
            assert!(user_now, "a commit that answered Ok left nothing");
            return;
        }
    }
}

pub(crate) async fn uow_07_a_unit_sees_its_own_changes<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let traces = Traces::new();
    let mut unit = given.unit().await;
    let file = traces.leave(&mut *unit).await;

    let account = unit.users().find_for_update(traces.user.id).await.unwrap();
    assert_eq!(account.map(|account| account.user), Some(traces.user.clone()));
    assert_eq!(unit.files().find_for_update(&access_of(file.owner), file.id).await.unwrap(), Some(file));
    assert_eq!(unit.jobs().count_living().await.unwrap(), 1);
    unit.rollback().await.unwrap();
}

pub(crate) async fn uow_08_reads_see_nothing_of_an_open_unit_and_do_not_wait_for_it<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let owner = given.owner().await;
    let traces = Traces::new();
    let mut unit = given.unit().await;
    unit.users().find_for_update(owner).await.unwrap();
    let file = traces.leave(&mut *unit).await;
    unit.users().reserve(owner, ByteSize::new(5), None).await.unwrap();

    soon("reading beside an open unit", async {
        assert_eq!(given.account(traces.user.id).await, None, "an uncommitted user");
        assert_eq!(given.stored(file.owner, file.id).await, None, "an uncommitted file");
        let storage = given.account(owner).await.unwrap().storage;
        assert_eq!(storage.reserved, ByteSize::ZERO, "an uncommitted reservation");
    })
    .await;
    unit.commit().await.unwrap();
    assert!(given.account(traces.user.id).await.is_some(), "reads that were opened after the commit see it");
}

pub(crate) async fn uow_09_a_rollback_undoes_everything<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let kept = given.file(owner, "kept").await;
    let traces = Traces::new();

    let mut unit = given.unit().await;
    traces.leave(&mut *unit).await;
    unit.files().remove(&access_of(owner), kept.id).await.unwrap();
    unit.users().reserve(owner, ByteSize::new(5), None).await.unwrap();
    unit.rollback().await.unwrap();

    assert_eq!(traces.seen(&given).await, (false, false), "what was added is gone");
    assert_eq!(given.stored(owner, kept.id).await, Some(kept), "what was removed is back");
    assert_eq!(
        given.account(owner).await.unwrap().storage.reserved,
        ByteSize::ZERO,
        "what was changed is as before"
    );
}

pub(crate) async fn uow_10_units_that_want_the_same_rows_all_get_through<H: DatabaseHarness>(harness: &H) {
    let given = given(harness);
    let owner = given.owner().await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let given = given.clone();
        workers.spawn(async move {
            given
                .retry_conflicts(|unit| {
                    Box::pin(async move {
                        unit.users().find_for_update(owner).await?;
                        yield_now().await;
                        match unit.users().reserve(owner, ByteSize::new(1), None).await {
                            Err(ReserveBytes::Store(error)) => Err(error),
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
    soon("eight units on one user", workers.join_all()).await;
    let reserved = given.account(owner).await.unwrap().storage.reserved;
    assert_eq!(reserved, ByteSize::new(8), "every unit's change is there");
}

pub(crate) async fn uow_15_units_and_reads_that_are_dropped_leave_room_for_others<H: DatabaseHarness>(
    harness: &H,
) {
    let given = given(harness);
    let user = given.user().await;
    for number in 0..DROPPED {
        let mut unit = given.unit().await;
        unit.users().find_for_update(user.id).await.unwrap();
        drop(unit);
        let polls = number % 4 + 1;
        cut_after(polls, async {
            let mut unit = given.db.begin().await.unwrap();
            unit.jobs().claim(&fill::KINDS, at(1), at(60), 1).await.unwrap();
        })
        .await;
        cut_after(polls, async {
            let mut reads = given.db.read().await.unwrap();
            reads.users().find(user.id).await.unwrap();
        })
        .await;
    }
    let mut unit = given.unit().await;
    unit.users().reserve(user.id, ByteSize::new(7), None).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(given.account(user.id).await.unwrap().storage.reserved, ByteSize::new(7));
}
