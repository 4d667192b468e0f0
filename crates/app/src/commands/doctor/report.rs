//! What was found, as a table and as JSON.

use std::time::Duration;

use fm_domain::clock::Timestamp;
use serde_json::{Value, json};

use super::redaction::Redaction;
use crate::adapters::Verdict;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All is well.
    Ok,
    /// It works, but not as well or as safely as it could.
    Warn,
    /// It does not work.
    Fail,
    /// It was not tried, because of one that failed.
    Skip,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Ok, Self::Warn, Self::Fail, Self::Skip];

    /// Its name in both forms. It never changes.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Fine => Self::Ok,
            Verdict::Warning => Self::Warn,
            Verdict::Failure => Self::Fail,
        }
    }
}

/// A step that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// `database`, say.
    pub(super) part: &'static str,
    /// `connect`, say.
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
    /// What was seen, or what is wrong.
    pub(super) detail: String,
    /// What to change.
    pub(super) remedy: Option<String>,
}

/// All steps, without secrets.
pub(super) struct Report {
    steps: Vec<Step>,
    checked_at: Timestamp,
}

impl Report {
    /// Takes what secrets there are out of all texts: adapters show none, but what servers say is theirs.
    pub(super) fn new(mut steps: Vec<Step>, redaction: &Redaction, checked_at: Timestamp) -> Self {
        for step in &mut steps {
            step.detail = redaction.of(&step.detail);
            step.remedy = step.remedy.take().map(|remedy| redaction.of(&remedy));
        }
        Self { steps, checked_at }
    }

    /// Whether no step failed. One that is warned of did not.
    pub(super) fn is_well(&self) -> bool {
        self.count(Outcome::Fail) == 0
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.steps.iter().filter(|step| step.outcome == outcome).count()
    }

    /// One line a step, and at last how many there were.
    pub(super) fn table(&self) -> Vec<String> {
        let mut lines = vec![format!("{:7}  {:13}  {:17}  {:>9}  detail", "outcome", "part", "step", "ms")];
        lines.extend(self.steps.iter().map(|step| {
            let Step { part, name, outcome, took, detail, remedy } = step;
            let remedy = remedy.as_ref().map_or_else(String::new, |remedy| format!("; {remedy}"));
            let (outcome, millis) = (outcome.as_str(), millis(*took));
            format!("{outcome:7}  {part:13}  {name:17}  {millis:>9.1}  {detail}{remedy}")
        }));
        let counts = Outcome::ALL.map(|outcome| format!("{} {}", outcome.as_str(), self.count(outcome)));
        lines.push(format!("checked: {} steps ({})", self.steps.len(), counts.join(", ")));
        lines
    }

    /// One object a step, and at last a summary.
    pub(super) fn json(&self) -> Vec<Value> {
        let mut lines: Vec<Value> = self.steps.iter().map(as_json).collect();
        let mut summary = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "checked_at": self.checked_at.to_string(),
            "steps": self.steps.len(),
        });
        for outcome in Outcome::ALL {
            summary[outcome.as_str()] = json!(self.count(outcome));
        }
        lines.push(json!({"summary": summary}));
        lines
    }
}

fn as_json(Step { part, name, outcome, took, detail, remedy }: &Step) -> Value {
    json!({
        "part": part,
        "step": name,
        "outcome": outcome.as_str(),
        "duration_ms": (millis(*took) * 10.0).round() / 10.0,
        "detail": detail,
        "remedy": remedy,
    })
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
