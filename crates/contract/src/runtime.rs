//! The two runtimes that every rule runs on: what works on one may block or hang on the other.

use std::panic;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

/// No rule takes longer than this: one that does hangs.
pub const LIMIT: Duration = Duration::from_mins(2);

/// How often the end of a rule is looked for.
const POLL: Duration = Duration::from_millis(2);

/// No scenario takes longer than this, struck at each of its places.
pub const LONG_LIMIT: Duration = Duration::from_mins(15);

/// Runs a rule where every task shares one thread, as on a worker of an HTTP server.
///
/// # Panics
/// When the rule is broken, or takes longer than [`LIMIT`].
pub fn on_current_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F + Send + 'static) {
    watched(|| run(&mut Builder::new_current_thread(), LIMIT, rule));
}

/// Runs a rule where tasks run on several threads at once.
///
/// # Panics
/// When the rule is broken, or takes longer than [`LIMIT`].
pub fn on_multi_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F + Send + 'static) {
    watched(|| run(Builder::new_multi_thread().worker_threads(4), LIMIT, rule));
}

/// Runs many runs of one scenario, one after the other, on one thread.
///
/// # Panics
/// When one of them fails, or all together take longer than [`LONG_LIMIT`].
pub fn for_long<F: Future<Output = ()>>(scenario: impl FnOnce() -> F) {
    run(&mut Builder::new_current_thread(), LONG_LIMIT, scenario);
}

/// Runs a rule on a thread of its own: an adapter that blocks the runtime blocks its timers too, and the test would hang
/// instead of failing.
fn watched(rule: impl FnOnce() + Send + 'static) {
    let name = thread::current().name().unwrap_or("a rule").to_owned();
    let thread = thread::Builder::new().name(name).spawn(rule).unwrap();
    let until = Instant::now() + LIMIT + LIMIT / 4;
    while !thread.is_finished() {
        assert!(Instant::now() < until, "the adapter blocks the runtime: no timer fired for {LIMIT:?}");
        thread::park_timeout(POLL);
    }
    if let Err(broken) = thread.join() {
        panic::resume_unwind(broken);
    }
}

fn run<F: Future<Output = ()>>(builder: &mut Builder, limit: Duration, rule: impl FnOnce() -> F) {
    let runtime = builder.enable_all().build().unwrap();
    let ended = runtime.block_on(async { tokio::time::timeout(limit, rule()).await });
    assert!(ended.is_ok(), "it did not end within {limit:?}");
}
