#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU64;
use std::time::Duration;

use fm_domain::error::PortError;
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateDecision, RatePolicies, RatePolicy};
use fm_domain::testing::a_user;

use super::{CountUnits, Counting};
use crate::limits::AppliedLimit;
use crate::ports::Settings;
use crate::testing::{TestPorts, settings};

const COST: NonZeroU64 = NonZeroU64::new(7).unwrap();

const POLICY: RatePolicy = RatePolicy { limit: NonZeroU64::new(10).unwrap(), window: Duration::from_mins(1) };

fn key() -> LimitKey {
    LimitKey::new(LimitedAction::UploadBytes, LimitSubject::User(a_user().id))
}

/// Settings by which one action is limited.
fn limited(action: LimitedAction) -> Settings {
    Settings { rate_policies: RatePolicies::from_iter([(action, POLICY)]), ..settings() }
}

/// What a limiter answers.
fn decision(is_allowed: bool) -> RateDecision {
    RateDecision {
        is_allowed,
        remaining: 3,
        reset_after: Duration::from_secs(42),
        retry_after: Duration::from_secs(if is_allowed { 0 } else { 24 }),
    }
}

#[tokio::test]
async fn the_limiter_is_asked_by_the_policy_of_the_action() {
    for (counting, is_allowed) in [
        (Counting::Before, true),
        (Counting::Before, false),
        (Counting::After, true),
        (Counting::After, false),
    ] {
        let mut doubles = TestPorts::default();
        let answer = move |asked: &LimitKey, policy: &RatePolicy, cost| {
            assert_eq!((*asked, *policy, cost), (key(), POLICY, COST));
            Ok(decision(is_allowed))
        };
        match counting {
            Counting::Before => {
                doubles.limits.expect_take().times(1).returning(answer);
            }
            Counting::After => {
                doubles.limits.expect_spend().times(1).returning(answer);
            }
        }
        let limit = CountUnits::new(&doubles.ports(), &limited(LimitedAction::UploadBytes));
        let applied = limit.run(&key(), COST, counting).await.unwrap();
        let decision = decision(is_allowed);
        assert_eq!(
            applied,
            Some(AppliedLimit { action: LimitedAction::UploadBytes, policy: POLICY, decision })
        );
    }
}

#[tokio::test]
async fn an_action_without_a_policy_is_not_counted() {
    for counting in [Counting::Before, Counting::After] {
        let limit = CountUnits::new(&TestPorts::default().ports(), &limited(LimitedAction::Uploads));
        assert_eq!(limit.run(&key(), COST, counting).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_limiter_out_of_reach_is_told() {
    let mut doubles = TestPorts::default();
    doubles.limits.expect_take().times(1).returning(|_, _, _| Err(PortError::Unavailable("gone".into())));
    doubles.limits.expect_spend().times(1).returning(|_, _, _| Err(PortError::Unavailable("gone".into())));
    let limit = CountUnits::new(&doubles.ports(), &limited(LimitedAction::UploadBytes));
    for counting in [Counting::Before, Counting::After] {
        assert!(matches!(limit.run(&key(), COST, counting).await, Err(PortError::Unavailable(_))));
    }
}
