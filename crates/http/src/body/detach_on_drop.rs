//! A use case that runs to its end, whatever becomes of the request.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// What a use case comes to, or what it panicked with.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// A use case that runs where its bytes come in, on the server's own thread: handing each of them to another thread
/// costs more than what is done with it. Dropped before its end it goes on as a tracked task, in the trace of its request.
///
/// Its timers and sockets belong to the runtime that outlives the server's threads, wherever it runs.
pub(super) struct DetachOnDrop<T: Send + 'static> {
    future: Option<BoxFuture<'static, Outcome<T>>>,
    runtime: Handle,
    tracker: TaskTracker,
    /// Tracked from its beginning: at shutdown nothing may end in between.
    _tracked: TaskTrackerToken,
}

impl<T: Send + 'static> DetachOnDrop<T> {
    pub(super) fn new(
        runtime: &Handle,
        tracker: &TaskTracker,
        use_case: impl Future<Output = T> + Send + 'static,
    ) -> Self {
        Self {
            future: Some(AssertUnwindSafe(fm_traces::in_current_trace(use_case)).catch_unwind().boxed()),
            runtime: runtime.clone(),
            tracker: tracker.clone(),
            _tracked: tracker.token(),
        }
    }
}

impl<T: Send + 'static> Future for DetachOnDrop<T> {
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

impl<T: Send + 'static> Drop for DetachOnDrop<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            self.tracker.spawn_on(future, &self.runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn detached<T: Send + 'static>(
        use_case: impl Future<Output = T> + Send + 'static,
    ) -> (DetachOnDrop<T>, TaskTracker) {
        let tracker = TaskTracker::new();
        tracker.close();
        (DetachOnDrop::new(&Handle::current(), &tracker, use_case), tracker)
    }

    #[tokio::test]
    async fn dropped_midway_it_goes_on_and_is_waited_for() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let (mut detached, tracker) = detached(async move {
            gone.await.unwrap();
            tell.send("done").unwrap();
        });
        assert!((&mut detached).now_or_never().is_none());
        drop(detached);
        assert!(timeout(SOON, tracker.wait()).await.is_err(), "it is not done");
        go.send(()).unwrap();
        assert_eq!(told.await, Ok("done"));
        tracker.wait().await;
    }

    #[tokio::test]
    async fn it_is_waited_for_from_its_beginning_until_it_ends() {
        let (detached, tracker) = detached(async { 7 });
        assert!(timeout(SOON, tracker.wait()).await.is_err(), "it has not begun");
        assert_eq!(detached.await.unwrap(), 7);
        tracker.wait().await;
    }

    #[tokio::test]
    async fn a_panic_is_an_outcome() {
        let (detached, tracker) = detached(async { panic!("broken") });
        let panic: Outcome<()> = detached.await;
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"broken"));
        tracker.wait().await;
    }
}
