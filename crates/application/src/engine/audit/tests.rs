use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use fm_domain::database::ReadRepos;
use fm_domain::testing::{Effects, FakeUnitOfWork, FixedClock, a_file};

use super::*;
use crate::fixture::{a_unit_of_the_trail, actor, by_ada, lost_race, noted, unavailable};
use crate::testing::TestPorts;

fn target() -> Uuid {
    a_file().id.uuid()
}

async fn record(ports: &Ports) {
    let actor = actor();
    AuditTrail::new(ports).record(Act::by(&actor, AuditAction::LINK_CREATED, Some(target()))).await;
}

#[tokio::test]
async fn an_entry_of_its_own_is_committed_with_its_time_and_an_id() {
    let effects = Effects::default();
    let (unit, trail) = a_unit_of_the_trail(&effects);
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    record(&doubles.ports()).await;
    assert_eq!(noted(&trail), [by_ada(AuditAction::LINK_CREATED, Some(target()))]);
    assert!(!trail.entries().iter().any(|entry| entry.id.uuid().is_nil()));
    assert_eq!(effects.seen(), ["commit"]);
}

#[tokio::test]
async fn a_unit_that_lost_a_race_is_tried_again_with_the_same_entry() {
    let effects = Effects::default();
    let units = [(); 2].map(|()| a_unit_of_the_trail(&effects));
    let trails = units.each_ref().map(|(_, trail)| trail.clone());
    let [(first, _), (second, _)] = units;
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(first.committing_with(lost_race())).unit(second);
    record(&doubles.ports()).await;
    let [first, second] = trails.map(|trail| trail.entries());
    assert_eq!(first, second);
    assert_eq!(effects.seen(), ["commit", "commit"]);
}

#[tokio::test]
async fn a_failure_is_no_failure_of_what_was_done() {
    let effects = Effects::default();
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(FakeUnitOfWork::noting(&effects).committing_with(unavailable()));
    let ports = doubles.ports();
    record(&ports).await;
    record(&ports).await;
    assert_eq!(effects.seen(), ["commit"], "the second finds no database");
}

/// A database that never answers.
struct Stuck(AtomicUsize);

#[async_trait]
impl Database for Stuck {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        std::future::pending().await
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_two_seconds_for_a_database_that_hangs() {
    let stuck = Arc::new(Stuck(AtomicUsize::new(0)));
    let started = tokio::time::Instant::now();
    record(&Ports { db: stuck.clone(), ..TestPorts::default().ports() }).await;
    assert!((2..3).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert_eq!(stuck.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_retention_nothing_is_written() {
    let effects = Effects::default();
    let (unit, trail) = a_unit_of_the_trail(&effects);
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let ports = Ports { audit_retention: Duration::ZERO, ..doubles.ports() };
    record(&ports).await;
    let mut unit = FakeUnitOfWork::default();
    let act = Act::of_operator(AuditAction::JOB_RETRIED, None);
    let appended = AuditTrail::new(&ports).append(&mut unit, FixedClock::NEW_YEAR.now(), act).await;
    assert!(appended.is_ok());
    assert_eq!((trail.entries(), unit.audit.entries()), (vec![], vec![]));
    assert_eq!(effects.seen(), [""; 0], "no unit was opened");
}

#[tokio::test]
async fn an_agent_is_cut_and_an_operator_has_none() {
    let agent = |count| Client { ip: None, user_agent: Some("\u{fc}".repeat(count)) };
    let long = actor().through(agent(600));
    let trail = AuditTrail::new(&TestPorts::default().ports());
    let mut unit = FakeUnitOfWork::default();
    let now = FixedClock::NEW_YEAR.now();
    let acts =
        [Act::by(&long, AuditAction::FILE_RENAMED, None), Act::of_operator(AuditAction::JOB_RETRIED, None)];
    for act in acts {
        assert!(trail.append(&mut unit, now, act).await.is_ok());
    }
    let clients: Vec<Client> = unit.audit.entries().into_iter().map(|entry| entry.client).collect();
    assert_eq!(clients, [agent(512), Client::default()]);
}
