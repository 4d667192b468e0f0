//! What an adapter can check beyond what its ports show, for `file-manager doctor`.

use std::fmt::Display;

use async_trait::async_trait;

/// What one step of a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// How bad it is.
    pub verdict: Verdict,
    /// What was seen, or what is wrong: one sentence without its full stop. It must not show secrets.
    pub detail: String,
    /// What to change, where something is wrong: one sentence without its full stop.
    pub remedy: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All is well.
    Fine,
    /// It works, but not as well or as safely as it could.
    Warning,
    /// It does not work.
    Failure,
}

impl Diagnosis {
    /// All is well.
    pub fn fine(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fine, detail: detail.into(), remedy: None }
    }

    /// It works, but not as well or as safely as it could.
    pub fn warning(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// It does not work.
    pub fn failure(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failure, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    /// The same, judged again: `what` was seen to be `is_well`, or has to be changed as `remedy` says.
    pub(crate) fn unless(is_well: bool, what: impl Display, remedy: &str) -> Self {
        if is_well { Self::fine(what.to_string()) } else { Self::warning(what.to_string(), remedy) }
    }
}

/// Steps that ports can't tell: versions, rights, clocks, limits. Each may be tried while the program runs and while it does
/// not, leaves nothing behind, and may be dropped at any moment by a caller that has waited long enough.
#[async_trait]
pub trait Checkup: Send + Sync {
    /// The names of the steps, in the order in which they are tried. After one that fails the others are left out, and so is
    /// what the ports of this adapter would show.
    fn steps(&self) -> Vec<&'static str>;

    /// Tries a step.
    async fn run(&self, step: &str) -> Diagnosis;

    /// What to change where a step has no answer in time.
    fn when_silent(&self) -> String;

    /// Whether there is something to open. False where the service creates it when it first starts: what the ports would show is
    /// left out then, and nothing is created.
    fn is_there(&self) -> bool {
        true
    }

    /// Removes what steps left that failed or were dropped; called once, after the last of them.
    async fn clean_up(&self) {}
}

/// How far a clock may be ahead or behind, in seconds, before it is warned of and before it is a failure.
pub(crate) struct ClockLimits {
    pub(crate) warning: i64,
    pub(crate) failure: i64,
}

/// What to say of a clock that is ahead of ours by so many microseconds.
pub(crate) fn clock(whose: &str, ahead_micros: i64, limits: &ClockLimits) -> Diagnosis {
    let off = ahead_micros.unsigned_abs();
    let way = if ahead_micros < 0 { "behind" } else { "ahead of" };
    let detail =
        format!("the clock of {whose} is {}.{:03} s {way} ours", off / 1_000_000, off / 1_000 % 1_000);
    let remedy = "set both clocks by NTP (`timedatectl` tells whether this machine's is)";
    let beyond = |limit: i64| off > limit.unsigned_abs().saturating_mul(1_000_000);
    if beyond(limits.failure) {
        Diagnosis::failure(detail, remedy)
    } else if beyond(limits.warning) {
        Diagnosis::warning(detail, remedy)
    } else {
        Diagnosis::fine(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::{ClockLimits, Verdict, clock};

    #[test]
    fn a_clock_is_judged_by_its_distance_in_either_direction() {
        let limits = ClockLimits { warning: 5, failure: 60 };
        for (ahead, verdict, detail) in [
            (0, Verdict::Fine, "is 0.000 s ahead of ours"),
            (-5_000_000, Verdict::Fine, "is 5.000 s behind ours"),
            (5_001_000, Verdict::Warning, "is 5.001 s ahead of ours"),
            (-60_000_000, Verdict::Warning, "is 60.000 s behind ours"),
            (61_000_000, Verdict::Failure, "is 61.000 s ahead of ours"),
            (i64::MIN, Verdict::Failure, "behind ours"),
        ] {
            let diagnosis = clock("the store", ahead, &limits);
            assert_eq!(diagnosis.verdict, verdict, "{diagnosis:?}");
            assert!(diagnosis.detail.ends_with(detail), "{diagnosis:?}");
            assert_eq!(diagnosis.remedy.is_none(), verdict == Verdict::Fine);
        }
    }
}
