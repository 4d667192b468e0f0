//! Who is believed to be the server: a Redis behind TLS, with certificates of authorities made here.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::time::Duration;

use fm_domain::error::{PortError, PortResult, chain};
use fm_redis::{RedisClient, RedisUrl};
use fm_testkit::AT_LAST;
use fm_testkit::redis::{REDIS_RIGHTS, TlsSentinel, TlsServer};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::time::{sleep, timeout};

/// An authority that no machine trusts by itself.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, in PEM.
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate for its own issuer where both have one name.
        params.distinguished_name.push(DnType::CommonName, "an authority of the tests");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for this host, and its key, in PEM.
    fn certify(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

fn client(url: &str, authority: Option<&Authority>) -> RedisClient {
    let url = RedisUrl::parse(url).unwrap();
    let url = match authority {
        Some(authority) => url.trusting(authority.pem.as_bytes()).unwrap(),
        None => url,
    };
    RedisClient::new(&url).unwrap()
}

async fn ping(url: &str, authority: Option<&Authority>) -> PortResult<()> {
    client(url, authority).ping().await
}

#[tokio::test]
async fn a_server_is_believed_by_its_authority_and_its_name() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.certify("localhost");
    let server = TlsServer::start(&certificate, &key);
    server.server.add_user("app", REDIS_RIGHTS);
    let url = server.url("localhost", "app", "secret");
    let redis = client(&url, Some(&authority));
    redis.ping().await.unwrap();
    assert!(!redis.facts().await.unwrap().version.is_empty());
    let by_another_name = server.url("127.0.0.1", "app", "secret");
    for (url, believed) in
        [(&url, None), (&url, Some(&other)), (&by_another_name, Some(&authority)), (&by_another_name, None)]
    {
        let error = ping(url, believed).await.unwrap_err();
        assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
        let text = chain(&error);
        assert!(text.contains("certificate") && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn behind_tls_users_are_told_from_strangers() {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("localhost");
    let server = TlsServer::start(&certificate, &key);
    server.server.add_user("app", REDIS_RIGHTS);
    for (user, password) in [("app", "wrong-word"), ("stranger", "secret")] {
        let error = ping(&server.url("localhost", user, password), Some(&authority)).await.unwrap_err();
        assert!(matches!(error, PortError::Unexpected(_)), "{error:?}");
        let text = chain(&error);
        assert!(text.contains("authentication") && !text.contains("wrong-word"), "{text}");
    }
}

#[tokio::test]
async fn a_sentinel_and_its_server_are_believed_by_one_authority() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.certify("127.0.0.1");
    let server = TlsServer::start(&certificate, &key);
    server.server.add_user("app", REDIS_RIGHTS);
    let sentinel = TlsSentinel::watching(&server, &certificate, &key, &authority.pem);
    let redis = client(&sentinel.url("app"), Some(&authority));
    let answered = async {
        while redis.ping().await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(AT_LAST, answered).await.unwrap();
    for believed in [None, Some(&other)] {
        let refused = ping(&sentinel.url("app"), believed).await;
        assert!(matches!(refused, Err(PortError::Unavailable(_))), "{refused:?}");
    }
}
