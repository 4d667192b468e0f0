//! What is planned, what is recorded, and when a fault strikes.

use std::time::Duration;

use fm_resilience::fault::{Fault, Faults, Moment, Operation, When};
use tokio::time::timeout;

use crate::faults::rig::{Got, Rig, got, in_time, key};

#[tokio::test]
async fn the_nth_call_of_an_operation_is_struck_and_no_other() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::BlobStoreHead, 2), Fault::FailBefore);
    let mut answers = Vec::new();
    for _ in 0..3 {
        rig.blobs.ping().await.unwrap();
        answers.push(got(rig.blobs.head(&key()).await));
    }
    assert_eq!(answers, [Got::Answer, Got::Unavailable, Got::Answer]);
}

#[tokio::test]
async fn every_call_of_an_operation_is_struck() {
    let rig = Rig::new();
    rig.faults.plan(When::Every(Operation::BlobStorePing), Fault::FailBefore);
    for _ in 0..3 {
        assert_eq!(got(rig.blobs.ping().await), Got::Unavailable);
        assert_eq!(got(rig.sessions.ping().await), Got::Answer);
    }
}

#[tokio::test]
async fn calls_of_all_ports_are_counted_in_one_sequence() {
    let rig = Rig::new();
    rig.faults.plan(When::Call(3), Fault::LoseAnswer);
    let answers = [got(rig.db.ping().await), got(rig.blobs.ping().await), got(rig.sessions.ping().await)];
    assert_eq!(answers, [Got::Answer, Got::Answer, Got::Unavailable]);
    let calls = [Operation::DatabasePing, Operation::BlobStorePing, Operation::SessionStorePing];
    assert_eq!(rig.faults.calls(), calls);
    assert_eq!(rig.faults.injected(), [(Operation::SessionStorePing, Fault::LoseAnswer)]);
}

#[tokio::test]
async fn calls_in_a_row_are_struck_and_no_others() {
    let rig = Rig::new();
    rig.faults.plan(When::Calls { first: 2, last: 3 }, Fault::FailBefore);
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.extend([got(rig.db.ping().await), got(rig.blobs.ping().await)]);
    }
    assert_eq!(answers, [Got::Answer, Got::Unavailable, Got::Unavailable, Got::Answer]);
}

#[tokio::test]
async fn of_two_faults_for_one_call_the_first_strikes() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::DatabaseBegin, 1), Fault::Contend);
    rig.faults.plan(When::Every(Operation::DatabaseBegin), Fault::FailBefore);
    assert_eq!(got(rig.db.begin().await), Got::Contended);
    assert_eq!(got(rig.db.begin().await), Got::Unavailable);
}

#[tokio::test]
async fn a_call_that_can_not_suffer_what_is_planned_passes_and_is_not_told_of() {
    let rig = Rig::new();
    rig.faults.plan(When::Call(1), Fault::Truncate { after: 1 });
    assert_eq!(got(rig.db.ping().await), Got::Answer);
    assert_eq!(rig.faults.injected(), []);
}

#[test]
#[should_panic(expected = "UnitOfWork::commit can't suffer Duplicate")]
fn a_plan_that_names_an_operation_that_can_not_suffer_it_is_refused() {
    Faults::new().plan(When::Every(Operation::UnitCommit), Fault::Duplicate);
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_no_port_answers_or_is_reached_any_more() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::BlobStorePing, 1), Fault::Crash(Moment::Before));
    assert!(timeout(Duration::from_secs(1), rig.faults.crashed()).await.is_err(), "nothing crashed yet");
    assert_eq!(in_time(rig.blobs.ping()).await.map(got), None);
    assert_eq!(in_time(rig.faults.crashed()).await, Some(Operation::BlobStorePing));
    assert_eq!(in_time(rig.db.ping()).await.map(got), None);
    assert_eq!(in_time(rig.sessions.ping()).await.map(got), None);
    assert_eq!(rig.reached.calls(), []);
    assert_eq!(rig.faults.calls(), [Operation::BlobStorePing], "a dead process calls no other port");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_crash_ends_while_the_call_hangs() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::DatabasePing, 1), Fault::Crash(Moment::After));
    let ended = tokio::select! {
        answer = rig.db.ping() => panic!("the dead answered {answer:?}"),
        operation = rig.faults.crashed() => operation,
    };
    assert_eq!(ended, Operation::DatabasePing);
    assert_eq!(rig.reached.calls(), [Operation::DatabasePing]);
}

#[tokio::test(start_paused = true)]
async fn while_a_process_stands_still_no_port_is_reached() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::BlobStorePing, 1), Fault::Suspend(Moment::Before));
    let mut standing = rig.blobs.ping();
    assert!(timeout(Duration::from_secs(1), &mut standing).await.is_err());
    assert!(timeout(Duration::from_secs(1), rig.db.ping()).await.is_err());
    assert_eq!(rig.reached.calls(), []);
    assert!(timeout(Duration::from_secs(1), rig.faults.crashed()).await.is_err(), "it is not dead");
    rig.faults.resume();
    standing.await.unwrap();
    rig.db.ping().await.unwrap();
    assert_eq!(rig.reached.calls(), [Operation::BlobStorePing, Operation::DatabasePing]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_process_is_not_resumed() {
    let rig = Rig::new();
    rig.faults.plan(When::Nth(Operation::DatabasePing, 1), Fault::Crash(Moment::Before));
    assert_eq!(in_time(rig.db.ping()).await.map(got), None);
    rig.faults.resume();
    assert_eq!(in_time(rig.blobs.ping()).await.map(got), None);
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_plans_and_calls_and_the_death() {
    let rig = Rig::new();
    rig.faults.plan(When::Every(Operation::DatabasePing), Fault::Crash(Moment::Before));
    assert_eq!(in_time(rig.db.ping()).await.map(got), None);
    rig.faults.reset();
    assert_eq!((rig.faults.calls(), rig.faults.injected()), (Vec::new(), Vec::new()));
    assert_eq!(in_time(rig.db.ping()).await.map(got), Some(Got::Answer));
    assert!(timeout(Duration::from_secs(1), rig.faults.crashed()).await.is_err(), "it lives again");
}

#[tokio::test]
async fn clones_of_a_handle_share_plans_and_calls() {
    let rig = Rig::new();
    let other = rig.faults.clone();
    other.plan(When::Nth(Operation::DatabasePing, 1), Fault::FailBefore);
    assert_eq!(got(rig.db.ping().await), Got::Unavailable);
    assert_eq!(other.count(Operation::DatabasePing), 1);
}

#[test]
fn every_operation_has_a_name_of_its_own_in_its_port() {
    let names: std::collections::HashSet<_> =
        Operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(names.len(), Operation::ALL.len());
    for operation in Operation::ALL {
        assert_eq!(operation.to_string().split_once("::").unwrap().0, operation.port());
    }
}
