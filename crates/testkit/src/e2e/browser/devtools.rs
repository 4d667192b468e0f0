//! The DevTools protocol over a pipe: JSON messages, each ended by a zero byte.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::AT_LAST;

/// Something that happened in the browser, in a page or in a worker of one.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The protocol's name of it: `Network.requestWillBeSent`.
    pub(super) method: String,
    /// What the protocol tells about it.
    pub(super) params: Value,
}

/// A connection to a browser. Everything that a page and its workers do, from their first moment on, is an event.
#[derive(Clone)]
pub(super) struct DevTools(Arc<Shared>);

struct Shared {
    input: Mutex<Option<ChildStdin>>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    events: Mutex<Vec<Event>>,
    last: AtomicU64,
}

impl DevTools {
    /// Speaks through these ends of the browser's pipes.
    pub(super) fn on(input: ChildStdin, output: ChildStdout) -> Self {
        let devtools = Self(Arc::new(Shared {
            input: Mutex::new(Some(input)),
            waiting: Mutex::default(),
            events: Mutex::default(),
            last: AtomicU64::new(0),
        }));
        let reader = devtools.clone();
        drop(std::thread::spawn(move || reader.read(output)));
        devtools
    }

    /// Asks the browser itself, or one of its sessions, and gives the result; fails when it is refused.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.attempt(session, method, params).await.unwrap_or_else(|refusal| panic!("{method}: {refusal}"))
    }

    /// The same for what may have become impossible meanwhile: gives the refusal.
    pub(super) async fn attempt(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, Value> {
        let (sender, answer) = oneshot::channel();
        let id = self.0.last.fetch_add(1, Ordering::Relaxed);
        lock(&self.0.waiting).insert(id, sender);
        assert!(self.send(id, session, method, &params), "{method}: the browser is gone");
        let answer = tokio::time::timeout(AT_LAST, answer).await;
        let Ok(answer) = answer else { panic!("{method}: no answer in {AT_LAST:?}") };
        let Ok(mut answer) = answer else { panic!("{method}: the browser ended instead of answering") };
        if answer.get("error").is_some() { Err(answer["error"].take()) } else { Ok(answer["result"].take()) }
    }

    /// What happened so far.
    pub(super) fn events(&self) -> Vec<Event> {
        lock(&self.0.events).clone()
    }

    /// Ends the conversation, and with it the browser.
    pub(super) fn close(&self) {
        drop(lock(&self.0.input).take());
    }

    /// Sends a message; false when the browser is gone.
    fn send(&self, id: u64, session: Option<&str>, method: &str, params: &Value) -> bool {
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut message = message.to_string().into_bytes();
        message.push(0);
        lock(&self.0.input).as_mut().is_some_and(|input| input.write_all(&message).is_ok())
    }

    /// Sends a message without waiting for its answer.
    fn tell(&self, session: &str, method: &str, params: &Value) {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed);
        // A target that is gone again needs to be told nothing.
        let _gone = self.send(id, Some(session), method, params);
    }

    /// Hands out everything that the browser says, until it ends.
    fn read(&self, output: ChildStdout) {
        for message in BufReader::new(output).split(0) {
            let Ok(message) = message else { break };
            let Ok(mut message) = serde_json::from_slice::<Value>(&message) else { break };
            if let Some(id) = message["id"].as_u64() {
                if let Some(waiting) = lock(&self.0.waiting).remove(&id) {
                    // Who gave up waiting has failed already.
                    drop(waiting.send(message));
                }
            } else if let Some(method) = message["method"].as_str().map(ToOwned::to_owned) {
                let params = message["params"].take();
                if method == "Target.attachedToTarget" {
                    self.watch(params["sessionId"].as_str().unwrap_or_default());
                }
                lock(&self.0.events).push(Event { method, params });
            }
        }
        // Ends every call that still waits: no answer comes any more.
        lock(&self.0.waiting).clear();
    }

    /// Has a new target, a page or a worker, report everything; it has waited for that and goes on now.
    fn watch(&self, session: &str) {
        let attach = json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true});
        self.tell(session, "Target.setAutoAttach", &attach);
        for method in ["Network.enable", "Log.enable", "Runtime.enable", "Runtime.runIfWaitingForDebugger"] {
            self.tell(session, method, &json!({}));
        }
    }
}

/// A test that failed while it held the lock does not take the clean-up with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
