//! Authorities that are believed in place of those that browsers trust.

use redis::{Client, ConnectionInfo, RedisResult, TlsCertificates};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Why authorities can't be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoots {
    /// The text has no certificate, or one that can't be read.
    #[error("holds no certificate in PEM that can be read")]
    NoCertificate,
    /// The connection is not encrypted: no certificate is shown.
    #[error("is for rediss://, rediss+sentinel:// and rediss+cluster:// alone")]
    NoTls,
}

/// Certificates of authorities, in PEM: servers are believed whose certificates these have issued, and no others.
#[derive(Clone)]
pub(super) struct Roots(TlsCertificates);

impl Roots {
    pub(super) fn read(pem: &[u8]) -> Result<Self, InvalidRoots> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_unreadable| InvalidRoots::NoCertificate)?;
            store.add(certificate).map_err(|_unusable| InvalidRoots::NoCertificate)?;
        }
        if store.is_empty() {
            return Err(InvalidRoots::NoCertificate);
        }
        Ok(Self(TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) }))
    }

    /// A client of a server whose certificate they have issued.
    pub(super) fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        Client::build_with_tls(info, self.certificates())
    }

    /// The same for the library.
    pub(super) fn certificates(&self) -> TlsCertificates {
        self.0.clone()
    }
}
