//! The suite is itself tested: it is run on adapters that are broken on purpose, and exactly the right rules must
//! fail. Each broken adapter is an honest one with one fault.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is a failure")]
#![expect(clippy::disallowed_methods, reason = "fake servers have a clock and ids of their own")]

mod broken_archive;
mod broken_audit;
mod broken_blob_store;
mod broken_database;
mod broken_hasher;
mod broken_limiter;
mod broken_links;
mod broken_part_links;
mod broken_parts;
mod broken_queue;
mod broken_reads;
mod broken_removal;
mod broken_repos;
mod broken_resumables;
mod broken_session_signal;
mod broken_session_store;
mod broken_signers;
mod broken_sources;
mod broken_standing;
mod broken_thumbnailer;
mod broken_uploads;
mod fresh_database;
mod fresh_signals;
mod in_memory;
mod memories;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fm_contract::{Check, runtime};

thread_local! {
    /// The fault of the adapters that are made on this thread: one harness serves every fault of its port, or the suite
    /// would be compiled for each of them.
    static PLANNED: Cell<Option<&'static (dyn Any + Send + Sync)>> = const { Cell::new(None) };
}

/// Plans the fault of the adapters that the rules of this thread are run on.
fn plan(fault: &'static (dyn Any + Send + Sync)) {
    PLANNED.set(Some(fault));
}

/// The planned fault.
fn planned<F: Copy + 'static>() -> F {
    let fault = PLANNED.get().unwrap();
    *fault.downcast_ref().unwrap()
}

/// The numbers of the rules that fail, in the order of the table.
fn broken_rules(checks: &[Check]) -> Vec<String> {
    let fault = PLANNED.get();
    let fails = |check: &&Check| {
        let rule = check.run;
        // Each rule has a thread of its own.
        let run = move || {
            PLANNED.set(fault);
            rule()
        };
        catch_unwind(AssertUnwindSafe(|| runtime::on_current_thread(run))).is_err()
    };
    checks.iter().filter(fails).map(|check| check.rule.id()).collect()
}

/// Declares a harness type for each fault, and a test that exactly these rules catch it.
macro_rules! mutants {
    ($($(#[$doc:meta])* $test:ident: $make:ident($fault:expr) => $suite:ident, [$($rule:literal),* $(,)?];)+) => {
        $(
            $(#[$doc])*
            #[test]
            fn $test() {
                $make!(Fixture, $fault);
                let expected: &[&str] = &[$($rule),*];
                assert_eq!(crate::broken_rules(&fm_contract::$suite::checks::<Fixture>()), expected);
            }
        )+
    };
}

/// Declares a test that an honest adapter breaks no rule either when it is decorated with faults and none is planned.
macro_rules! passes_decorated {
    ($test:ident: $make:ident($fault:expr) => $suite:ident) => {
        #[test]
        fn $test() {
            $make!(Fixture, $fault);
            let checks = fm_contract::$suite::checks::<fm_resilience::fault::Decorated<Fixture>>();
            assert_eq!(crate::broken_rules(&checks), [""; 0]);
        }
    };
}

pub(crate) use {mutants, passes_decorated};
