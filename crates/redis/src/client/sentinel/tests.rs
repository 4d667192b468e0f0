#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::sync::Arc;
use std::time::Duration;

use fm_domain::sessions::{EndedSessions, SessionListener, SessionSignal as _};
use fm_testkit::AT_LAST;
use fm_testkit::redis::{RedisServer, Sentinel};
use uuid::Uuid;

use super::*;
use crate::client::hearing::Hearing;
use crate::client::{RedisClient, RedisUrl};
use crate::signal::RedisSessionSignal;

/// Each sentinel and the server, as the library has them.
fn read(text: &str) -> (Vec<String>, String, ConnectionInfo, ConnectionInfo) {
    let url = SentinelUrl::parse(text, false).unwrap();
    let sentinels = url.sentinels.iter().map(|sentinel| sentinel.addr().to_string()).collect();
    (sentinels, url.primary, url.sentinels[0].clone(), url.node)
}

#[test]
fn sentinels_servers_and_their_credentials_are_read() {
    let (sentinels, primary, sentinel, node) = read(
        "user:p%40ss@one,two:26380,[::1],[::1]:7/main-1?db=3&sentinel_user=watch&sentinel_password=w%2Fx",
    );
    assert_eq!(sentinels, ["one:26379", "two:26380", "::1:26379", "::1:7"]);
    assert_eq!(primary, "main-1");
    assert_eq!(
        (node.redis_settings().username(), node.redis_settings().password()),
        (Some("user"), Some("p@ss"))
    );
    assert_eq!(node.redis_settings().db(), 3);
    let settings = sentinel.redis_settings();
    assert_eq!((settings.username(), settings.password(), settings.db()), (Some("watch"), Some("w/x"), 0));
    let (_, _, sentinel, node) = read("one/main");
    assert_eq!((sentinel.redis_settings().password(), node.redis_settings().password()), (None, None));
    let (_, _, sentinel, node) = read(":right@one/main?sentinel_password=watch");
    assert_eq!(node.redis_settings().password(), Some("right"));
    assert_eq!(
        (sentinel.redis_settings().username(), sentinel.redis_settings().password()),
        (None, Some("watch"))
    );
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "",
        "one",
        "one/",
        "/main",
        "one,/main",
        "one/ma in",
        "one/main/0",
        "one/main?db=x",
        "one/main?pass=a",
        "one:x/main",
    ] {
        assert!(SentinelUrl::parse(text, false).is_err(), "{text}");
    }
}

#[tokio::test]
async fn calls_and_the_signal_follow_the_primary() {
    let mut primary = RedisServer::start_primary();
    let _replica = RedisServer::start_replica(&primary);
    let sentinel = Sentinel::watching(&primary);
    let redis = RedisClient::new(&RedisUrl::parse(&sentinel.url()).unwrap()).unwrap();
    let mut set = redis::cmd("SET");
    set.arg("key").arg("value");
    redis.query::<()>(&set).await.unwrap();
    let mut wait = redis::cmd("WAIT");
    wait.arg(1).arg(5_000);
    assert_eq!(redis.query::<u32>(&wait).await.unwrap(), 1, "the replica has it");

    let signal = RedisSessionSignal::new(redis.clone());
    let hearing = Arc::new(Hearing::default());
    let mut connected = hearing.connected.subscribe();
    let listener: Arc<dyn SessionListener> = hearing.clone();
    signal.subscribe(Arc::downgrade(&listener));
    in_time(connected.wait_for(|is_connected| *is_connected)).await.unwrap();

    primary.server.kill();
    let mut get = redis::cmd("GET");
    get.arg("key");
    assert!(matches!(redis.query::<String>(&get).await, Err(PortError::Unavailable(_))), "there is none yet");
    in_time(connected.wait_for(|is_connected| !*is_connected)).await.unwrap();
    let found = in_time(async {
        loop {
            // What can't be reached now is unavailable, and nothing else.
            match redis.query::<String>(&get).await {
                Ok(value) => break value,
                Err(PortError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(other) => unreachable!("{other:?}"),
            }
        }
    });
    assert_eq!(found.await, "value");
    redis.query::<()>(&set).await.unwrap();

    in_time(connected.wait_for(|is_connected| *is_connected)).await.unwrap();
    let ended = EndedSessions::One(fm_domain::ids::SessionId::new(Uuid::from_u128(7)));
    signal.publish(ended).await.unwrap();
    let mut heard = hearing.ended.subscribe();
    in_time(heard.wait_for(|heard| *heard == Some(ended))).await.unwrap();
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(AT_LAST, what).await.unwrap()
}

#[tokio::test]
async fn calls_at_once_share_one_attempt_that_fails() {
    // Takes connections and answers nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = RedisUrl::parse(&format!("redis+sentinel://127.0.0.1:{port}/main")).unwrap();
    let redis = RedisClient::new(&url).unwrap();
    let started = tokio::time::Instant::now();
    let calls = (0..20).map(|_| redis.ping());
    for answer in futures_util::future::join_all(calls).await {
        assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    }
    assert!(started.elapsed() < 2 * TIMEOUT, "one waits for the time-out, and the others with it");
}
