//! What is told where a user of the server has too few rights. That the documented ones are enough is shown by the contract, whose
//! clients have no others.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::num::NonZeroU64;
use std::time::Duration;

use fm_domain::error::{PortError, PortResult, chain};
use fm_domain::ids::{SessionId, UserId};
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction, RateLimiter as _, RatePolicy};
use fm_domain::sessions::{EndedSessions, SessionSignal as _};
use fm_redis::{RedisClient, RedisRateLimiter, RedisSessionSignal, RedisUrl};
use fm_testkit::redis::{REDIS_RIGHTS, RedisServer};
use uuid::Uuid;

/// A user with the documented rights and these changes of them.
fn user(server: &RedisServer, name: &str, changes: &str) -> RedisClient {
    server.add_user(name, &format!("{REDIS_RIGHTS} {changes}"));
    RedisClient::new(&RedisUrl::parse(&server.url_of(name, "secret")).unwrap()).unwrap()
}

async fn count(redis: RedisClient) -> PortResult<()> {
    let key = LimitKey::new(LimitedAction::UserRequests, LimitSubject::User(UserId::new(Uuid::from_u128(7))));
    let policy = RatePolicy { limit: NonZeroU64::MIN, window: Duration::from_mins(1) };
    RedisRateLimiter::new(redis).take(&key, &policy, NonZeroU64::MIN).await.map(drop)
}

async fn publish(redis: RedisClient) -> PortResult<()> {
    let ended = EndedSessions::One(SessionId::new(Uuid::from_u128(7)));
    RedisSessionSignal::new(redis).publish(ended).await
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_with_what_it_is_for() {
    let server = RedisServer::start();
    count(user(&server, "app", "")).await.unwrap();
    publish(user(&server, "app", "")).await.unwrap();
    for (refused, told) in [
        (count(user(&server, "unscripted", "-evalsha")).await, "'evalsha' command"),
        (count(user(&server, "keyless", "resetkeys ~other:*")).await, "key"),
        (publish(user(&server, "unpublished", "-publish")).await, "'publish' command"),
        (publish(user(&server, "mute", "resetchannels &other:*")).await, "channel"),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, PortError::Unexpected(_)), "it does not pass by itself: {error:?}");
        let text = chain(&error);
        assert!(text.contains("permission") && text.contains(told), "{told} is in: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
