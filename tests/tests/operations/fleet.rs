//! Two nodes that share a database, a store and a Redis: what one of them says no to, the other does not let pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fm_api_types::TokenPair;
use fm_e2e::{Answer, Api, Lane, RedisServer, Server, User, eventually, within};
use serde_json::json;

/// In how much time every node knows of a revocation. A busy machine may be late, but not again and again.
const SOON: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 4;

/// Longer than news of it take on however busy a machine, and shorter than copies of sessions live where none come.
const NEWS: Duration = Duration::from_secs(45);

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

/// Waits until these are out; whether that was in time.
async fn are_out_in_time(what: &str, apis: &[&Api]) -> bool {
    let begun = Instant::now();
    for api in apis {
        within(NEWS, what, async || (api.get("/v1/auth/me").send().await.status == 401).then_some(())).await;
    }
    begun.elapsed() < SOON
}

/// Ends one session at one node, and all of a user but one; whether the other node knew of each in time.
async fn sessions_end_in_time(fleet: &Fleet, store: &str) -> bool {
    let user = fleet.first.user().await;
    let there = known_at(&fleet.second, &user).await;
    user.post("/v1/auth/logout").send().await.expect(204);
    user.me().await.unauthenticated();
    let is_in_time = are_out_in_time(store, &[&there]).await;

    let again = fleet.first.user().await;
    let others = [again.again().await, again.again().await];
    let mut elsewhere = Vec::new();
    for other in &others {
        elsewhere.push(known_at(&fleet.second, other).await);
    }
    let kept = known_at(&fleet.second, &again).await;
    again.delete("/v1/auth/sessions").send().await.expect(204);
    let elsewhere: Vec<&Api> = elsewhere.iter().collect();
    let are_in_time = are_out_in_time(store, &elsewhere).await;
    kept.get("/v1/auth/me").send().await.expect(200);
    is_in_time && are_in_time
}

#[tokio::test]
async fn a_session_that_ends_at_one_node_ends_at_the_other_within_a_second() {
    for store in ["redis", "database"] {
        // Without news the copies of the other node would live for a minute: none may be lost.
        let fleet = Fleet::with(&[("SESSION_STORE", store), ("SESSION_CACHE_TTL_SECONDS", "60")]);
        let mut is_in_time = false;
        for _attempt in 0..ATTEMPTS {
            is_in_time = sessions_end_in_time(&fleet, store).await;
            if is_in_time {
                break;
            }
        }
        assert!(is_in_time, "{store}");
    }
}

/// Suspends an account or ends that: at the first node by this admin over HTTP, or by a command of an operator.
async fn set_suspended(fleet: &Fleet, admin: Option<&User>, user: &User, suspended: bool) {
    if let Some(admin) = admin {
        let change = admin.patch(&format!("/v1/admin/users/{}", user.id));
        let changed = change.json(&json!({"suspended": suspended})).send().await.expect(200);
        assert_eq!(changed.json()["suspended"], suspended);
        return;
    }
    let command = if suspended { "disable" } else { "enable" };
    let done = fleet.first.server.run(&["user", command, &user.id]);
    assert_eq!(done.code, Some(0), "{}", done.output);
}

/// Suspends an account at one node, and ends that; whether the other node knew of it in time.
async fn a_suspension_is_known_in_time(fleet: &Fleet, store: &str, by: Option<&User>) -> bool {
    let user = fleet.first.user().await;
    let bystander = known_at(&fleet.second, &fleet.first.user().await).await;
    let there = known_at(&fleet.second, &user).await;
    set_suspended(fleet, by, &user, true).await;
    let is_in_time = are_out_in_time(store, &[&there, &*user]).await;
    let body = json!({"refresh_token": user.refresh()});
    fleet.second.secret(user.refresh());
    fleet.second.post("/v1/auth/refresh").json(&body).send().await.problem(401, "unauthenticated");
    for node in [&fleet.first, &fleet.second] {
        let refused = log_in(node, &user.email, &user.password).await;
        refused.problem(403, "account_suspended");
    }
    bystander.get("/v1/auth/me").send().await.expect(200);

    // While the user is suspended the job behind the answer also ends sessions of clocks that are ahead. One that has read
    // that just before the user is enabled again would end the session of the login.
    eventually("the job is done", async || {
        let left = "SELECT count(*) FROM jobs WHERE kind = 'revoke_sessions'";
        (fleet.first.server.ask_its_database(left) == "0").then_some(())
    })
    .await;
    set_suspended(fleet, by, &user, false).await;
    let pair: TokenPair = log_in(&fleet.second, &user.email, &user.password).await.expect(200).parse();
    for node in [&fleet.second, &fleet.first] {
        let again = node.bearing(pair.access_token.expose());
        again.get("/v1/auth/me").send().await.expect(200);
    }
    there.get("/v1/auth/me").send().await.unauthenticated();
    is_in_time
}

#[tokio::test]
async fn an_account_that_is_suspended_at_one_node_is_out_at_the_other_within_a_second() {
    for store in ["redis", "database"] {
        let fleet = Fleet::with(&[("SESSION_STORE", store), ("SESSION_CACHE_TTL_SECONDS", "60")]);
        let admin = fleet.first.user().await;
        let promoted = fleet.first.server.run(&["user", "promote", &admin.id]);
        assert_eq!(promoted.code, Some(0), "{}", promoted.output);
        for by in [Some(&admin), None] {
            let mut is_in_time = false;
            for _attempt in 0..ATTEMPTS {
                is_in_time = a_suspension_is_known_in_time(&fleet, store, by).await;
                if is_in_time {
                    break;
                }
            }
            assert!(is_in_time, "{store}");
        }
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
        within(NEWS, "no request passes", async || {
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
