//! The end of the process: asked for by a signal, then in order.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for SIGTERM and SIGINT.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on. Call it inside a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What adapters still have to finish when the process ends.
#[derive(Default)]
pub struct ShutdownHooks(Vec<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl ShutdownHooks {
    /// Adds a hook. It starts when nothing uses the adapters any more, and is cut off at the end of the grace.
    pub fn add(&mut self, hook: impl Future<Output = ()> + Send + 'static) {
        self.0.push(Box::pin(hook));
    }

    /// Runs the hooks one after the other, the latest first: what was opened later may rely on what was opened before.
    pub async fn run(self) {
        for hook in self.0.into_iter().rev() {
            hook.await;
        }
    }
}

impl fmt::Debug for ShutdownHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShutdownHooks({})", self.0.len())
    }
}
