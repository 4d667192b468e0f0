//! Faults of a server and of its connections: callers recover from them, and none waits for ever.

#![expect(clippy::disallowed_methods, reason = "the ids of a test are its own to make")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobIntent, BlobKey};
use fm_domain::body::ByteSize;
use fm_domain::database::Database as _;
use fm_domain::error::PortError;
use fm_domain::files::{FileFilter, FilePage, FileSort, SortOrder};
use fm_domain::ids::{BlobId, SessionId, UserId};
use fm_domain::jobs::{JobSignal, MAX_UNNOTIFIED_WAIT};
use fm_domain::sessions::{EndedSessions, RefreshState, Session, SessionSignal as _, SessionStore as _};
use fm_postgres::{MigrationError, PgAddress, PgDatabase, PgJobSignal, PgLimits, PgPool, PgSessionSignal};
use tokio::time::timeout;
use uuid::Uuid;

use crate::common::samples::{KIND, at, enqueue, stored_user, user};
use crate::common::{Fixture, SOON};

#[tokio::test]
async fn after_every_connection_was_killed_the_next_use_recovers() {
    let fixture = Fixture::fresh().await;
    let (database, sessions) = (fixture.database(), fixture.sessions());
    let id = stored_user(&*database).await;
    let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Descending, after: None, limit: 10 };
    let session = Session {
        id: SessionId::new(Uuid::now_v7()),
        user: id,
        created_at: at(0),
        last_seen_at: at(0),
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([7; 16], at(3600)),
    };
    sessions.create(&session).await.unwrap();
    for _ in 0..3 {
        // Connections of each kind are open, and all of them die.
        let mut units = [database.begin().await.unwrap(), database.begin().await.unwrap()];
        for unit in &mut units {
            unit.jobs().count_living().await.unwrap();
        }
        for unit in units {
            unit.rollback().await.unwrap();
        }
        database.read().await.unwrap().users().find(id).await.unwrap();
        database.read().await.unwrap().users().find(id).await.unwrap();
        assert!(fixture.kill_connections().await >= 3);

        let mut unit = database.begin().await.unwrap();
        unit.jobs().count_living().await.unwrap();
        unit.commit().await.unwrap();
        assert!(database.read().await.unwrap().users().find(id).await.unwrap().is_some());
        assert!(sessions.find(session.id, at(1)).await.unwrap().is_some());
        database
            .read()
            .await
            .unwrap()
            .files()
            .list(&Access::on_behalf_of(id, Right::Read), &FileFilter::default(), &page)
            .await
            .unwrap();
        sessions.touch(session.id, at(1), None).await.unwrap();
        database.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_killed_inside_a_unit_fails_the_unit_as_unavailable() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let mut unit = database.begin().await.unwrap();
    unit.jobs().count_living().await.unwrap();
    fixture.kill_connections().await;
    let failed = unit.users().insert(&user()).await;
    assert!(format!("{failed:?}").contains("Unavailable"), "{failed:?}");
    assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));
}

/// An intent of a blob, which is one statement.
fn intent() -> BlobIntent {
    BlobIntent {
        key: BlobKey::file(BlobId::new(Uuid::now_v7())),
        owner: UserId::new(Uuid::now_v7()),
        reserved: ByteSize::ZERO,
        recorded_at: at(0),
        expires_at: at(60),
    }
}

#[tokio::test]
async fn a_connection_killed_before_the_first_statement_of_a_unit_is_replaced() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    for _ in 0..3 {
        let mut unit = database.begin().await.unwrap();
        fixture.kill_connections().await;
        unit.users().insert(&user()).await.unwrap();
        unit.commit().await.unwrap();

        let mut alone = database.begin().await.unwrap();
        fixture.kill_connections().await;
        alone.blobs().record_intent(&intent()).await.unwrap();
        alone.commit().await.unwrap();
    }
    assert_eq!(fixture.ask("SELECT count(*)::text FROM users").await, ["3"]);
    assert_eq!(fixture.ask("SELECT count(*)::text FROM blobs").await, ["3"]);
}

