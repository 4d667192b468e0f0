#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use super::*;

#[test]
fn urls_of_every_kind_are_read() {
    for text in [
        "redis://host",
        "redis://host:6380/3",
        "redis://:password@host",
        "redis://user:p%40ss@[::1]:6379/0",
        "rediss://user:password@host:6380/1",
        "redis+unix:///run/redis.sock?user=me&pass=word&db=2",
        "redis+sentinel://user:password@one:26379,two/main?db=1",
        "rediss+sentinel://one/main?sentinel_password=word",
        "redis+cluster://user:p%40ss@one:6379,two,[::1]:7",
        "redis+cluster://one/0",
        "rediss+cluster://:password@one,two:6380/",
    ] {
        assert!(RedisUrl::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn hosts_that_are_reached_without_tls_are_told() {
    for (text, host) in [
        ("redis://user:hunter2@cache.example:6380/3", Some("cache.example")),
        ("redis://[::1]:6379", Some("::1")),
        ("rediss://user:hunter2@cache.example", None),
        ("redis+unix:///run/redis.sock", None),
        ("redis+sentinel://user:hunter2@one:26379,two/main", Some("one")),
        ("rediss+sentinel://one,two/main", None),
        ("redis+cluster://user:hunter2@one:6379,two", Some("one")),
        ("rediss+cluster://one,two", None),
    ] {
        assert_eq!(RedisUrl::parse(text).unwrap().plain_host(), host, "{text}");
    }
}

#[test]
fn other_texts_are_refused_and_no_refusal_shows_them() {
    for text in [
        "",
        "hunter2",
        "host:6379",
        "http://user:hunter2@host",
        "redis://",
        "redis://user:hunter2@host/none",
        "redis://user:hunter2@host:port",
        "redis+sentinel://user:hunter2@host",
        "sentinel://user:hunter2@host/main",
        "rediss+sentinel://user:hunter2@host/main#insecure",
        "redis+cluster://user:hunter2@",
        "redis+cluster://user:hunter2@host,",
        "redis+cluster://user:hunter2@host/1",
        "redis+cluster://user:hunter2@host?db=1",
        "redis+cluster://user:hunter2@host:port",
        "rediss+cluster://user:hunter2@host/#insecure",
        // Checks no certificate.
        "rediss://user:hunter2@host/#insecure",
    ] {
        let refused = RedisUrl::parse(text).map(|url| format!("{url:?}"));
        assert_eq!(refused, Err(InvalidRedisUrl), "{text}");
        assert!(!InvalidRedisUrl.to_string().contains("hunter2"));
    }
}

#[test]
fn authorities_are_believed_where_there_is_tls_and_a_certificate() {
    for (text, refused) in [
        ("redis://host", InvalidRoots::NoTls),
        ("redis+unix:///run/redis.sock", InvalidRoots::NoTls),
        ("redis+sentinel://one/main", InvalidRoots::NoTls),
        ("redis+cluster://one", InvalidRoots::NoTls),
        ("rediss://host", InvalidRoots::NoCertificate),
        ("rediss+sentinel://one/main", InvalidRoots::NoCertificate),
        ("rediss+cluster://one", InvalidRoots::NoCertificate),
    ] {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "a certificate", broken] {
            let url = RedisUrl::parse(text).unwrap();
            assert_eq!(url.trusting(pem.as_bytes()).err(), Some(refused), "{text} {pem}");
        }
    }
}

#[tokio::test]
async fn debug_output_shows_no_password() {
    for text in [
        "redis://user:hunter2@host",
        "redis+sentinel://user:hunter2@host/main?sentinel_password=hunter2",
        "redis+cluster://user:hunter2@host",
    ] {
        let url = RedisUrl::parse(text).unwrap();
        let client = RedisClient::new(&url).unwrap();
        assert!(!format!("{url:?} {client:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_unavailable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = async {
        loop {
            drop(listener.accept().await);
        }
    };
    let client = RedisClient::new(&RedisUrl::parse(&format!("rediss://127.0.0.1:{port}")).unwrap()).unwrap();
    let answer = tokio::select! {
        answer = client.ping() => answer,
        () = serving => Ok(()),
    };
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}
