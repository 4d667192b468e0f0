//! A small HTTP client: for the exporter of spans, and for the checks of `doctor`.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::error::Cause;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

/// Makes requests over HTTP/1.1, with TLS where the URL says so. Its errors show no URL. Time-outs are the caller's.
#[derive(Debug, Clone)]
pub(crate) struct Sender(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Sender {
    /// A client; only one for `https:` reads the roots that this machine trusts.
    pub(crate) fn new(is_secure: bool) -> Result<Self, rustls::Error> {
        let roots = if is_secure { platform_roots() } else { RootCertStore::empty() };
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends a request, and reads at most `limit` bytes of the answer's body.
    pub(crate) async fn send(&self, request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, Cause> {
        let (head, body) = self.0.request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, limit).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// The roots that this machine trusts; those that browsers trust where it has none, as in a bare container.
fn platform_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
