#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use super::*;
use crate::timing::SUSPICIOUS;
use crate::tls::{Channel, Trust};

const LIMIT: Duration = Duration::from_millis(300);

fn hosts(url: &str, limit: Duration) -> Option<Hosts> {
    Hosts::of(&url.parse().unwrap(), limit)
}

fn security() -> Security {
    let channel = Channel::new(SslMode::Prefer, Trust::Anyone).unwrap();
    Security { local: channel.clone(), remote: channel }
}

/// Takes connections and never says a word.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// How many connections came since the last call.
fn came(listener: &TcpListener) -> usize {
    std::iter::from_fn(|| listener.accept().ok()).count()
}

#[test]
fn hosts_and_ports_belong_together_in_order() {
    let shown = |url: &str| {
        let hosts = hosts(url, LIMIT).unwrap();
        hosts.entries.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(shown("postgres://u@a:1,b,[::1]:3/db"), ["a:1", "b:5432", "::1:3"]);
    assert_eq!(shown("postgres://u@a,b/db?hostaddr=127.0.0.1,127.0.0.2"), ["a:5432", "b:5432"]);
    assert_eq!(shown("postgres:///db?hostaddr=127.0.0.1&port=7"), ["127.0.0.1:7"]);
    assert_eq!(shown("postgres:///db?host=/run/postgresql"), ["/run/postgresql"]);
    assert!(hosts("postgres://u@a,b/db?hostaddr=127.0.0.1", LIMIT).is_none());
    assert!(hosts("postgres:///db", LIMIT).is_none());
}

#[test]
fn this_machine_is_told_from_others() {
    let remote = |url: &str| hosts(url, LIMIT).unwrap().remote();
    for local in
        ["localhost", "LocalHost", "127.0.0.1", "127.9.8.7", "[::1]", "[::ffff:127.0.0.1]", "%2Frun%2Fpg"]
    {
        assert_eq!(remote(&format!("postgres://u@{local}/db")), Vec::<String>::new(), "{local}");
    }
    for other in
        ["db", "db.example", "localhost.example", "10.0.0.1", "0.0.0.0", "127.example", "192.168.0.1"]
    {
        assert_eq!(remote(&format!("postgres://u@{other}/db")), [format!("{other}:5432")], "{other}");
    }
    assert_eq!(remote("postgres://u@[2001:db8::1]/db"), ["2001:db8::1:5432"]);
    assert_eq!(remote("postgres://u@localhost,db:7/db"), ["db:7"]);
    assert_eq!(remote("postgres:///db?hostaddr=127.0.0.1"), Vec::<String>::new());
    // By a tunnel, say.
    assert_eq!(remote("postgres://u@db.example/db?hostaddr=127.0.0.1"), ["db.example:5432"]);
}

#[test]
fn whatever_the_url_says_beside_the_hosts_is_said_to_each_of_them() {
    let url = "postgres://ann:pw@a:1,b:2/db?options=-c%20x%3D1&application_name=n&connect_timeout=3&keepalives=0\
               &keepalives_idle=4&keepalives_interval=5&keepalives_retries=6&tcp_user_timeout=7\
               &target_session_attrs=read-write&channel_binding=require&sslmode=require&sslnegotiation=direct";
    let one = url.replace("a:1,b:2", "b:2");
    let hosts = hosts(url, LIMIT).unwrap();
    let settings = hosts.entries[1].settings(&hosts.settings, None);
    assert_eq!(settings, one.parse::<Config>().unwrap());
}

#[tokio::test]
async fn every_silent_host_has_its_own_time_and_the_next_walk_begins_where_this_one_did() {
    let ((one, first), (other, second)) = (silent(), silent());
    let hosts = hosts(&format!("postgres://u@{first},{second}/db?sslmode=disable"), LIMIT).unwrap();
    for _ in 0..2 {
        let started = Instant::now();
        let error = hosts.open(&security()).await.err().unwrap();
        let took = started.elapsed();
        assert!(took >= LIMIT * 2 && took < hosts.longest_walk() + LIMIT, "{took:?}");
        assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
        let text = chain(&error);
        let order = (text.find(&first.to_string()).unwrap(), text.find(&second.to_string()).unwrap());
        assert!(order.0 < order.1, "{text}");
        assert_eq!((came(&one), came(&other)), (1, 1));
    }
}

#[tokio::test]
async fn a_walk_that_is_dropped_while_a_host_is_silent_has_the_next_begin_behind_it() {
    let ((one, first), (other, second)) = (silent(), silent());
    let url = format!("postgres://u@{first},{second}/db?sslmode=disable");
    let hosts = hosts(&url, SUSPICIOUS * 10).unwrap();
    let impatient = SUSPICIOUS + SUSPICIOUS / 10;
    for expected in [(1, 0), (0, 1), (1, 0)] {
        assert!(timeout(impatient, hosts.open(&security())).await.is_err());
        assert_eq!((came(&one), came(&other)), expected);
    }
    // One that was dropped at once says nothing of the host.
    assert!(timeout(SUSPICIOUS / 10, hosts.open(&security())).await.is_err());
    assert!(timeout(SUSPICIOUS / 10, hosts.open(&security())).await.is_err());
    assert_eq!((came(&one), came(&other)), (0, 2));
    assert!(!hosts.is_walking());
}

#[test]
fn a_failure_elsewhere_does_not_move_what_works() {
    let hosts = hosts("postgres://u@a,b,c/db", LIMIT).unwrap();
    let place = |entry| Place { entry, address: None };
    hosts.worked(place(2), &hosts.entries[2], &[]);
    Attempt::begin(&hosts.learned, place(0), place(1)).failed(late(LIMIT));
    assert_eq!(hosts.learned.first(), place(2));
    Attempt::begin(&hosts.learned, place(2), place(0)).failed(late(LIMIT));
    assert_eq!(hosts.learned.first(), place(0));
    // Of one host with two addresses, another one failed; and then its name was not found.
    let at = |last| Place { entry: 1, address: Some(IpAddr::from([127, 0, 0, last])) };
    hosts.worked(at(2), &hosts.entries[1], &[]);
    Attempt::begin(&hosts.learned, at(1), at(2)).failed(late(LIMIT));
    assert_eq!(hosts.learned.first(), at(2));
    Attempt::begin(&hosts.learned, place(1), place(2)).failed(late(LIMIT));
    assert_eq!(hosts.learned.first(), place(2));
}

#[test]
fn credentials_are_wrong_only_where_every_host_says_so() {
    let wrong = || ("a:1".to_owned(), PortError::Unexpected("refused".into()));
    let gone = || ("b:2".to_owned(), PortError::Unavailable("gone".into()));
    assert!(matches!(none_of(vec![wrong()]), PortError::Unexpected(_)));
    assert!(matches!(none_of(vec![wrong(), wrong()]), PortError::Unexpected(_)));
    let both = none_of(vec![wrong(), gone()]);
    assert!(matches!(both, PortError::Unavailable(_)));
    assert!(chain(&both).contains("a:1: ") && chain(&both).contains("b:2: "), "{both:?}");
}
