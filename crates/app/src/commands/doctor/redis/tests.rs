use std::sync::Arc;

use fm_domain::error::PortError;
use fm_domain::ids::UserId;
use fm_domain::limits::MockRateLimiter;
use fm_domain::testing::FixedClock;
use fm_memory::MemoryRateLimiter;
use fm_redis::RedisFacts;
use uuid::Uuid;

use super::{counted, judged, refused};
use crate::adapters::Verdict;

fn facts(eviction: &str, max_memory: u64, is_durable: bool) -> RedisFacts {
    RedisFacts { version: "7.2".to_owned(), eviction: eviction.to_owned(), max_memory, is_durable }
}

#[test]
fn a_redis_that_evicts_or_forgets_sessions_is_warned_of() {
    assert_eq!(judged(&facts("noeviction", 1, true), true).verdict, Verdict::Fine);
    assert_eq!(judged(&facts("", 0, true), true).verdict, Verdict::Fine);
    let evicts = judged(&facts("allkeys-lru", 1, true), true);
    assert_eq!(evicts.verdict, Verdict::Warning);
    assert_eq!(evicts.remedy.as_deref(), Some("set maxmemory-policy noeviction"));
    let forgets = judged(&facts("noeviction", 0, false), true);
    assert_eq!(forgets.verdict, Verdict::Warning);
    assert!(forgets.remedy.is_some_and(|remedy| remedy.contains("appendonly yes")));
    assert_eq!(judged(&facts("noeviction", 0, false), false).verdict, Verdict::Fine, "counters alone");
}

#[test]
fn a_remedy_goes_by_what_redis_said() {
    for (said, part) in [
        ("WRONGPASS invalid username-password pair", "the password in REDIS_URL"),
        ("NOPERM User ann has no permissions to run the 'evalsha' command", "EVALSHA"),
        ("NoPerm: No permissions to access a key", "~fm:*"),
        ("\"ERR\": The user executing the script can't run this command or subcommand script: 1", "TIME"),
        ("invalid peer certificate: UnknownIssuer", "REDIS_CA_CERTIFICATES"),
        ("Connection refused (os error 111)", "start Redis"),
    ] {
        let diagnosis = refused(&PortError::Unexpected(said.into()));
        assert!(diagnosis.detail.ends_with(said), "{diagnosis:?}");
        assert!(diagnosis.remedy.is_some_and(|remedy| remedy.contains(part)), "{said}");
    }
}

#[tokio::test]
async fn a_limiter_is_tried_with_one_call_too_many() {
    let user = UserId::new(Uuid::from_u128(7));
    let limiter = MemoryRateLimiter::new(Arc::new(FixedClock::NEW_YEAR));
    assert_eq!(counted(&limiter, user, "here").await.detail, "requests are counted here");
    let mut broken = MockRateLimiter::new();
    broken.expect_take().returning(|_, _, _| Err(PortError::Unavailable("it is gone".into())));
    let failed = counted(&broken, user, "here").await;
    assert_eq!(failed.verdict, Verdict::Failure);
    assert!(failed.detail.ends_with("it is gone"), "{failed:?}");
}