#[tokio::test]
async fn a_unit_of_one_write_that_is_cancelled_leaves_all_of_it_or_nothing_and_its_connection_to_no_other() {
    let fixture = Fixture::with(PgLimits { pooled: 1, ..PgLimits::default() }).await;
    let database = fixture.database();
    let lock = fixture.client().await;
    lock.batch_execute("BEGIN; LOCK TABLE blobs").await.unwrap();
    let mut unit = database.begin().await.unwrap();
    unit.blobs().record_intent(&intent()).await.unwrap();
    assert!(timeout(Duration::from_millis(200), unit.commit()).await.is_err(), "the table is locked");
    let mut next = database.begin().await.unwrap();
    assert_eq!(timeout(SOON, next.jobs().count_living()).await.unwrap().unwrap(), 0);
    next.rollback().await.unwrap();
    lock.batch_execute("ROLLBACK").await.unwrap();
    let found = fixture.ask("SELECT count(*)::text FROM blobs").await;
    assert!(found == ["0"] || found == ["1"], "{found:?}");
}

#[tokio::test]
async fn what_a_unit_that_was_rolled_back_deferred_is_never_written() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    for has_begun in [false, true] {
        let mut unit = database.begin().await.unwrap();
        if has_begun {
            unit.jobs().count_living().await.unwrap();
        }
        unit.blobs().record_intent(&intent()).await.unwrap();
        unit.rollback().await.unwrap();
        let mut unit = database.begin().await.unwrap();
        unit.blobs().record_intent(&intent()).await.unwrap();
        drop(unit);
    }
    assert_eq!(fixture.ask("SELECT count(*)::text FROM blobs").await, ["0"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_never_answers_is_unavailable_in_time_and_no_error_tells_the_password()
{
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for place in [silent.local_addr().unwrap(), gone] {
        let address =
            PgAddress::parse(&format!("postgres://ann:s3cret@{place}/db?connect_timeout=1")).unwrap();
        let limits = PgLimits { checkout: Duration::from_secs(2), ..PgLimits::default() };
        let database = PgDatabase::new(PgPool::new(address, limits).unwrap());
        let started = Instant::now();
        let begun = database.begin().await.err().unwrap();
        let pinged = database.ping().await.err().unwrap();
        let found =
            database.read().await.unwrap().users().find(UserId::new(Uuid::nil())).await.err().unwrap();
        assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
        for error in [begun, pinged, found] {
            assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
            assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn an_exhausted_pool_is_unavailable_in_time() {
    let fixture =
        Fixture::with(PgLimits { pooled: 1, checkout: Duration::from_secs(1), ..PgLimits::default() }).await;
    let database = fixture.database();
    let held = database.begin().await.unwrap();
    let refused = timeout(SOON, database.begin()).await.unwrap().err().unwrap();
    assert!(matches!(refused, PortError::Unavailable(_)), "{refused:?}");
    drop(held);
    timeout(SOON, database.begin()).await.unwrap().unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_unit_dropped_while_it_waits_for_a_lock_frees_its_own_at_once() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let (one, other) = (stored_user(&*database).await, stored_user(&*database).await);
    let mut holder = database.begin().await.unwrap();
    holder.users().find_for_update(one).await.unwrap();

    let mut waiting = database.begin().await.unwrap();
    waiting.users().find_for_update(other).await.unwrap();
    let waited = timeout(Duration::from_millis(300), waiting.users().find_for_update(one)).await;
    assert!(waited.is_err(), "the row is locked by another");
    drop(waiting);

    let mut next = database.begin().await.unwrap();
    timeout(SOON, next.users().find_for_update(other)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_unit_whose_statement_was_cancelled_is_never_committed() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let id = stored_user(&*database).await;
    let mut holder = database.begin().await.unwrap();
    holder.users().find_for_update(id).await.unwrap();
    let mut unit = database.begin().await.unwrap();
    let late = user();
    unit.users().insert(&late).await.unwrap();
    assert!(timeout(Duration::from_millis(100), unit.users().find_for_update(id)).await.is_err());
    assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));
    assert_eq!(database.read().await.unwrap().users().find(late.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_unavailable_and_a_deadlock_is_contended() {
    let fixture = Fixture::with(PgLimits { statement: Duration::from_secs(6), ..PgLimits::default() }).await;
    let database = fixture.database();
    let (one, other) = (stored_user(&*database).await, stored_user(&*database).await);
    let mut first = database.begin().await.unwrap();
    let mut second = database.begin().await.unwrap();
    first.users().find_for_update(one).await.unwrap();
    second.users().find_for_update(other).await.unwrap();
    let (left, right) = tokio::join!(first.users().find_for_update(other), async {
        let found = second.users().find_for_update(one).await;
        drop(second);
        found
    });
    let lost = left.err().or(right.err()).unwrap();
    assert!(matches!(lost, PortError::Contended(_)), "{lost:?}");
    drop(first);

    let mut holder = database.begin().await.unwrap();
    holder.users().find_for_update(one).await.unwrap();
    let mut late = database.begin().await.unwrap();
    let failed = timeout(SOON, late.users().find_for_update(one)).await.unwrap().err().unwrap();
    assert!(matches!(failed, PortError::Unavailable(_)), "{failed:?}");
}

#[tokio::test]
async fn every_connection_says_who_it_is_and_how_long_it_may_take() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let _unit = database.begin().await.unwrap();
    database.ping().await.unwrap();
    let names = fixture
        .ask("SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .await;
    assert!(names.len() >= 2 && names.iter().all(|name| name == "file-manager"), "{names:?}");
}

/// Waits until it says that a job was added.
async fn hears(signal: &dyn JobSignal) {
    while !signal.wait(Duration::from_hours(1)).await {}
}

#[tokio::test]
async fn a_listener_without_a_connection_does_not_let_its_caller_sleep_long() {
    let signal = PgJobSignal::new(PgAddress::parse("postgres://unknown@127.0.0.1:1/nothing").unwrap());
    let heard = timeout(MAX_UNNOTIFIED_WAIT + SOON, signal.wait(Duration::from_hours(1))).await;
    assert_eq!(heard, Ok(false));
}

#[tokio::test]
async fn a_process_that_waits_for_nothing_takes_no_connection_to_listen_on() {
    const LISTENERS: &str = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let fixture = Fixture::fresh().await;
    let (jobs, sessions) =
        (fixture.signal(), PgSessionSignal::new(fixture.address.clone(), fixture.pool.clone()));
    sessions.publish(EndedSessions::One(SessionId::new(Uuid::now_v7()))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fixture.ask(LISTENERS).await, ["0"]);
    timeout(SOON, hears(&jobs)).await.unwrap();
    assert_eq!(fixture.ask(LISTENERS).await, ["1"]);
}

#[tokio::test]
async fn a_listener_whose_connection_was_killed_listens_again() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let signal = fixture.signal();
    enqueue(&*database).await;
    timeout(SOON, hears(&signal)).await.unwrap();
    // Nothing was added since: the worker is not woken. (It may wake once more for the connection that was just made.)
    let (pause, mut longest) = (Duration::from_millis(200), Duration::ZERO);
    for _ in 0..3 {
        let started = Instant::now();
        signal.wait(pause).await;
        longest = longest.max(started.elapsed());
    }
    assert!(longest >= pause, "{longest:?}");

    fixture.kill_connections().await;
    let (woken, ()) = tokio::join!(timeout(SOON, hears(&signal)), enqueue(&*database));
    assert!(woken.is_ok(), "a job committed while there was no listener is not missed");
    signal.wait(Duration::from_millis(500)).await;
    let (woken, ()) = tokio::join!(timeout(SOON, hears(&signal)), enqueue(&*database));
    assert!(woken.is_ok(), "a job committed afterwards wakes");
}

#[tokio::test]
async fn what_is_stored_but_can_not_be_read_is_corrupt_and_poisons_the_unit() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let id = stored_user(&*database).await;
    fixture.client().await.batch_execute("UPDATE users SET email = 'no address'").await.unwrap();
    let found = database.read().await.unwrap().users().find(id).await;
    assert!(matches!(found, Err(PortError::Corrupt { what: "users.email", .. })), "{found:?}");
    let mut unit = database.begin().await.unwrap();
    let found = unit.users().find_for_update(id).await;
    assert!(matches!(found, Err(PortError::Corrupt { .. })), "{found:?}");
    assert!(matches!(unit.commit().await, Err(PortError::Poisoned)));
}

#[tokio::test]
async fn a_table_changed_under_prepared_statements_is_read_all_the_same() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let id = stored_user(&*database).await;
    for _ in 0..4 {
        assert!(database.read().await.unwrap().users().find(id).await.unwrap().is_some());
    }
    let change =
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(300), ALTER COLUMN email TYPE varchar(300)";
    fixture.client().await.batch_execute(change).await.unwrap();
    for _ in 0..4 {
        assert!(database.read().await.unwrap().users().find(id).await.unwrap().is_some());
    }
}

/// With statistics of a table of one row PostgreSQL may choose anew for each row of it.
#[tokio::test]
async fn a_claim_takes_no_more_than_it_asks_for_whatever_the_statistics_say() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    enqueue(database.as_ref()).await;
    fixture.client().await.batch_execute("VACUUM ANALYZE jobs").await.unwrap();
    for _ in 0..3 {
        enqueue(database.as_ref()).await;
    }
    for _ in 0..4 {
        let mut unit = database.begin().await.unwrap();
        let claimed = unit.jobs().claim(&[KIND], at(1), at(60), 1).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(claimed.len(), 1);
    }
}

#[tokio::test]
async fn a_lock_of_the_migrations_that_another_has_is_waited_for_with_an_end() {
    let fixture = Fixture::bare(PgLimits::default()).await;
    let holder = fixture.client().await;
    let lock = "SELECT pg_advisory_lock(hashtext('file-manager migrations'))";
    holder.batch_execute(lock).await.unwrap();
    let wait = Duration::from_millis(600);
    let started = Instant::now();
    let refused = timeout(SOON, fixture.migrations().waiting_for(wait).up()).await.unwrap().unwrap_err();
    assert!(matches!(refused, MigrationError::Locked(waited) if waited == wait), "{refused:?}");
    assert!(started.elapsed() >= wait && refused.to_string().contains("pg_locks"), "{refused}");
    assert_eq!(fixture.ask("SELECT to_regclass('users')::text").await, [""], "nothing was migrated");
    let migrations = fixture.migrations();
    let (migrated, ()) = tokio::join!(migrations.up(), async {
        tokio::time::sleep(wait).await;
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    });
    assert!(!migrated.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_that_takes_no_writes_fails_its_ping_and_is_read_all_the_same() {
    let fixture = Fixture::fresh().await;
    let id = stored_user(&*fixture.database()).await;
    fixture.database().ping().await.unwrap();
    let name = fixture.ask("SELECT current_database()::text").await.remove(0);
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    fixture.client().await.batch_execute(&set).await.unwrap();
    // New connections are told.
    let database = PgDatabase::new(fixture.another_pool());
    let failed = database.ping().await.unwrap_err();
    assert!(matches!(failed, PortError::Unavailable(_)), "{failed:?}");
    assert!(format!("{failed:?}").contains("takes no writes"), "{failed:?}");
    assert!(database.read().await.unwrap().users().find(id).await.unwrap().is_some());
    let mut unit = database.begin().await.unwrap();
    let refused = unit.users().insert(&user()).await;
    assert!(format!("{refused:?}").contains("Unavailable"), "{refused:?}");
}

#[tokio::test]
async fn a_server_without_a_pooler_is_not_taken_for_one() {
    let fixture = Fixture::fresh().await;
    for _ in 0..3 {
        assert!(!fixture.address.is_pooled_by_transaction().await.unwrap());
    }
}
