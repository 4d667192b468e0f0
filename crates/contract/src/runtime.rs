//! The two runtimes that every rule runs on: what works on one may block or hang on the other.

use std::time::Duration;

use tokio::runtime::Builder;

/// No rule takes longer than this: one that does hangs.
pub const LIMIT: Duration = Duration::from_mins(2);

/// Runs a rule where every task shares one thread, as on a worker of an HTTP server.
///
/// # Panics
/// When the rule is broken, or takes longer than [`LIMIT`].
pub fn on_current_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F) {
    run(&mut Builder::new_current_thread(), rule);
}

/// Runs a rule where tasks run on several threads at once.
///
/// # Panics
/// When the rule is broken, or takes longer than [`LIMIT`].
pub fn on_multi_thread<F: Future<Output = ()>>(rule: impl FnOnce() -> F) {
    run(Builder::new_multi_thread().worker_threads(4), rule);
}

fn run<F: Future<Output = ()>>(builder: &mut Builder, rule: impl FnOnce() -> F) {
    let runtime = builder.enable_all().build().unwrap();
    let ended = runtime.block_on(async { tokio::time::timeout(LIMIT, rule()).await });
    assert!(ended.is_ok(), "the rule did not end within {LIMIT:?}");
}
