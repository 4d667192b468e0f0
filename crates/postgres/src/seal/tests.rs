#![expect(clippy::disallowed_methods, reason = "a test runs the seal beside its own statements")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use fm_domain::archive::SealOutcome;
use fm_domain::error::{PortError, PortResult, chain};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use super::SealChange;
use crate::plans::common::Fixture;

const LONG: Duration = Duration::from_mins(2);

/// A change, which a seal of its table refuses.
const CHANGE_USERS: &str = "UPDATE users SET name = name";

const TRIGGERS: &str = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'file_manager_seal'";

/// A transaction that has changed a table and stays open.
async fn in_use(fixture: &Fixture, table: &str) -> Client {
    let client = fixture.client().await;
    client.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE")).await.unwrap();
    client
}

fn sealing(fixture: &Fixture) -> JoinHandle<PortResult<SealOutcome>> {
    let pool = fixture.pool.clone();
    tokio::spawn(async move { SealChange::within(&pool, LONG).put_on().await })
}

/// Waits until this table is sealed.
async fn until_sealed(fixture: &Fixture, table: &str) {
    let sealed = async {
        while !fixture.ask(TRIGGERS).await.iter().any(|sealed| sealed == table) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, sealed).await.unwrap();
}

fn told(answer: PortResult<SealOutcome>) -> String {
    let error = answer.unwrap_err();
    assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
    chain(&error)
}

#[tokio::test]
async fn every_table_but_that_of_sessions_is_sealed_and_nothing_is_left_of_a_seal_that_was_taken_off() {
    let fixture = Fixture::fresh().await;
    for expected in [SealOutcome::PutOn, SealOutcome::WasOn] {
        assert_eq!(SealChange::new(&fixture.pool).put_on().await.unwrap(), expected);
    }
    let open = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
                AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'file_manager_seal' \
                                AND tgrelid = to_regclass(tablename::text))";
    assert_eq!(fixture.ask(open).await, ["sessions"]);
    for _again in 0..2 {
        SealChange::new(&fixture.pool).take_off().await.unwrap();
    }
    assert_eq!(fixture.ask(TRIGGERS).await, Vec::<String>::new());
    assert_eq!(fixture.ask("SELECT to_regproc('file_manager_refuse_change')::text").await, [""]);
}

#[tokio::test]
async fn two_processes_seal_at_the_same_time() {
    let fixture = Fixture::fresh().await;
    let sealed = timeout(LONG, futures_util::future::join_all((0..4).map(|_| sealing(&fixture)))).await;
    let outcomes: Vec<SealOutcome> =
        sealed.unwrap().into_iter().map(|sealed| sealed.unwrap().unwrap()).collect();
    let put_on = outcomes.iter().filter(|outcome| **outcome == SealOutcome::PutOn).count();
    assert_eq!(put_on, 1, "{outcomes:?}");
}

#[tokio::test]
async fn the_seal_waits_for_an_open_transaction_and_lets_others_change_the_table_meanwhile() {
    let fixture = Fixture::fresh().await;
    let (holder, writer) = (in_use(&fixture, "users").await, fixture.client().await);
    let sealing = sealing(&fixture);
    until_sealed(&fixture, "jobs").await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(1500) {
        timeout(LONG, writer.batch_execute(CHANGE_USERS)).await.unwrap().unwrap();
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!sealing.is_finished());
    holder.batch_execute("COMMIT").await.unwrap();
    timeout(LONG, sealing).await.unwrap().unwrap().unwrap();
    let refused = writer.batch_execute(CHANGE_USERS).await.unwrap_err();
    assert!(chain(&refused).contains("is sealed by file-manager export --final"), "{refused:?}");
}

#[tokio::test]
async fn a_transaction_that_changed_a_table_before_it_was_sealed_can_not_change_a_sealed_one() {
    let fixture = Fixture::fresh().await;
    let unit = in_use(&fixture, "users").await;
    let sealing = sealing(&fixture);
    until_sealed(&fixture, "jobs").await;
    let refused = timeout(LONG, unit.batch_execute("DELETE FROM jobs")).await.unwrap().unwrap_err();
    assert!(chain(&refused).contains("is sealed by file-manager export --final"), "{refused:?}");
    unit.batch_execute("ROLLBACK").await.unwrap();
    timeout(LONG, sealing).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_table_that_stays_in_use_is_named_and_none_stays_sealed() {
    let fixture = Fixture::fresh().await;
    let holder = in_use(&fixture, "jobs").await;
    let sealed = SealChange::within(&fixture.pool, Duration::from_millis(300)).put_on();
    let told = told(timeout(LONG, sealed).await.unwrap());
    assert!(told.contains("the lock of jobs was not free for 300ms"), "{told}");
    assert_eq!(fixture.ask(TRIGGERS).await, Vec::<String>::new());
    assert_eq!(fixture.ask("SELECT to_regproc('file_manager_refuse_change')::text").await, [""]);
    holder.batch_execute("COMMIT; UPDATE users SET name = name").await.unwrap();
}

#[tokio::test]
async fn a_seal_that_fails_leaves_what_was_sealed_before() {
    let fixture = Fixture::fresh().await;
    SealChange::new(&fixture.pool).put_on().await.unwrap();
    for dropped in [&[][..], &["jobs", "audit_entries"]] {
        let client = fixture.client().await;
        for table in dropped {
            client.batch_execute(&format!("DROP TRIGGER file_manager_seal ON {table}")).await.unwrap();
        }
        let holder = in_use(&fixture, "audit_entries").await;
        let sealed = SealChange::within(&fixture.pool, Duration::from_millis(300)).put_on();
        let told = told(timeout(LONG, sealed).await.unwrap());
        assert!(told.contains("the lock of audit_entries was not free"), "{told}");
        assert_eq!(fixture.ask(TRIGGERS).await.len(), 11 - dropped.len());
        holder.batch_execute("COMMIT").await.unwrap();
    }
    assert_eq!(SealChange::new(&fixture.pool).put_on().await.unwrap(), SealOutcome::PutOn);
    assert_eq!(SealChange::new(&fixture.pool).put_on().await.unwrap(), SealOutcome::WasOn);
}

#[tokio::test]
async fn a_seal_that_is_taken_off_while_it_is_put_on_is_none() {
    let fixture = Fixture::fresh().await;
    let holder = in_use(&fixture, "jobs").await;
    let sealing = sealing(&fixture);
    until_sealed(&fixture, "upload_parts").await;
    timeout(LONG, SealChange::new(&fixture.pool).take_off()).await.unwrap().unwrap();
    holder.batch_execute("COMMIT").await.unwrap();
    let told = told(timeout(LONG, sealing).await.unwrap().unwrap());
    assert!(told.contains("taken off while it was put on"), "{told}");
}
