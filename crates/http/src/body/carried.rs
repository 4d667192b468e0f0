//! A use case that is carried to its end, whatever becomes of the request.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::state::AppState;

/// What a use case comes to, or what it panicked with.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// A use case that runs where its bytes come in, on the server's own thread: handing each of them to another thread
/// costs more than what is done with it. Dropped before its end it goes on as a tracked task.
///
/// Its timers and sockets belong to the runtime that outlives the server's threads, wherever it runs.
pub(super) struct Carried<T: Send + 'static> {
    future: Option<BoxFuture<'static, Outcome<T>>>,
    runtime: Handle,
    tracker: TaskTracker,
}

impl<T: Send + 'static> Carried<T> {
    pub(super) fn new(state: &AppState, use_case: impl Future<Output = T> + Send + 'static) -> Self {
        let future = AssertUnwindSafe(use_case).catch_unwind().boxed();
        Self { future: Some(future), runtime: state.runtime.clone(), tracker: state.tracker.clone() }
    }
}

impl<T: Send + 'static> Future for Carried<T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Pending };
        let _entered = this.runtime.enter();
        let outcome = std::task::ready!(future.as_mut().poll(context));
        this.future = None;
        Poll::Ready(outcome)
    }
}

impl<T: Send + 'static> Drop for Carried<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            self.tracker.spawn_on(future, &self.runtime);
        }
    }
}
