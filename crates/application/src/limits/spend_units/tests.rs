#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU64;
use std::time::Duration;

use fm_domain::error::PortError;
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateDecision, RatePolicies, RatePolicy};
use fm_domain::testing::a_user;

use super::SpendUnits;
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

#[tokio::test]
async fn the_limiter_is_asked_by_the_policy_of_the_action() {
    for is_allowed in [true, false] {
        let decision = RateDecision {
            is_allowed,
            remaining: 3,
            reset_after: Duration::from_secs(42),
            retry_after: Duration::from_secs(if is_allowed { 0 } else { 24 }),
        };
        let mut doubles = TestPorts::default();
        doubles.limits.expect_spend().times(1).returning(move |asked, policy, cost| {
            assert_eq!((*asked, *policy, cost), (key(), POLICY, COST));
            Ok(decision)
        });
        let limit = SpendUnits::new(&doubles.ports(), &limited(LimitedAction::UploadBytes));
        let applied = limit.run(&key(), COST).await.unwrap();
        assert_eq!(
            applied,
            Some(AppliedLimit { action: LimitedAction::UploadBytes, policy: POLICY, decision })
        );
    }
}

#[tokio::test]
async fn an_action_without_a_policy_is_not_counted() {
    let limit = SpendUnits::new(&TestPorts::default().ports(), &limited(LimitedAction::Uploads));
    assert_eq!(limit.run(&key(), COST).await.unwrap(), None);
}

#[tokio::test]
async fn a_limiter_out_of_reach_is_told() {
    let mut doubles = TestPorts::default();
    doubles.limits.expect_spend().times(1).returning(|_, _, _| Err(PortError::Unavailable("gone".into())));
    let limit = SpendUnits::new(&doubles.ports(), &limited(LimitedAction::UploadBytes));
    assert!(matches!(limit.run(&key(), COST).await, Err(PortError::Unavailable(_))));
}
