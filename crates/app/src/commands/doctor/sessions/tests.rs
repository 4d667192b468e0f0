#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use fm_domain::clock::Clock as _;
use fm_domain::error::PortError;
use fm_domain::sessions::{MockSessionSignal, MockSessionStore, SessionStore as _};
use fm_domain::testing::FixedClock;
use fm_memory::{MemorySessionSignal, MemorySessionStore, SequentialIds};

use super::super::recorder::Recorder;
use super::super::report::Outcome;
use super::{check_session, heard, life_of, scratch};
use crate::adapters::Verdict;

const CLOCK: FixedClock = FixedClock::NEW_YEAR;

#[tokio::test]
async fn a_session_lives_and_leaves_nothing() {
    let store = MemorySessionStore::new();
    let session = scratch(CLOCK.now(), &SequentialIds::default());
    let diagnosis = life_of(&store, &session, &CLOCK).await;
    assert_eq!(diagnosis.verdict, Verdict::Fine, "{diagnosis:?}");
    assert_eq!(store.list(session.user, CLOCK.now()).await.unwrap(), []);
}

#[tokio::test]
async fn a_session_that_can_not_be_refreshed_is_revoked_all_the_same() {
    let session = scratch(CLOCK.now(), &SequentialIds::default());
    let mut store = MockSessionStore::new();
    let found = session.clone();
    store.expect_create().return_once(|_| Ok(()));
    store.expect_find().return_once(move |_, _| Ok(Some(found)));
    store.expect_rotate().return_once(|_, _, _| Err(PortError::Unexpected("NOPERM".into())));
    let (user, id) = (session.user, session.id);
    store
        .expect_revoke()
        .once()
        .withf(move |of, session| *of == user && *session == id)
        .returning(|_, _| Ok(true));
    let mut recorder = Recorder::new("sessions", "");
    check_session(&mut recorder, &store, &session, &CLOCK).await;
    let steps = recorder.into_steps();
    assert_eq!(steps[0].outcome, Outcome::Fail);
    assert!(steps[0].detail.ends_with("NOPERM"), "{steps:?}");
}

#[tokio::test]
async fn a_signal_is_heard_of_or_named() {
    let id = scratch(CLOCK.now(), &SequentialIds::default()).id;
    let well = heard(&MemorySessionSignal::default(), id).await;
    assert_eq!(well.verdict, Verdict::Fine, "{well:?}");
    let mut deaf = MockSessionSignal::new();
    deaf.expect_subscribe().return_once(|listener| {
        if let Some(listener) = listener.upgrade() {
            listener.signal_connected();
        }
    });
    deaf.expect_publish().return_once(|_| Err(PortError::Unavailable("it is gone".into())));
    let failed = heard(&deaf, id).await;
    assert_eq!(failed.verdict, Verdict::Failure);
    assert!(failed.detail.ends_with("it is gone"), "{failed:?}");
}
