//! Units of work: what becomes of those that are dropped, cancelled, failed or killed.

use std::future::poll_fn;
use std::io::{BufRead as _, BufReader};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::Poll;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use fm_contract::runtime::Limits;
use fm_domain::accounts::{InsertUser, ReserveBytes, User};
use fm_domain::body::ByteSize;
use fm_domain::database::{Database, UnitOfWork};
use fm_domain::error::{PortError, chain};
use fm_domain::ids::DriveId;
use fm_domain::jobs::{Enqueued, JobSignal as _, MAX_UNNOTIFIED_WAIT, NewJob};
use fm_domain::tree::Delta;
use fm_sqlite::{COMMAND_LOCK_WAIT, REQUEST_LOCK_WAIT, SqliteDatabase};
use tokio::time::timeout;

use crate::fill::{KIND, NOW, account, file, job, user};
use crate::fixture::Fixture;

/// How long may take what has to happen.
pub(crate) const SOON: Duration = Limits::GENEROUS.wait;

#[tokio::test(flavor = "current_thread")]
async fn a_dropped_unit_leaves_nothing_and_frees_the_writer() {
    let fixture = Fixture::new();
    for _ in 0..100 {
        let someone = user();
        let mut unit = fixture.database.begin().await.unwrap();
        unit.users().insert(&someone).await.unwrap();
        drop(unit);
        let mut next = timeout(SOON, fixture.database.begin()).await.unwrap().unwrap();
        assert!(next.users().find_for_update(someone.id).await.unwrap().is_none());
        next.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_cut_off_at_any_moment_leave_all_or_nothing() {
    let fixture = Fixture::new();
    for micros in (0..4000).step_by(20) {
        let (someone, errand) = (user(), job());
        let work = async {
            let mut unit = fixture.database.begin().await.unwrap();
            unit.users().insert(&someone).await.unwrap();
            unit.jobs().enqueue(&errand).await.unwrap();
            unit.drives().enter(DriveId::of_user(someone.id), &Delta::default(), None).await.unwrap();
            unit.nodes().insert(&file(someone.id, "a.txt").into()).await.unwrap();
            unit.commit().await.unwrap();
        };
        timeout(Duration::from_micros(micros), work).await.ok();
        let mut next = timeout(SOON, fixture.database.begin()).await.unwrap().unwrap();
        let user_there = next.users().find_for_update(someone.id).await.unwrap().is_some();
        let claimed = next.jobs().claim(&[KIND], NOW, NOW, 10).await.unwrap();
        assert_eq!(claimed.iter().any(|job| job.id == errand.id), user_there, "cut off after {micros} µs");
        for job in claimed {
            assert!(next.jobs().complete(job.id, job.attempt).await.unwrap());
        }
        next.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_turn_whose_caller_stopped_waiting_is_passed_over() {
    let fixture = Fixture::new();
    let open = begun(&fixture.database).await.unwrap();
    for _ in 0..10 {
        assert!(timeout(Duration::from_millis(1), begun(&fixture.database)).await.is_err());
    }
    open.commit().await.unwrap();
    timeout(SOON, begun(&fixture.database)).await.unwrap().unwrap().commit().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_unit_that_asks_for_nothing_makes_no_other_wait() {
    let fixture = Fixture::new();
    let (idle, other) = (fixture.database.begin().await.unwrap(), fixture.database.begin().await.unwrap());
    timeout(SOON, begun(&fixture.database)).await.unwrap().unwrap().commit().await.unwrap();
    let open = begun(&fixture.database).await.unwrap();
    assert_eq!((fixture.database.writer_use().in_use, fixture.database.writer_use().waiting), (1, 0));
    timeout(SOON, idle.commit()).await.unwrap().unwrap();
    timeout(SOON, other.rollback()).await.unwrap().unwrap();
    open.commit().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn turns_are_taken_in_the_order_they_were_asked_for() {
    let fixture = Fixture::new();
    let (order, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let open = begun(&fixture.database).await.unwrap();
    for number in 0..20 {
        let (database, order) = (fixture.database.clone(), order.clone());
        tokio::spawn(async move {
            let unit = begun(&database).await.unwrap();
            order.send(number).unwrap();
            unit.commit().await.unwrap();
        });
        tokio::task::yield_now().await;
    }
    open.commit().await.unwrap();
    for number in 0..20 {
        assert_eq!(timeout(SOON, taken.recv()).await.unwrap(), Some(number));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_statement_poisons_the_unit_and_rolls_it_back_at_once() {
    let fixture = Fixture::new();
    let someone = user();
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    let twin = unit.users().insert(&User { id: someone.id, ..user() }).await;
    assert!(matches!(twin, Err(InsertUser::Store(PortError::Unexpected(_)))), "{twin:?}");
    // The writer is free although the failed unit is still there.
    timeout(SOON, begun(&fixture.database)).await.unwrap().unwrap().rollback().await.unwrap();

    let later = unit.users().find_for_update(someone.id).await;
    assert!(matches!(later, Err(PortError::Poisoned)), "{later:?}");
    assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));
    assert!(account(&fixture.database, someone.id).await.is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn a_statement_whose_caller_stopped_waiting_poisons_the_unit() {
    let fixture = Fixture::new();
    let someone = user();
    for _ in 0..1000 {
        let mut unit = fixture.database.begin().await.unwrap();
        let cut_off = poll_once(unit.users().insert(&someone)).await;
        if cut_off {
            assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));
            break;
        }
        // The writer was faster than one poll.
        unit.rollback().await.unwrap();
    }
    assert!(account(&fixture.database, someone.id).await.is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn refusals_leave_the_unit_usable() {
    let fixture = Fixture::new();
    let (someone, errand) = (user(), NewJob { unique: Some("one".to_owned()), ..job() });
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    assert!(matches!(unit.users().insert(&someone_else_at(&someone)).await, Err(InsertUser::EmailTaken)));
    let over = unit.users().reserve(someone.id, ByteSize::new(2), Some(ByteSize::new(1))).await;
    assert!(matches!(over, Err(ReserveBytes::QuotaExceeded)));
    let huge =
        unit.users().reserve(someone.id, ByteSize::new(u64::MAX), Some(ByteSize::new(u64::MAX - 1))).await;
    assert!(matches!(huge, Err(ReserveBytes::QuotaExceeded)));
    assert_eq!(unit.jobs().enqueue(&errand).await.unwrap(), Enqueued::Added);
    let twin = NewJob { id: job().id, ..errand };
    assert_eq!(unit.jobs().enqueue(&twin).await.unwrap(), Enqueued::AlreadyThere);
    unit.commit().await.unwrap();
    assert!(account(&fixture.database, someone.id).await.is_some());
}

/// A unit whose turn has begun.
async fn begun(database: &SqliteDatabase) -> Result<Box<dyn UnitOfWork>, PortError> {
    let mut unit = database.begin().await?;
    unit.jobs().next_due(&[KIND]).await?;
    Ok(unit)
}

/// Polls the future once and drops it; whether it was pending.
async fn poll_once(future: impl Future) -> bool {
    let mut future = pin!(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

fn someone_else_at(other: &fm_domain::accounts::User) -> fm_domain::accounts::User {
    let email = other.email.as_str().to_uppercase().parse().unwrap();
    fm_domain::accounts::User { email, ..user() }
}

#[tokio::test(flavor = "current_thread")]
async fn a_writer_of_another_process_makes_a_unit_wait_and_then_unavailable() {
    let fixture = Fixture::new();
    let mut other = fixture.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused = timeout(SOON, begun(&fixture.database)).await.unwrap().err();
    assert!(matches!(refused, Some(PortError::Unavailable(_))), "{refused:?}");
    other.batch_execute("COMMIT").unwrap();
    begun(&fixture.database).await.unwrap().commit().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_command_waits_longer_for_another_process_than_a_request_does() {
    let fixture = Fixture::new();
    let database = SqliteDatabase::open_waiting(&fixture.path(), COMMAND_LOCK_WAIT).unwrap();
    let mut other = fixture.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut unit = pin!(begun(&database));
    let longer = REQUEST_LOCK_WAIT + Duration::from_secs(1);
    assert!(timeout(longer, &mut unit).await.is_err(), "it gave up");
    other.batch_execute("COMMIT").unwrap();
    timeout(SOON, unit).await.unwrap().unwrap().commit().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_unit_that_waited_in_vain_names_the_file_that_is_locked() {
    let fixture = Fixture::new();
    let database = SqliteDatabase::open_waiting(&fixture.path(), Duration::from_millis(100)).unwrap();
    let mut other = fixture.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused = timeout(SOON, begun(&database)).await.unwrap().err().unwrap();
    assert!(matches!(refused, PortError::Unavailable(_)), "{refused:?}");
    let named =
        format!("another process has kept the database file {:?} locked for more than 100ms", fixture.path());
    assert!(chain(&refused).contains(&named), "{}", chain(&refused));
}

#[tokio::test(flavor = "current_thread")]
async fn the_signal_wakes_on_a_commit_and_not_on_a_drop() {
    let fixture = Fixture::new();
    let signal = fixture.database.job_signal();
    let long = Duration::from_hours(1);

    let mut unit = fixture.database.begin().await.unwrap();
    unit.jobs().enqueue(&job()).await.unwrap();
    drop(unit);
    assert!(timeout(Duration::from_millis(50), signal.wait(long)).await.is_err(), "nothing was committed");

    let mut unit = fixture.database.begin().await.unwrap();
    unit.jobs().enqueue(&job()).await.unwrap();
    unit.commit().await.unwrap();
    timeout(SOON, signal.wait(long)).await.unwrap();
    assert!(timeout(Duration::from_millis(50), signal.wait(long)).await.is_err(), "it was told already");
}

#[tokio::test(flavor = "current_thread")]
async fn the_signal_lets_its_caller_look_for_what_other_processes_added() {
    let fixture = Fixture::new();
    let wait =
        timeout(MAX_UNNOTIFIED_WAIT + SOON, async { fixture.database.job_signal().wait(SOON * 100).await });
    assert_eq!(wait.await, Ok(false));
}

/// The same program again, as the process that is killed.
const VICTIM: &str = "FM_SQLITE_TEST_VICTIM";

#[tokio::test(flavor = "current_thread")]
async fn a_killed_process_leaves_nothing_of_its_open_unit() {
    if let Some(path) = std::env::var_os(VICTIM) {
        let database = SqliteDatabase::open(path.as_ref()).unwrap();
        let mut done = database.begin().await.unwrap();
        done.jobs().enqueue(&job()).await.unwrap();
        done.commit().await.unwrap();
        let mut open = database.begin().await.unwrap();
        open.jobs().enqueue(&job()).await.unwrap();
        println!("\nhalfway");
        std::future::pending::<()>().await;
    }
    let fixture = Fixture::new();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "units::a_killed_process_leaves_nothing_of_its_open_unit"])
        .env(VICTIM, fixture.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "halfway"), "the other process got halfway");
    victim.kill().unwrap();
    victim.wait().unwrap();

    let mut unit = timeout(SOON, fixture.database.begin()).await.unwrap().unwrap();
    assert_eq!(unit.jobs().count_living().await.unwrap(), 1, "the committed job alone");
    unit.commit().await.unwrap();
}
