//! The two runtimes that every rule runs on: what works on one may block or hang on the other.

use std::cell::Cell;
use std::panic;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

/// How long a rule may take, and what it waits for. What takes longer hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole rule.
    pub rule: Duration,
    /// What has to happen at last: a lock that is released, a wait that is woken, bytes that are taken.
    pub wait: Duration,
    /// The failure of calls to a store that went away, which take tries and time-outs.
    pub failure: Duration,
}

impl Limits {
    /// What no adapter that works reaches, on however busy a machine: a long wait costs only those that hang.
    pub const GENEROUS: Self =
        Self { rule: Duration::from_mins(10), wait: Duration::from_mins(2), failure: Duration::from_mins(5) };

    /// For adapters in memory that are broken on purpose: rules wait on them in vain, and what they do takes next to no time.
    pub const SHORT: Self =
        Self { rule: Duration::from_mins(2), wait: Duration::from_secs(10), failure: Duration::from_mins(1) };
}

thread_local! {
    /// The limits of the rule that runs on this thread.
    static LIMITS: Cell<Limits> = const { Cell::new(Limits::GENEROUS) };
}

/// The limits of the rule that runs on this thread. Threads that its runtime has besides know of none but the generous ones.
pub(crate) fn limits() -> Limits {
    LIMITS.get()
}

/// How often the end of a rule is looked for.
const POLL: Duration = Duration::from_millis(2);

/// No scenario takes longer than this, struck at each of its places.
pub const LONG_LIMIT: Duration = Duration::from_hours(1);

/// Runs a rule where every task shares one thread, as on a worker of an HTTP server.
///
/// # Panics
/// When the rule is broken, or takes longer than [`Limits::GENEROUS`] allows.
pub fn on_current_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F + Send + 'static) {
    on_current_thread_within(Limits::GENEROUS, rule);
}

/// The same with other limits.
///
/// # Panics
/// When the rule is broken, or takes longer than they allow.
pub fn on_current_thread_within<F: Future<Output = ()>>(
    limits: Limits,
    rule: impl FnOnce() -> F + Send + 'static,
) {
    watched(limits, move || run(&mut Builder::new_current_thread(), limits.rule, rule));
}

/// Runs a rule where tasks run on several threads at once.
///
/// # Panics
/// When the rule is broken, or takes longer than [`Limits::GENEROUS`] allows.
pub fn on_multi_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F + Send + 'static) {
    let limits = Limits::GENEROUS;
    watched(limits, move || run(Builder::new_multi_thread().worker_threads(4), limits.rule, rule));
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
fn watched(limits: Limits, rule: impl FnOnce() + Send + 'static) {
    let name = thread::current().name().unwrap_or("a rule").to_owned();
    let limited = move || {
        LIMITS.set(limits);
        rule();
    };
    let thread = thread::Builder::new().name(name).spawn(limited).unwrap();
    let limit = limits.rule;
    let until = Instant::now() + limit + limit / 4;
    while !thread.is_finished() {
        assert!(Instant::now() < until, "the adapter blocks the runtime: no timer fired for {limit:?}");
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
