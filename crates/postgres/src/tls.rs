//! TLS by rustls, as strict as `sslmode` asks for.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::InvalidAddress;

/// How connections are secured: to servers on this machine, and to all others.
#[derive(Clone)]
pub(crate) struct Security {
    /// To loopback addresses.
    pub(crate) local: Channel,
    /// To other machines.
    pub(crate) remote: Channel,
}

/// How one connection is secured.
#[derive(Clone)]
pub(crate) struct Channel {
    /// Whether it is encrypted.
    pub(crate) mode: SslMode,
    /// What encrypts it, and checks the server.
    pub(crate) tls: MakeRustlsConnect,
}

impl Channel {
    pub(crate) fn new(mode: SslMode, trust: Trust) -> Result<Self, InvalidAddress> {
        Ok(Self { mode, tls: MakeRustlsConnect::new(client_config(trust)?) })
    }
}

/// Which servers are believed.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Any server that answers: protects from eavesdroppers alone.
    Anyone,
    /// A server with a certificate that one of these roots issued.
    Issuer(RootCertStore),
    /// The same, and the certificate names the host.
    IssuerAndName(RootCertStore),
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "anyone",
            Self::Issuer(_) => "issuer",
            Self::IssuerAndName(_) => "issuer and name",
        })
    }
}

/// The roots that this machine trusts; those that browsers trust where it has none, as in a bare container.
pub(crate) fn platform_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// The certificates of a PEM file.
pub(crate) fn read_roots(path: &str) -> Result<RootCertStore, InvalidAddress> {
    let refused = |error: &dyn fmt::Display| InvalidAddress::RootCertificates(error.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(&error))? {
        roots.add(certificate.map_err(|error| refused(&error))?).map_err(|error| refused(&error))?;
    }
    if roots.is_empty() { Err(refused(&"it holds none")) } else { Ok(roots) }
}

/// The configuration of a client that trusts this far.
fn client_config(trust: Trust) -> Result<ClientConfig, InvalidAddress> {
    let refused = |error: &dyn fmt::Display| InvalidAddress::Tls(error.to_string());
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| refused(&error))?;
    Ok(match trust {
        Trust::IssuerAndName(roots) => builder.with_root_certificates(roots).with_no_client_auth(),
        Trust::Issuer(roots) => {
            let whole = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            let issuer = Some(whole.build().map_err(|error| refused(&error))?);
            let verifier = Arc::new(Lenient { issuer, provider });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Trust::Anyone => {
            let verifier = Arc::new(Lenient { issuer: None, provider });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
    })
}

/// Checks less of a certificate than its name: its issuer alone, or nothing.
#[derive(Debug)]
struct Lenient {
    issuer: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(issuer) = &self.issuer else { return Ok(ServerCertVerified::assertion()) };
        match issuer.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
