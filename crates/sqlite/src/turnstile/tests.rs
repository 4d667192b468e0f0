#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::pin::pin;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use fm_domain::database::Database as _;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::*;
use crate::{SqliteDatabase, migrate};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_process_that_stands_still_is_waited_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let (mut stopped, mut writer) = (Turnstile::of(&path), Turnstile::of(&path));
    writer.limit = PAUSE;
    let still = stopped.enter();
    assert!(writer.enter().0.is_none());
    writer.limit = HOUR;
    assert!(writer.enter().0.is_none(), "it is passed by at once");
    drop(still);
    assert!(writer.enter().0.is_some());
    assert!(!writer.is_stuck);
}

#[test]
fn a_process_that_waited_for_a_third_one_too_has_its_turn_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let (mut other, mut writer) = (Turnstile::of(&path), Turnstile::of(&path));
    writer.limit = PAUSE;
    let _waiting = other.enter();
    let at_once = || Ok::<(), ()>(());
    let late = || {
        thread::sleep(AT_ONCE);
        at_once()
    };
    // A busy machine may be late, but not again and again.
    let stands_still = (0..4).any(|_| {
        writer.pass(at_once).unwrap();
        writer.is_stuck
    });
    assert!(stands_still, "the file was free");
    writer.pass(late).unwrap();
    assert!(!writer.is_stuck, "a third one had the file");
}

#[tokio::test]
async fn a_unit_begins_after_the_process_that_waits_already() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    migrate(&path).unwrap();
    let database = SqliteDatabase::open(&path).unwrap();
    let mut other = Turnstile::of(&path);
    let inside = other.enter();
    let mut unit = database.begin().await.unwrap();
    let repo = unit.jobs();
    let mut asked = pin!(repo.next_due(&[]));
    assert!(timeout(Duration::from_millis(200), &mut asked).await.is_err(), "it has not begun");
    drop(inside);
    asked.await.unwrap();
}

#[tokio::test]
async fn a_unit_that_waits_for_the_file_stands_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    migrate(&path).unwrap();
    let database = SqliteDatabase::open(&path).unwrap();
    let mut holder = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    holder.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut unit = database.begin().await.unwrap();
        unit.jobs().next_due(&[]).await.map(drop)
    });
    let mut other = Turnstile::of(&path);
    other.limit = Duration::ZERO;
    while other.enter().0.is_some() {
        assert!(tasks.try_join_next().is_none(), "it did not wait in the turnstile");
        sleep(PAUSE).await;
    }
    holder.batch_execute("ROLLBACK").unwrap();
    tasks.join_next().await.unwrap().unwrap().unwrap();
}
