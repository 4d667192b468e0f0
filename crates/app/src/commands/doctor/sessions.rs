//! The session store, and the signal that tells nodes of sessions that ended.

use std::sync::{Arc, Weak};
use std::time::Duration;

use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{Cause, chain};
use fm_domain::ids::{IdSource, SessionId, UserId};
use fm_domain::sessions::{
    EndedSessions, Generation, RefreshState, Session, SessionListener, SessionSignal, SessionStore,
};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::recorder::Recorder;
use super::report::Step;
use crate::StartError;
use crate::adapters::{DatabaseSessions, Diagnosis, OpenContext, SessionStoreFactory as _};
use crate::config::Config;

/// How long the scratch session lives where it can't be removed.
const LIFE: Duration = Duration::from_mins(1);

/// How long it may take to revoke a session after the step failed.
const REVOCATION: Duration = Duration::from_secs(1);

/// How long a signal may take.
const SIGNAL: Duration = Duration::from_millis(1_500);

const LOOK: &str = "look at what the database or Redis, whichever SESSION_STORE names, allows the program to do, and at its log";

pub(super) async fn check(config: &Config, mut context: OpenContext, ids: &dyn IdSource) -> Vec<Step> {
    let mut recorder = Recorder::new(
        "sessions",
        "see whether the database or Redis, whichever SESSION_STORE names, runs and can be reached from here",
    );
    let storage = &config.storage;
    // The part of the database tells what is missing there, and opening it would create it.
    if storage.database.checkup(&context).is_some_and(|checkup| !checkup.is_there()) {
        recorder.skip(&["open", "session", "signal"], "the database, which is not there yet");
        return recorder.into_steps();
    }
    let opened = async {
        let broken = |error: StartError| Diagnosis::failure(chain(&error), LOOK);
        if storage.session_store == DatabaseSessions::name() {
            let migrations = storage.database.migrations().map_err(broken)?;
            let states =
                migrations.status().await.map_err(|error| Diagnosis::failure(chain(&error), LOOK))?;
            if states.iter().any(|state| !state.applied) {
                let remedy = "have them applied, as the part of the database says";
                return Err(Diagnosis::warning("migrations of the database are pending", remedy));
            }
        }
        let database = storage.database.open(&mut context).await.map_err(broken)?;
        let store = storage.sessions.open(&mut context, &database).await.map_err(broken)?;
        let signal = storage.sessions.signal(&context, &database);
        Ok(((store, signal), Diagnosis::fine("it can be opened")))
    };
    if let Some((store, signal)) = recorder.obtain("open", opened).await {
        let session = scratch(context.clock.now(), ids);
        check_session(&mut recorder, &*store, &session, &*context.clock).await;
        match signal {
            Some(signal) => {
                recorder.check("signal", heard(&*signal, session.id)).await;
            }
            None if storage.sessions.is_of_one_process(storage.database.as_ref()) => recorder.note(
                "signal",
                Diagnosis::warning(
                    "the sessions live in the memory of one process",
                    "choose another SESSION_STORE where they shall outlive it, or where there are several nodes",
                ),
            ),
            None => recorder.note("signal", Diagnosis::fine("no node has copies of sessions: none is needed")),
        }
    } else {
        recorder.skip(&["session", "signal"], "open");
    }
    recorder.shut_down(context.shutdown).await
}

/// A session of a user whom there is not.
fn scratch(now: Timestamp, ids: &dyn IdSource) -> Session {
    Session {
        id: SessionId::new(ids.uuid()),
        user: UserId::new(ids.uuid()),
        created_at: now,
        last_seen_at: now,
        ip: None,
        user_agent: Some("file-manager doctor".to_owned()),
        refresh: RefreshState::first([0; 16], now.plus(LIFE)),
    }
}

async fn check_session(
    recorder: &mut Recorder,
    store: &dyn SessionStore,
    session: &Session,
    clock: &dyn Clock,
) {
    if !recorder.check("session", life_of(store, session, clock)).await {
        // The step may have ended midway. A store that does not take this either loses the session within a minute.
        let _in_time: Result<_, _> = timeout(REVOCATION, store.revoke(session.user, session.id)).await;
    }
}

async fn life_of(store: &dyn SessionStore, session: &Session, clock: &dyn Clock) -> Diagnosis {
    match lived(store, session, clock).await {
        Ok(None) => Diagnosis::fine("a session was created, found, rotated, listed and revoked"),
        Ok(Some(odd)) => Diagnosis::failure(odd, LOOK),
        Err(error) => Diagnosis::failure(chain(error.as_ref()), LOOK),
    }
}

/// What is odd, if anything is.
async fn lived(
    store: &dyn SessionStore,
    session: &Session,
    clock: &dyn Clock,
) -> Result<Option<&'static str>, Cause> {
    let (id, user) = (session.id, session.user);
    store.create(session).await?;
    if store.find(id, clock.now()).await?.is_none() {
        return Ok(Some("a session that was created is not found"));
    }
    let next = session.refresh.rotated(clock.now(), session.refresh.expires_at);
    if !store.rotate(id, Generation::FIRST, &next).await? {
        return Ok(Some("a session can't be refreshed"));
    }
    if store.rotate(id, Generation::FIRST, &next).await? {
        return Ok(Some("a session was refreshed twice by one token"));
    }
    store.touch(id, clock.now(), Some("192.0.2.1".to_owned())).await?;
    if store.list(user, clock.now()).await?.len() != 1 {
        return Ok(Some("a session is missing in the list of its user"));
    }
    if !store.revoke(user, id).await? || store.find(id, clock.now()).await?.is_some() {
        return Ok(Some("a session lives on that was revoked"));
    }
    Ok(None)
}

/// Hears that the signal is connected, and of one session.
struct Hearing {
    of: EndedSessions,
    connected: Notify,
    heard: Notify,
}

impl SessionListener for Hearing {
    fn sessions_ended(&self, ended: EndedSessions) {
        if ended == self.of {
            self.heard.notify_one();
        }
    }

    fn signal_connected(&self) {
        self.connected.notify_one();
    }

    fn signal_lost(&self) {}
}

/// Tells all nodes of the end of a session that none of them knows, and hears it.
async fn heard(signal: &dyn SessionSignal, id: SessionId) -> Diagnosis {
    let unheard = |what: &str| {
        Diagnosis::failure(
            what,
            "let the connection carry LISTEN/NOTIFY (no pooler in transaction mode), or the Redis account SUBSCRIBE and PUBLISH \
             on fm:ended-sessions; until then other nodes trust a revoked session for SESSION_CACHE_TTL_SECONDS",
        )
    };
    let of = EndedSessions::One(id);
    let hearing = Arc::new(Hearing { of, connected: Notify::new(), heard: Notify::new() });
    let listener: Arc<dyn SessionListener> = hearing.clone();
    let weak: Weak<dyn SessionListener> = Arc::downgrade(&listener);
    signal.subscribe(weak);
    if timeout(SIGNAL, hearing.connected.notified()).await.is_err() {
        return unheard("the signal of ended sessions can't listen");
    }
    if let Err(error) = signal.publish(of).await {
        return unheard(&format!("the signal of ended sessions can't be sent: {}", chain(&error)));
    }
    match timeout(SIGNAL, hearing.heard.notified()).await {
        Ok(()) => Diagnosis::fine("nodes hear of sessions that end"),
        Err(_elapsed) => unheard("the signal of ended sessions was sent and not heard"),
    }
}

#[cfg(test)]
mod tests;
