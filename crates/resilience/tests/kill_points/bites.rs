//! The kill points are themselves tested: use cases that are wrong on purpose, over the same ports, must be caught.

use std::time::Duration;

use fm_contract::runtime;
use fm_resilience::kill_points::{Broken, Scenario, Strike, Told, scenarios, strike};

use crate::harness::{Blobs, Sessions, Tables};

/// How long wrong use cases hold what they hold.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// What the strikes bring to light in the scenario, if anything.
pub(crate) fn caught(scenario: &Scenario, strikes: &'static [Strike]) -> Option<Broken> {
    let mut outcome = None;
    runtime::for_long(|| async {
        outcome = strike::<Tables, Blobs, Sessions>(scenario, strikes).await.err();
    });
    outcome
}

/// Whether the kill points catch it, saying this, where this was called; and not before they strike.
pub(crate) fn kills_catch(scenario: &Scenario, operation: &str, what: &str) {
    let broken = caught(scenario, Strike::KILLS).unwrap();
    let struck = broken.struck.map(|struck| struck.operation.name());
    assert_eq!(struck, Some(operation), "{broken}");
    assert!(broken.to_string().contains(what), "{broken}");
    assert!(broken.to_string().contains(scenario.name), "{broken}");
}

#[test]
fn what_is_told_to_be_done_and_is_not_is_caught_without_any_strike() {
    let scenario = Scenario {
        act: |_process, _cast| Box::pin(async { Told::Done }),
        ..scenarios::an_upload_of_a_text()
    };
    let broken = caught(&scenario, Strike::KILLS).unwrap();
    assert_eq!((broken.struck, broken.scenario), (None, "an_upload_of_a_text"));
    assert!(broken.what.contains("there is no file"), "{broken}");
}

#[test]
fn every_scenario_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        scenarios::ALL.iter().map(|scenario| scenario().name).collect();
    assert_eq!(names.len(), scenarios::ALL.len());
}
