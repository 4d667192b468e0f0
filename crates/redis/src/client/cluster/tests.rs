#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use fm_domain::ids::SessionId;
use fm_domain::sessions::{EndedSessions, SessionListener, SessionSignal as _};
use fm_testkit::AT_LAST;
use fm_testkit::redis::RedisCluster;
use tokio::time::Instant;
use uuid::Uuid;

use super::*;
use crate::client::hearing::Hearing;
use crate::client::topology::slot;
use crate::client::{RedisClient, RedisUrl};
use crate::signal::RedisSessionSignal;

/// The first key that each of three primaries serves: a third of the slots each.
fn keys() -> [String; 3] {
    [0, 1, 2].map(|primary| {
        let keys = (0..).map(|number: u32| format!("fm:test:{{{number}}}"));
        let mut of_it = keys.filter(|key| usize::from(slot(key.as_bytes())) / 5461 == primary);
        of_it.next().unwrap()
    })
}

fn client(cluster: &RedisCluster) -> RedisClient {
    RedisClient::new(&RedisUrl::parse(&cluster.url()).unwrap()).unwrap()
}

async fn set(redis: &RedisClient, key: &str, value: &str) -> PortResult<()> {
    redis.query(redis::cmd("SET").arg(key).arg(value)).await
}

async fn get(redis: &RedisClient, key: &str) -> PortResult<Option<String>> {
    redis.query(redis::cmd("GET").arg(key)).await
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(AT_LAST, what).await.unwrap()
}

#[tokio::test]
async fn calls_and_the_signal_follow_when_a_replica_takes_over_and_other_slots_are_served_meanwhile() {
    let mut cluster = RedisCluster::start_with_replicas();
    let (redis, keys) = (client(&cluster), keys());
    for key in &keys {
        set(&redis, key, "value").await.unwrap();
    }
    cluster.wait_for_replicas();

    let signal = RedisSessionSignal::new(redis.clone());
    let hearing = Arc::new(Hearing::default());
    let mut connected = hearing.connected.subscribe();
    let listener: Arc<dyn SessionListener> = hearing.clone();
    signal.subscribe(Arc::downgrade(&listener));
    in_time(connected.wait_for(|is_connected| *is_connected)).await.unwrap();
    assert!(
        cluster.nodes[0].hears("PUBSUB CHANNELS", "fm:ended-sessions"),
        "it listens at the node that goes"
    );

    cluster.nodes[0].kill();
    let lost = Instant::now();
    let mut refused = 0;
    let found = in_time(async {
        loop {
            let started = Instant::now();
            let answer = get(&redis, &keys[0]).await;
            assert!(started.elapsed() < 2 * TIMEOUT, "{answer:?}");
            for other in &keys[1..] {
                assert_eq!(get(&redis, other).await.unwrap().as_deref(), Some("value"), "{other}");
                set(&redis, other, "value").await.unwrap();
            }
            match answer {
                Ok(value) => break value,
                // What can't be reached now is unavailable, and nothing else.
                Err(PortError::Unavailable(_)) => refused += 1,
                Err(other) => unreachable!("{other:?}"),
            }
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(found.await.as_deref(), Some("value"));
    println!("the replica serves after {} ms and {refused} refused calls", lost.elapsed().as_millis());
    assert!(refused > 0, "for a while no node has its slots");
    set(&redis, &keys[0], "another").await.unwrap();
    assert_eq!(get(&redis, &keys[0]).await.unwrap().as_deref(), Some("another"));

    in_time(connected.wait_for(|is_connected| *is_connected)).await.unwrap();
    let ended = EndedSessions::One(SessionId::new(Uuid::from_u128(7)));
    // By another node than the one that listens, if need be: every node hears.
    let elsewhere = client(&cluster);
    RedisSessionSignal::new(elsewhere).publish(ended).await.unwrap();
    let mut heard = hearing.ended.subscribe();
    in_time(heard.wait_for(|heard| *heard == Some(ended))).await.unwrap();
}

#[tokio::test]
async fn slots_that_move_are_followed_while_they_move_and_afterwards() {
    let cluster = RedisCluster::start();
    let (redis, [key, _, _]) = (client(&cluster), keys());
    redis.ping().await.unwrap();
    let number = slot(key.as_bytes());
    cluster.move_slot(number, 0, 1, true);
    // `ASK`: the node that had the slot lacks the key.
    set(&redis, &key, "value").await.unwrap();
    assert_eq!(get(&redis, &key).await.unwrap().as_deref(), Some("value"));
    assert!(cluster.nodes[1].hears("DBSIZE", ":1"), "it is where the slot goes");
    cluster.move_slot(number, 0, 1, false);
    // `MOVED`, at first.
    for value in ["another", "third"] {
        set(&redis, &key, value).await.unwrap();
        assert_eq!(get(&redis, &key).await.unwrap().as_deref(), Some(value));
    }
    assert!(cluster.nodes[0].hears("DBSIZE", ":0"), "and nowhere else");
}

#[tokio::test]
async fn a_script_is_loaded_by_each_node_that_lacks_it() {
    let cluster = RedisCluster::start();
    let redis = client(&cluster);
    let script = redis::Script::new("return redis.call('INCR', KEYS[1])");
    for round in 1..3 {
        for key in keys() {
            assert_eq!(redis.run::<i64>(&script.key(key)).await.unwrap(), round);
        }
    }
}

#[tokio::test]
async fn a_node_that_hangs_holds_up_its_own_slots_alone() {
    let cluster = RedisCluster::start();
    let (redis, keys) = (client(&cluster), keys());
    for key in &keys {
        set(&redis, key, "value").await.unwrap();
    }
    cluster.nodes[0].stand_still();
    let started = Instant::now();
    let others = async {
        for _ in 0..10 {
            for other in &keys[1..] {
                assert_eq!(get(&redis, other).await.unwrap().as_deref(), Some("value"), "{other}");
            }
            sleep(Duration::from_millis(100)).await;
        }
        // What every node can do, others do.
        redis.query::<u32>(redis::cmd("PUBLISH").arg("channel").arg("text")).await.unwrap();
        started.elapsed()
    };
    let (answer, others) = futures_util::future::join(get(&redis, &keys[0]), others).await;
    assert!(others < TIMEOUT, "{others:?}");
    let took = started.elapsed();
    cluster.nodes[0].go_on();
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert!(took < 2 * TIMEOUT, "{took:?}");
    in_time(async {
        while get(&redis, &keys[0]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_cluster_without_a_node_is_unavailable_and_serves_again_by_itself() {
    let mut cluster = RedisCluster::start();
    let redis = client(&cluster);
    redis.ping().await.unwrap();
    for node in &cluster.nodes {
        node.stand_still();
    }
    let answer = redis.ping().await;
    for node in &cluster.nodes {
        node.go_on();
    }
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    in_time(async {
        while redis.ping().await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    for node in &mut cluster.nodes {
        node.kill();
    }
    for redis in [redis, client(&cluster)] {
        let calls = (0..20).map(|_| redis.ping());
        let started = Instant::now();
        for answer in futures_util::future::join_all(calls).await {
            assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
        }
        assert!(started.elapsed() < 2 * TIMEOUT, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_told_as_such() {
    let server = fm_testkit::redis::RedisServer::start_primary();
    let redis = RedisClient::new(&RedisUrl::parse(&server.cluster_url()).unwrap()).unwrap();
    let answer = redis.ping().await;
    assert!(matches!(answer, Err(PortError::Unexpected(_))), "{answer:?}");
}
