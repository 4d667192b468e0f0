//! Rate limits: how often a client may do what costs something.

use std::num::NonZeroU64;
use std::time::Duration;

use fm_domain::limits::{LimitedAction, RatePolicies, RatePolicy};

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("RATE_LIMITS"),
    Variable::plain("RATE_LIMIT_LOGINS_FROM_ADDRESS"),
    Variable::plain("RATE_LIMIT_LOGINS_TO_ACCOUNT"),
    Variable::plain("RATE_LIMIT_REGISTRATIONS"),
    Variable::plain("RATE_LIMIT_REFRESHES"),
    Variable::plain("RATE_LIMIT_ANONYMOUS_REQUESTS"),
    Variable::plain("RATE_LIMIT_USER_REQUESTS"),
    Variable::plain("RATE_LIMIT_UPLOADS"),
    Variable::plain("RATE_LIMIT_UPLOAD_BYTES"),
];

/// The variable of an action, and its default: units, and the seconds in which they come back.
const fn setting(action: LimitedAction) -> (&'static str, u64, u64) {
    match action {
        LimitedAction::LoginsFromAddress => ("RATE_LIMIT_LOGINS_FROM_ADDRESS", 60, 60),
        LimitedAction::LoginsToAccount => ("RATE_LIMIT_LOGINS_TO_ACCOUNT", 10, 60),
        LimitedAction::Registrations => ("RATE_LIMIT_REGISTRATIONS", 60, 3_600),
        LimitedAction::Refreshes => ("RATE_LIMIT_REFRESHES", 600, 60),
        LimitedAction::AnonymousRequests => ("RATE_LIMIT_ANONYMOUS_REQUESTS", 6_000, 60),
        LimitedAction::UserRequests => ("RATE_LIMIT_USER_REQUESTS", 12_000, 60),
        LimitedAction::Uploads => ("RATE_LIMIT_UPLOADS", 6_000, 60),
        LimitedAction::UploadBytes => ("RATE_LIMIT_UPLOAD_BYTES", 100 << 30, 3_600),
    }
}

/// The longest window: 30 days, in seconds.
const LONGEST: u64 = 30 * super::DAY;

/// The most units that every store counts exactly.
const MOST: u64 = 1 << 53;

/// Rate limits.
#[derive(Debug, Clone)]
pub struct LimitsConfig {
    /// `RATE_LIMIT_<ACTION>`; none with `RATE_LIMITS=0`.
    pub policies: RatePolicies,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let policies =
            LimitedAction::ALL.into_iter().filter_map(|action| Some((action, policy(reader, action)?)));
        let policies: RatePolicies = policies.collect();
        let is_on = reader.flag("RATE_LIMITS", true);
        Self { policies: if is_on { policies } else { RatePolicies::none() } }
    }
}

/// The policy of an action: `units/seconds`, or `off`.
fn policy(reader: &mut Reader<'_>, action: LimitedAction) -> Option<RatePolicy> {
    let (name, units, seconds) = setting(action);
    let (units, seconds) = match reader.text(name) {
        None => (units, seconds),
        Some("off") => return None,
        Some(text) => {
            let parsed = parse(text);
            if parsed.is_none() {
                reader.fault(
                    name,
                    format!("must be off or UNITS/SECONDS, such as {units}/{seconds}: 1 to 2^53 units in 1 to {LONGEST} seconds"),
                );
            }
            parsed?
        }
    };
    Some(RatePolicy { limit: NonZeroU64::new(units)?, window: Duration::from_secs(seconds) })
}

fn parse(text: &str) -> Option<(u64, u64)> {
    let (units, seconds) = text.split_once('/')?;
    let (units, seconds) = (units.trim().parse().ok()?, seconds.trim().parse().ok()?);
    ((1..=MOST).contains(&units) && (1..=LONGEST).contains(&seconds)).then_some((units, seconds))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, MOST, parse};

    #[test]
    fn a_policy_is_units_and_seconds() {
        assert_eq!(parse("10/60"), Some((10, 60)));
        assert_eq!(parse(" 1 / 1 "), Some((1, 1)));
        assert_eq!(parse(&format!("{MOST}/{LONGEST}")), Some((MOST, LONGEST)));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let (much, long) = (format!("{}/1", MOST + 1), format!("1/{}", LONGEST + 1));
        for text in
            ["10", "10/", "/60", "0/60", "10/0", "-1/60", "10/1m", "10/60/1", "1.5/60", "on", &much, &long]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
