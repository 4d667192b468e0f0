//! Who is believed to be the server: a PostgreSQL behind TLS, with certificates of authorities made here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;

use fm_domain::database::Database as _;
use fm_domain::error::{PortError, PortResult, chain};
use fm_postgres::{PgAddress, PgDatabase, PgLimits, PgPool};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::common::Fixture;

/// The host that the certificate names.
const HOST: &str = "db.example.test";

/// An authority that no machine trusts by itself.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, as `sslrootcert` takes it.
    file: NamedTempFile,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// What a server needs to show a certificate for [`HOST`].
    fn server(&self) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        builder.unwrap().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }

    fn path(&self) -> &str {
        self.file.path().to_str().unwrap()
    }
}

/// The server of the tests behind TLS; it takes no connection without.
struct Front {
    fixture: Fixture,
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Front {
    async fn start(config: ServerConfig) -> Self {
        let fixture = Fixture::fresh().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, to) = (listener.local_addr().unwrap(), fixture.place());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(serve(client, acceptor.clone(), to.clone()));
            }
        });
        Self { fixture, address, _server: server }
    }

    /// Its database by this host name, whatever its address; `parameters` begin with `&`.
    fn url(&self, host: &str, parameters: &str) -> String {
        let (url, port) = (self.fixture.url(), self.address.port());
        let (base, known) = url.split_once('?').unwrap_or((&url, ""));
        let (scheme, rest) = base.split_once("://").unwrap();
        let (user, place) = rest.rsplit_once('@').map_or(("", rest), |(user, place)| (user, place));
        let (_, database) = place.split_once('/').unwrap();
        let at = if user.is_empty() { "" } else { "@" };
        format!("{scheme}://{user}{at}{host}:{port}/{database}?{known}&hostaddr=127.0.0.1{parameters}")
    }

    /// Whether the server is believed, and answers.
    async fn ping(&self, host: &str, parameters: &str) -> PortResult<()> {
        let address = PgAddress::parse(&self.url(host, parameters)).unwrap();
        PgDatabase::new(PgPool::new(address, PgLimits::default()).unwrap()).ping().await
    }
}

/// The first message of a client asks for TLS (PostgreSQL 18, 54.2.10).
async fn serve(mut client: TcpStream, acceptor: TlsAcceptor, to: String) {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    let mut first = [0; 8];
    if client.read_exact(&mut first).await.is_err() || first != SSL_REQUEST {
        return;
    }
    client.write_all(b"S").await.unwrap();
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let mut server = TcpStream::connect(to).await.unwrap();
    drop(copy_bidirectional(&mut client, &mut server).await);
}

fn assert_not_believed(outcome: &PortResult<()>) {
    let error = outcome.as_ref().unwrap_err();
    assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
    let told = chain(error);
    assert!(told.contains("sslrootcert") && told.contains("verify-full"), "{told}");
}

#[tokio::test]
async fn without_a_mode_a_server_on_another_machine_has_to_prove_who_it_is() {
    let authority = Authority::new();
    let front = Front::start(authority.server()).await;
    // No machine knows its authority.
    assert_not_believed(&front.ping(HOST, "").await);
    let roots = format!("&sslrootcert={}", authority.path());
    front.ping(HOST, &roots).await.unwrap();
    assert_not_believed(&front.ping("other.example.test", &roots).await);
    let stranger = Authority::new();
    assert_not_believed(&front.ping(HOST, &format!("&sslrootcert={}", stranger.path())).await);
    // This machine is believed as it always was.
    front.ping("localhost", "").await.unwrap();
}

#[tokio::test]
async fn every_mode_checks_as_much_as_it_says() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let front = Front::start(authority.server()).await;
    let (own, foreign) = (authority.path(), stranger.path());
    for (host, mode, roots, is_believed) in [
        (HOST, "require", None, true),
        (HOST, "prefer", None, true),
        (HOST, "require", Some(own), true),
        ("other.example.test", "require", Some(own), true),
        (HOST, "require", Some(foreign), false),
        (HOST, "verify-ca", None, false),
        (HOST, "verify-ca", Some(own), true),
        ("other.example.test", "verify-ca", Some(own), true),
        (HOST, "verify-ca", Some(foreign), false),
        (HOST, "verify-full", None, false),
        (HOST, "verify-full", Some(own), true),
        ("other.example.test", "verify-full", Some(own), false),
        ("localhost", "verify-full", Some(own), false),
        (HOST, "verify-full", Some(foreign), false),
    ] {
        let roots = roots.map(|path| format!("&sslrootcert={path}")).unwrap_or_default();
        let outcome = front.ping(host, &format!("&sslmode={mode}{roots}")).await;
        if is_believed {
            assert!(outcome.is_ok(), "{host} {mode} {roots}: {outcome:?}");
        } else {
            assert_not_believed(&outcome);
        }
    }
    assert!(front.ping(HOST, "&sslmode=disable").await.is_err(), "the server takes nothing but TLS");
}

/// The server of the tests has no TLS.
#[tokio::test]
async fn without_a_mode_a_server_on_another_machine_is_not_spoken_to_in_the_clear() {
    let fixture = Fixture::fresh().await;
    let url = fixture.url();
    let place = fixture.place();
    let port = place.rsplit_once(':').unwrap().1;
    let to = |host: &str, mode: &str| {
        let url = url.replacen(&place, &format!("{host}:{port}"), 1);
        let separator = if url.contains('?') { '&' } else { '?' };
        let address = PgAddress::parse(&format!("{url}{separator}hostaddr=127.0.0.1{mode}")).unwrap();
        PgDatabase::new(PgPool::new(address, PgLimits::default()).unwrap())
    };
    assert_not_believed(&to(HOST, "").ping().await);
    to(HOST, "&sslmode=prefer").ping().await.unwrap();
    to("localhost", "").ping().await.unwrap();
}
