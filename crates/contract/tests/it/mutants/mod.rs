//! The suite is itself tested: it is run on adapters that are broken on purpose, and exactly the right rules must
//! fail. Each broken adapter is an honest one with one fault.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is a failure")]
#![expect(clippy::disallowed_methods, reason = "fake servers have a clock and ids of their own")]

mod broken_archive;
mod broken_audit;
mod broken_blob_store;
mod broken_database;
mod broken_drives;
mod broken_files;
mod broken_hasher;
mod broken_limiter;
mod broken_links;
mod broken_part_links;
mod broken_parts;
mod broken_previews;
mod broken_queue;
mod broken_reads;
mod broken_references;
mod broken_removal;
mod broken_repos;
mod broken_resumables;
mod broken_session_signal;
mod broken_session_store;
mod broken_signers;
mod broken_sources;
mod broken_standing;
mod broken_thumbnailer;
mod broken_tree;
mod broken_tree_reads;
mod broken_unit;
mod broken_uploads;
mod fresh_database;
mod fresh_signals;
mod in_memory;
mod memories;

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fm_contract::Check;
use fm_contract::runtime::{self, Limits};

/// How many rules of one mutant run at the same time.
const SIDE_BY_SIDE: usize = 4;

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

/// The numbers of the rules that fail, in the order of the table. Many rules wait, so some are run side by side.
fn broken_rules(checks: &[Check]) -> Vec<String> {
    let fault = PLANNED.get();
    let (next, broken) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let run_rules = || {
        while let Some((place, check)) = take(&next, checks) {
            let rule = check.run;
            // Each rule has a thread of its own.
            let run = move || {
                PLANNED.set(fault);
                rule()
            };
            let run_within = || runtime::on_current_thread_within(Limits::SHORT, run);
            if catch_unwind(AssertUnwindSafe(run_within)).is_err() {
                broken.lock().unwrap().insert(place);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(run_rules);
        }
    });
    broken.into_inner().unwrap().into_iter().map(|place| checks[place].rule.id()).collect()
}

/// The next rule to be run, and its place in the table.
fn take<'a>(next: &AtomicUsize, checks: &'a [Check]) -> Option<(usize, &'a Check)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    checks.get(place).map(|check| (place, check))
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
                assert_eq!(crate::mutants::broken_rules(&fm_contract::$suite::checks::<Fixture>()), expected);
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
            assert_eq!(crate::mutants::broken_rules(&checks), [""; 0]);
        }
    };
}

pub(crate) use {mutants, passes_decorated};
