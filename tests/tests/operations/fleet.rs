//! Two nodes that share a database, a store and a Redis: what one of them says no to, the other does not let pass.

use std::sync::Arc;
use std::time::Duration;

use fm_e2e::{Answer, Api, Lane, RedisServer, Server, User, eventually, within};
use serde_json::json;

/// In how much time every node knows of a revocation.
const SOON: Duration = Duration::from_secs(1);

/// Two nodes; the second has to go first, and so comes last.
struct Fleet {
    redis: RedisServer,
    first: Api,
    second: Api,
}

impl Fleet {
    fn with(variables: &[(&str, &str)]) -> Self {
        let redis = RedisServer::start();
        let url = redis.url();
        let variables = [&[("REDIS_URL", url.as_str())], variables].concat();
        let first = Arc::new(Server::start(Lane::PostgresS3, &variables));
        let second = Arc::new(first.second_node());
        Self { redis, first: Api::of(first), second: Api::of(second) }
    }
}

async fn log_in(api: &Api, email: &str, password: &str) -> Answer {
    api.secret(password);
    api.post("/v1/auth/login").json(&json!({"email": email, "password": password})).send().await
}

/// The same user, asked at the other node, once that has a copy of the session.
async fn known_at(node: &Api, user: &User) -> Api {
    let there = node.bearing(user.access());
    there.get("/v1/auth/me").send().await.expect(200);
    there
}

async fn is_out(api: &Api) -> Option<()> {
    (api.get("/v1/auth/me").send().await.status == 401).then_some(())
}

#[tokio::test]
async fn a_session_that_ends_at_one_node_ends_at_the_other_within_a_second() {
    for store in ["redis", "database"] {
        // Without news the copies of the other node would live as long as the test.
        let fleet = Fleet::with(&[("SESSION_STORE", store), ("SESSION_CACHE_TTL_SECONDS", "60")]);
        let user = fleet.first.user().await;
        let there = known_at(&fleet.second, &user).await;
        user.post("/v1/auth/logout").send().await.expect(204);
        user.me().await.unauthenticated();
        within(SOON, store, async || is_out(&there).await).await;

        let again = fleet.first.user().await;
        let others = [again.again().await, again.again().await];
        let mut elsewhere = Vec::new();
        for other in &others {
            elsewhere.push(known_at(&fleet.second, other).await);
        }
        let kept = known_at(&fleet.second, &again).await;
        again.delete("/v1/auth/sessions").send().await.expect(204);
        for other in &elsewhere {
            within(SOON, store, async || is_out(other).await).await;
        }
        kept.get("/v1/auth/me").send().await.expect(200);
    }
}

#[tokio::test]
async fn both_nodes_count_against_one_limit() {
    let fleet = Fleet::with(&[("RATE_LIMITS", "1"), ("RATE_LIMIT_LOGINS_TO_ACCOUNT", "5/3600")]);
    let user = fleet.first.user().await;
    for node in [&fleet.first, &fleet.second, &fleet.first, &fleet.second] {
        assert_eq!(log_in(node, &user.email, "a wrong password").await.status, 401);
    }
    for node in [&fleet.first, &fleet.second] {
        let refused = log_in(node, &user.email, &user.password).await;
        refused.problem(429, "rate_limited");
        let wait: u64 = refused.field("retry-after").parse().unwrap();
        assert!((1..=720).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn limits_go_on_at_each_node_while_redis_is_gone() {
    let mut fleet = Fleet::with(&[("RATE_LIMITS", "1"), ("RATE_LIMIT_LOGINS_TO_ACCOUNT", "2/3600")]);
    fleet.redis.kill();
    for node in [&fleet.first, &fleet.second] {
        for status in [401, 401, 429] {
            assert_eq!(log_in(node, "ada@example.org", "a wrong password").await.status, status);
        }
        let told = node.server.output().matches("this node counts alone").count();
        assert_eq!(told, 1, "the log says it once");
    }
}

/// Out of reach means 503, never a pass: copies are not used without news of the other nodes.
#[tokio::test]
async fn sessions_out_of_reach_let_no_request_pass() {
    let fleet = Fleet::with(&[("SESSION_STORE", "redis"), ("SESSION_CACHE_TTL_SECONDS", "60")]);
    let user = fleet.first.user().await;
    let there = known_at(&fleet.second, &user).await;
    fleet.redis.stand_still();
    for api in [&*user, &there] {
        within(Duration::from_secs(30), "no request passes", async || {
            (api.get("/v1/auth/me").send().await.status == 503).then_some(())
        })
        .await;
    }
    fleet.redis.go_on();
    for api in [&*user, &there] {
        eventually("the session is known again", async || {
            (api.get("/v1/auth/me").send().await.status == 200).then_some(())
        })
        .await;
    }
}
