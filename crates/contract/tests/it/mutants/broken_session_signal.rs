//! Signals with one fault.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use async_trait::async_trait;
use fm_contract::{Impossible, SessionSignalHarness};
use fm_domain::error::{PortError, PortResult};
use fm_domain::sessions::{EndedSessions, SessionListener, SessionListeners, SessionSignal};

use crate::mutants::{mutants, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    TellsItsOwnNodeAlone,
    ForgetsUsers,
    TellsNewListenersNothing,
    ReplaysThePast,
    IsLostInSilence,
    MissesOneOfMany,
}

/// What carries the signal.
#[derive(Default)]
struct Wire {
    nodes: Mutex<Vec<Arc<SessionListeners>>>,
    past: Mutex<Vec<EndedSessions>>,
    published: AtomicUsize,
    is_gone: AtomicBool,
}

struct Broken {
    wire: Arc<Wire>,
    listeners: Arc<SessionListeners>,
    fault: Fault,
}

impl Broken {
    fn on(wire: &Arc<Wire>) -> Self {
        let listeners = Arc::new(SessionListeners::default());
        listeners.set_connected(true);
        wire.nodes.lock().unwrap().push(Arc::clone(&listeners));
        Self { wire: Arc::clone(wire), listeners, fault: planned() }
    }
}

#[async_trait]
impl SessionSignal for Broken {
    async fn publish(&self, ended: EndedSessions) -> PortResult<()> {
        if self.wire.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("no route to the signal".into()));
        }
        self.wire.past.lock().unwrap().push(ended);
        let number = self.wire.published.fetch_add(1, Ordering::SeqCst);
        match (self.fault, ended) {
            (Fault::ForgetsUsers, EndedSessions::OfUser(_)) => return Ok(()),
            (Fault::MissesOneOfMany, _) if number == 200 => return Ok(()),
            (Fault::TellsItsOwnNodeAlone, _) => self.listeners.tell(ended),
            _ => self.wire.nodes.lock().unwrap().iter().for_each(|node| node.tell(ended)),
        }
        Ok(())
    }

    fn subscribe(&self, listener: Weak<dyn SessionListener>) {
        let told = listener.upgrade().unwrap();
        if self.fault == Fault::TellsNewListenersNothing {
            // They hear of the connection when it is made anew.
            let listeners = Arc::clone(&self.listeners);
            listeners.set_connected(false);
            listeners.add(listener);
            tokio::spawn(async move { listeners.set_connected(true) });
            return;
        }
        self.listeners.add(listener);
        if self.fault == Fault::ReplaysThePast {
            self.wire.past.lock().unwrap().iter().for_each(|ended| told.sessions_ended(*ended));
        }
    }
}

struct Mutant {
    wire: Arc<Wire>,
    node: Arc<Broken>,
}

#[async_trait]
impl SessionSignalHarness for Mutant {
    async fn fresh() -> Self {
        let wire = Arc::default();
        Self { node: Arc::new(Broken::on(&wire)), wire }
    }

    fn signal(&self) -> Arc<dyn SessionSignal> {
        self.node.clone()
    }

    async fn another_node(&self) -> Result<Arc<dyn SessionSignal>, Impossible> {
        Ok(Arc::new(Broken::on(&self.wire)))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        self.wire.is_gone.store(true, Ordering::SeqCst);
        if self.node.fault != Fault::IsLostInSilence {
            self.wire.nodes.lock().unwrap().iter().for_each(|node| node.set_connected(false));
        }
        Ok(())
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_session_signal::Mutant;
        crate::mutants::plan(&$fault);
    };
}

mutants! {
    a_signal_without_a_fault_breaks_no_rule: broken(Fault::None) => session_signal, [];
    a_signal_that_tells_its_own_node_alone: broken(Fault::TellsItsOwnNodeAlone) => session_signal, ["SIG-01"];
    a_signal_that_forgets_users: broken(Fault::ForgetsUsers) => session_signal, ["SIG-01", "SIG-02", "SIG-04"];
    a_signal_that_tells_new_listeners_nothing: broken(Fault::TellsNewListenersNothing) => session_signal,
        ["SIG-02"];
    a_signal_that_replays_the_past: broken(Fault::ReplaysThePast) => session_signal, ["SIG-02"];
    a_signal_that_is_lost_in_silence: broken(Fault::IsLostInSilence) => session_signal, ["SIG-03"];
    a_signal_that_misses_one_of_many: broken(Fault::MissesOneOfMany) => session_signal, ["SIG-04"];
}
