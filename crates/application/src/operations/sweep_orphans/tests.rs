#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;

use super::{SweepOrphans, SweepOrphansCommand, SweepOrphansError, SweptOrphans};
use crate::operations::fixture::{Deployment, State, blob};
use crate::ports::Ports;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::{BlobKey, BlobState};

const DAY: Duration = Duration::from_hours(24);

async fn sweep(deployment: &Deployment, dry_run: bool) -> Result<SweptOrphans, SweepOrphansError> {
    SweepOrphans::new(&deployment.ports()).run(SweepOrphansCommand { min_age: DAY, dry_run }).await
}

fn actions(state: &State) -> Vec<AuditAction> {
    state.trail.entries().into_iter().map(|entry| entry.action).collect()
}

/// A file, an orphan, one that is too young, and blobs that the database knows.
fn deployment() -> Deployment {
    let deployment = Deployment::default();
    deployment.file(1, "hello");
    let mut state = deployment.state();
    state.put(BlobKey::file(blob(2)), "an orphan");
    let young = (Bytes::new(), Deployment::now().minus(DAY));
    state.store.insert(BlobKey::file(blob(3)), young);
    for (n, known) in [(4, BlobState::Intent), (5, BlobState::Deleted)] {
        state.put(BlobKey::thumbnail(blob(n)), "known");
        state.records.insert(BlobKey::thumbnail(blob(n)), known);
    }
    drop(state);
    deployment
}

#[tokio::test]
async fn only_orphans_that_are_old_enough_go() {
    let deployment = deployment();
    let expected = SweptOrphans { listed: 5, deleted: 1, bytes: 9, failed: 0 };
    assert_eq!(sweep(&deployment, true).await.unwrap(), expected);
    assert_eq!(deployment.state().store.len(), 5, "a dry run deletes nothing");
    assert_eq!(deployment.state().trail.entries(), []);
    assert_eq!(sweep(&deployment, false).await.unwrap(), expected);
    let state = deployment.state();
    assert_eq!(actions(&state), [AuditAction::ORPHANS_DELETED]);
    assert_eq!(state.store.len(), 4);
    assert!(!state.store.contains_key(&BlobKey::file(blob(2))));
}

#[tokio::test]
async fn a_database_that_knows_nothing_of_the_store_is_refused() {
    let deployment = deployment();
    deployment.state().records.clear();
    for dry_run in [true, false] {
        let refused = sweep(&deployment, dry_run).await;
        assert!(matches!(refused, Err(SweepOrphansError::StrangeDatabase)), "{refused:?}");
    }
    assert_eq!(deployment.state().store.len(), 5);
}

#[tokio::test]
async fn an_empty_store_has_no_orphans() {
    assert_eq!(sweep(&Deployment::default(), false).await.unwrap(), SweptOrphans::default());
}

#[tokio::test]
async fn a_store_without_lists_is_refused() {
    let ports = Ports { lister: None, ..deployment().ports() };
    let command = SweepOrphansCommand { min_age: DAY, dry_run: true };
    let refused = SweepOrphans::new(&ports).run(command).await;
    assert!(matches!(refused, Err(SweepOrphansError::NotListable)), "{refused:?}");
}

#[tokio::test]
async fn an_orphan_that_cannot_be_deleted_is_counted_and_many_are_a_broken_store() {
    let deployment = deployment();
    deployment.state().stuck.push(BlobKey::file(blob(2)));
    let swept = sweep(&deployment, false).await.unwrap();
    assert_eq!((swept.deleted, swept.failed), (0, 1));
    assert_eq!(actions(&deployment.state()), [], "nothing was deleted");
    for n in [12, 13] {
        deployment.state().put(BlobKey::file(blob(n)), "an orphan");
        deployment.state().stuck.push(BlobKey::file(blob(n)));
    }
    let ended = sweep(&deployment, false).await;
    assert!(matches!(ended, Err(SweepOrphansError::Store(_))), "{ended:?}");
}
