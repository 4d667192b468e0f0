//! TLS in front of a proxy: a certificate that no machine trusts, and clients that trust it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// A certificate for one host, signed by itself.
pub(crate) struct Certificate {
    host: &'static str,
    certificate: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one, and writes it and its key into the folder as `fullchain.pem` and `privkey.pem`.
    pub(crate) fn within(folder: &Path, host: &'static str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap().self_signed(&key).unwrap();
        std::fs::write(folder.join("fullchain.pem"), made.pem()).unwrap();
        std::fs::write(folder.join("privkey.pem"), key.serialize_pem()).unwrap();
        Self { host, certificate: made.der().clone() }
    }

    /// A client that takes this certificate and no other.
    fn client(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

/// Takes connections in the clear and passes their bytes on by TLS, so that every client of the tests, which speak no TLS,
/// reaches a proxy that speaks nothing else.
pub(crate) struct TlsBridge {
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl TlsBridge {
    /// Connections arrive at the proxy from the address `client`.
    pub(crate) async fn to(proxy: SocketAddr, certificate: &Certificate, client: Ipv4Addr) -> Self {
        let tls = certificate.client();
        let host = ServerName::try_from(certificate.host).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            while let Ok((mut plain, _)) = listener.accept().await {
                let (tls, host) = (tls.clone(), host.clone());
                drop(tokio::spawn(async move {
                    let secure = tls.connect(host, connect_from(client, proxy).await).await;
                    let mut secure = secure.expect("the proxy shows its certificate");
                    // A side that cuts the connection ends the other.
                    drop(copy_bidirectional(&mut plain, &mut secure).await);
                }));
            }
        });
        Self { address, serving }
    }
}

impl Drop for TlsBridge {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn connect_from(client: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((client, 0))).unwrap();
    socket.connect(to).await.expect("the proxy listens")
}
