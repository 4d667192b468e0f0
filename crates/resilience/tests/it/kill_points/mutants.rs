//! The kill points are themselves tested: use cases that are wrong on purpose, over the same ports, must be caught.

use std::time::Duration;

use fm_contract::runtime;
use fm_memory::harness::{Blobs, Sessions, Tables};
use fm_resilience::fault::{Faults, Operation};
use fm_resilience::kill_points::{
    Broken, Environment, InjectedFault, Outcome, Resuming, Scenario, inject, scenarios,
};

use crate::kill_points::harness::PlainBlobs;

/// How long wrong use cases hold what they hold.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// What the faults bring to light in the scenario, if anything.
pub(crate) fn caught(scenario: &Scenario, injected: &'static [InjectedFault]) -> Option<Broken> {
    let mut outcome = None;
    runtime::for_long(|| async {
        outcome = inject::<Tables, Blobs, Sessions>(scenario, injected).await.err();
    });
    outcome
}

/// Whether the kill points catch it, saying this, where this was called; and not without a fault.
pub(crate) fn kills_catch(scenario: &Scenario, operation: &str, what: &str) {
    let broken = caught(scenario, InjectedFault::KILLS).unwrap();
    let point = broken.point.map(|point| point.operation.name());
    assert_eq!(point, Some(operation), "{broken}");
    assert!(broken.to_string().contains(what), "{broken}");
    assert!(broken.to_string().contains(scenario.name), "{broken}");
}

#[test]
fn an_answer_that_is_not_true_is_caught_without_any_fault() {
    let scenario = Scenario {
        act: |_process, _actors| Box::pin(async { Outcome::Done }),
        ..scenarios::an_upload_of_a_text()
    };
    let broken = caught(&scenario, InjectedFault::KILLS).unwrap();
    assert_eq!((broken.point, broken.scenario), (None, "an_upload_of_a_text"));
    assert!(broken.what.contains("there is no file"), "{broken}");
}

#[test]
fn the_reference_store_has_the_port_of_every_scenario() {
    runtime::for_long(|| async {
        for resuming in [Resuming::ByItself, Resuming::InNumberedParts] {
            let environment = Environment::fresh::<Tables, Blobs, Sessions>(resuming).await;
            for scenario in scenarios::ALL.iter().map(|scenario| scenario()) {
                assert!(environment.has(scenario.needs), "{} is not run, {resuming:?}", scenario.name);
            }
        }
    });
}

#[test]
fn a_scenario_is_not_run_on_a_store_that_lacks_its_port() {
    runtime::for_long(|| async {
        for scenario in [scenarios::a_resumable_upload_begun(), scenarios::a_direct_upload_begun()] {
            let points = inject::<Tables, PlainBlobs, Sessions>(&scenario, InjectedFault::KILLS).await;
            assert_eq!(points, Ok(None), "{}", scenario.name);
        }
        let scenario = scenarios::a_registration();
        let points = inject::<Tables, PlainBlobs, Sessions>(&scenario, InjectedFault::KILLS).await;
        assert!(points.unwrap() > Some(0));
    });
}

#[test]
fn the_process_of_a_scenario_remembers_what_it_did_before() {
    runtime::for_long(|| async {
        let environment = Environment::fresh::<Tables, Blobs, Sessions>(Resuming::ByItself).await;
        let scenario = scenarios::an_upload_of_a_name_that_got_a_number();
        let actors = (scenario.arrange)(&environment).await;
        let faults = Faults::new();
        let process = environment.process(&faults);
        (scenario.before)(&process, &actors).await;
        faults.reset();
        assert_eq!((scenario.act)(&process, &actors).await, Outcome::Done);
        let counts = [Operation::NodeRepoInsertBehind, Operation::NodeRepoInsert];
        let counts = counts.map(|operation| faults.count(operation));
        assert_eq!(counts, [1, 0], "the number behind the last one is given by one call");
    });
}

#[test]
fn every_scenario_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        scenarios::ALL.iter().map(|scenario| scenario().name).collect();
    assert_eq!(names.len(), scenarios::ALL.len());
}
