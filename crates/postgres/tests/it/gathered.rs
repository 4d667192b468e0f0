//! Reads of accounts that come at the same time are one statement, and each is answered as if it were alone.

#![expect(clippy::disallowed_methods, reason = "the ids and tasks of a test are its own to make")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use fm_domain::accounts::{Account, PasswordHash, Role, User};
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::common::{Fixture, SOON};

/// Statements of this database that wait for a lock.
const WAITING: &str = "SELECT count(*)::text FROM pg_stat_activity \
    WHERE wait_event_type = 'Lock' AND datname = current_database()";
const WAITING_PIDS: &str = "SELECT pid::text FROM pg_stat_activity \
    WHERE wait_event_type = 'Lock' AND datname = current_database()";

async fn stored(database: &dyn Database) -> UserId {
    let id = Uuid::now_v7();
    let user = User {
        id: UserId::new(id),
        email: format!("{id}@example.org").parse().unwrap(),
        name: None,
        role: Role::User,
        password_hash: PasswordHash::new("hash".to_owned()),
        created_at: Timestamp::from_unix_seconds(1_800_000_000),
    };
    let mut unit = database.begin().await.unwrap();
    unit.users().insert(&user).await.unwrap();
    unit.commit().await.unwrap();
    user.id
}

fn find(database: &Arc<dyn Database>, id: UserId) -> JoinHandle<PortResult<Option<Account>>> {
    let database = Arc::clone(database);
    tokio::spawn(async move { database.read().await?.users().find(id).await })
}

/// A transaction that lets no other read users until it ends.
async fn locked(fixture: &Fixture) -> tokio_postgres::Client {
    let client = fixture.client().await;
    client.batch_execute("BEGIN; LOCK TABLE users").await.unwrap();
    client
}

async fn waiting(fixture: &Fixture, statements: &str) {
    let seen = async {
        while fixture.ask(WAITING).await != [statements] {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, seen).await.unwrap();
}

#[tokio::test]
async fn questions_that_come_while_one_is_asked_leave_together_and_each_has_its_own_answer() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let mut ids = vec![UserId::new(Uuid::nil())];
    for _ in 0..100 {
        ids.push(stored(&*database).await);
    }
    let lock = locked(&fixture).await;
    let first = find(&database, ids[1]);
    waiting(&fixture, "1").await;
    let questions: Vec<_> = ids.iter().chain(&ids).map(|id| (*id, find(&database, *id))).collect();
    sleep(Duration::from_millis(200)).await;
    waiting(&fixture, "1").await;
    lock.batch_execute("COMMIT").await.unwrap();

    assert_eq!(first.await.unwrap().unwrap().unwrap().user.id, ids[1]);
    for (id, question) in questions {
        let found = question.await.unwrap().unwrap().map(|account| account.user.id);
        assert_eq!(found, (!id.uuid().is_nil()).then_some(id));
    }
}

#[tokio::test]
async fn an_account_that_can_not_be_read_fails_the_question_for_it_alone() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let (broken, sound) = (stored(&*database).await, stored(&*database).await);
    let broken_row = format!("UPDATE users SET email = 'no address' WHERE id = '{}'", broken.uuid());
    fixture.client().await.batch_execute(&broken_row).await.unwrap();
    let lock = locked(&fixture).await;
    let questions = [find(&database, sound), find(&database, broken), find(&database, sound)];
    waiting(&fixture, "1").await;
    lock.batch_execute("COMMIT").await.unwrap();
    let [one, other, third] = questions;
    assert_eq!(one.await.unwrap().unwrap().unwrap().user.id, sound);
    assert!(matches!(other.await.unwrap(), Err(PortError::Corrupt { what: "users.email", .. })));
    assert_eq!(third.await.unwrap().unwrap().unwrap().user.id, sound);
}

#[tokio::test]
async fn a_statement_that_its_client_gave_up_on_holds_up_no_other() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let id = stored(&*database).await;
    let lock = locked(&fixture).await;
    let abandoned = find(&database, id);
    waiting(&fixture, "1").await;
    let patient = find(&database, id);
    // Long enough that the server counts as one that hangs.
    sleep(Duration::from_millis(2_100)).await;
    abandoned.abort();
    // What was asked first is cancelled with its connection, and the other question asked anew.
    let first = fixture.ask(WAITING_PIDS).await;
    let moved = async {
        loop {
            let now = fixture.ask(WAITING_PIDS).await;
            if now.len() == 1 && now != first {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, moved).await.unwrap();
    lock.batch_execute("COMMIT").await.unwrap();
    assert_eq!(patient.await.unwrap().unwrap().unwrap().user.id, id);
}

#[tokio::test]
async fn a_failed_statement_fails_each_of_its_questions_with_its_cause() {
    let fixture = Fixture::fresh().await;
    let database = fixture.database();
    let id = stored(&*database).await;
    fixture.client().await.batch_execute("ALTER TABLE users RENAME TO others").await.unwrap();
    let questions: Vec<_> = (0..5).map(|_| find(&database, id)).collect();
    for question in questions {
        let error = question.await.unwrap().unwrap_err();
        assert!(fm_domain::error::chain(&error).contains("does not exist"), "{error:?}");
    }
}
