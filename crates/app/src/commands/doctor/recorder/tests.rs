use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::super::report::Outcome;
use super::Recorder;
use crate::adapters::{Checkup, Diagnosis};

/// Steps of which the second is warned of and the third fails.
struct Three {
    cleaned: Arc<AtomicU32>,
    is_silent: bool,
}

#[async_trait]
impl Checkup for Three {
    fn steps(&self) -> Vec<&'static str> {
        vec!["one", "two", "three", "four"]
    }

    async fn run(&self, step: &str) -> Diagnosis {
        match step {
            "two" => Diagnosis::warning("odd", "look"),
            "three" if self.is_silent => std::future::pending().await,
            "three" => Diagnosis::failure("broken", "mend it"),
            _ => Diagnosis::fine("well"),
        }
    }

    fn when_silent(&self) -> String {
        "wake it".to_owned()
    }

    async fn clean_up(&self) {
        self.cleaned.fetch_add(1, Ordering::Relaxed);
    }
}

async fn tried(is_silent: bool) -> Vec<(&'static str, Outcome, String, Option<String>)> {
    let cleaned = Arc::new(AtomicU32::new(0));
    let mut recorder = Recorder::new("part", "").within(Duration::from_millis(20));
    let checkup = Three { cleaned: Arc::clone(&cleaned), is_silent };
    assert_eq!(recorder.check_adapter(Some(Box::new(checkup))).await, Err("three"));
    assert_eq!(cleaned.load(Ordering::Relaxed), 1, "after a failure too");
    let steps = recorder.into_steps().into_iter();
    steps.map(|step| (step.name, step.outcome, step.detail, step.remedy)).collect()
}

#[tokio::test]
async fn steps_behind_one_that_failed_are_left_out() {
    let steps = tried(false).await;
    let outcomes: Vec<_> = steps.iter().map(|(name, outcome, ..)| (*name, *outcome)).collect();
    let expected =
        [("one", Outcome::Ok), ("two", Outcome::Warn), ("three", Outcome::Fail), ("four", Outcome::Skip)];
    assert_eq!(outcomes, expected);
    assert_eq!(steps[3].2, "not tried, because of three");
}

#[tokio::test]
async fn a_step_without_an_answer_fails_in_time_and_says_what_to_do() {
    let steps = tried(true).await;
    assert_eq!(steps[2].1, Outcome::Fail);
    assert_eq!(steps[2].2, "there is no answer within 20ms");
    assert_eq!(steps[2].3.as_deref(), Some("wake it"));
}

#[tokio::test]
async fn a_value_is_handed_on() {
    let mut recorder = Recorder::new("part", "");
    let value = recorder.obtain("give", async { Ok((7, Diagnosis::fine("given"))) }).await;
    assert_eq!(value, Some(7));
    let none: Option<u8> = recorder.obtain("fail", async { Err(Diagnosis::failure("no", "do")) }).await;
    assert_eq!(none, None);
    assert_eq!(recorder.into_steps().len(), 2);
}
