//! Each fault, at every operation that can suffer it.

use std::time::Duration;

use fm_resilience::fault::{Fault, Moment, Operation, When};

use crate::faults::calls::call;
use crate::faults::rig::{Got, Rig, in_time};

const PAUSE: Duration = Duration::from_mins(10);

/// What a call came to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// What the caller got; `None`: nothing, ever.
    got: Option<Got>,
    /// How often the call reached the adapter.
    reached: usize,
}

/// Runs every operation that suffers the fault with it. The signal has no error to give: it is left out.
async fn each_suffers(fault: Fault, expected: &Outcome) {
    tokio::time::pause();
    let suffers =
        |operation: &&Operation| operation.suffers(fault) && **operation != Operation::JobSignalWait;
    let suffering: Vec<&Operation> = Operation::ALL.iter().filter(suffers).collect();
    assert!(!suffering.is_empty(), "nothing suffers {fault:?}");
    for operation in suffering {
        let rig = Rig::new();
        rig.faults.plan(When::Nth(*operation, 1), fault);
        let got = in_time(call(&rig, *operation)).await;
        let outcome = Outcome { got, reached: rig.reached.count(*operation) };
        assert_eq!(outcome, *expected, "{operation}, {fault:?}");
        assert_eq!(rig.faults.injected(), [(*operation, fault)]);
        assert_eq!(rig.faults.count(*operation), 1, "{operation} was called by the test more than once");
    }
}

#[tokio::test]
async fn without_a_fault_every_operation_reaches_its_adapter_once() {
    for operation in Operation::ALL {
        let rig = Rig::new();
        assert_eq!(call(&rig, *operation).await, Got::Answer, "{operation}");
        assert_eq!(rig.reached.count(*operation), 1, "{operation}");
        assert_eq!(rig.faults.calls(), rig.reached.calls(), "{operation}");
        assert_eq!(rig.faults.injected(), []);
    }
}

#[tokio::test]
async fn a_call_that_fails_before_never_reaches_the_adapter() {
    each_suffers(Fault::FailBefore, &Outcome { got: Some(Got::Unavailable), reached: 0 }).await;
}

#[tokio::test]
async fn a_call_that_loses_a_race_never_reaches_the_adapter() {
    each_suffers(Fault::Contend, &Outcome { got: Some(Got::Contended), reached: 0 }).await;
}

#[tokio::test]
async fn a_call_whose_answer_is_lost_has_reached_the_adapter() {
    each_suffers(Fault::LoseAnswer, &Outcome { got: Some(Got::Unavailable), reached: 1 }).await;
}

#[tokio::test]
async fn a_delayed_call_is_answered_after_the_pause() {
    let begun = tokio::time::Instant::now();
    each_suffers(Fault::Delay(PAUSE), &Outcome { got: Some(Got::Answer), reached: 1 }).await;
    let suffering = Operation::ALL.iter().filter(|operation| operation.suffers(Fault::Delay(PAUSE))).count();
    assert!(begun.elapsed() >= PAUSE * u32::try_from(suffering - 1).unwrap());
}

#[tokio::test]
async fn a_duplicated_call_reaches_the_adapter_twice_and_gets_the_second_answer() {
    each_suffers(Fault::Duplicate, &Outcome { got: Some(Got::Answer), reached: 2 }).await;
}

#[tokio::test]
async fn a_call_that_hangs_before_is_never_answered_and_never_made() {
    each_suffers(Fault::Hang(Moment::Before), &Outcome { got: None, reached: 0 }).await;
}

#[tokio::test]
async fn a_call_that_hangs_afterwards_is_never_answered_but_made() {
    each_suffers(Fault::Hang(Moment::After), &Outcome { got: None, reached: 1 }).await;
}

#[tokio::test]
async fn a_crash_before_a_call_ends_everything_before_it_is_made() {
    each_suffers(Fault::Crash(Moment::Before), &Outcome { got: None, reached: 0 }).await;
}

#[tokio::test]
async fn a_crash_after_a_call_ends_everything_once_it_is_made() {
    each_suffers(Fault::Crash(Moment::After), &Outcome { got: None, reached: 1 }).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_process_that_stands_still_waits_until_it_goes_on() {
    for (moment, reached) in [(Moment::Before, 0), (Moment::After, 1)] {
        let fault = Fault::Suspend(moment);
        for operation in Operation::ALL.iter().filter(|operation| operation.suffers(fault)) {
            let rig = Rig::new();
            rig.faults.plan(When::Nth(*operation, 1), fault);
            let (got, ()) = tokio::join!(call(&rig, *operation), async {
                assert_eq!(rig.faults.suspended().await, *operation);
                tokio::time::sleep(PAUSE).await;
                assert_eq!(rig.reached.count(*operation), reached, "{operation}, {fault:?}");
                rig.faults.resume();
            });
            assert_eq!((got, rig.reached.count(*operation)), (Got::Answer, 1), "{operation}, {fault:?}");
        }
    }
}
