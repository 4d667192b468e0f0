//! The HTTP client of the exporter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::error::chain;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The most that is read of an answer.
const MAX_ANSWER: usize = 64 * 1024;

type Sender = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends batches on the runtime of the program, whatever thread exports them. A collector that fails is a line of the log once,
/// and another when it answers again.
#[derive(Debug)]
pub(super) struct CollectorClient {
    sender: Sender,
    runtime: Handle,
    timeout: Duration,
    is_failing: AtomicBool,
}

impl CollectorClient {
    pub(super) fn new(runtime: &Handle, timeout: Duration, is_secure: bool) -> Result<Self, rustls::Error> {
        let roots = if is_secure { platform_roots() } else { RootCertStore::empty() };
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let sender = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { sender, runtime: runtime.clone(), timeout, is_failing: AtomicBool::new(false) })
    }

    /// Logs that the collector fails, or answers again.
    fn note(&self, failure: Option<&str>) {
        match (failure, self.is_failing.swap(failure.is_some(), Ordering::Relaxed)) {
            (Some(error), false) => {
                tracing::warn!(error, "spans can't be exported, and are dropped meanwhile");
            }
            (None, true) => tracing::info!("spans are exported again"),
            (Some(_), true) | (None, false) => {}
        }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (sender, limit) = (self.sender.clone(), self.timeout);
        let sent = self.runtime.spawn(async move { timeout(limit, send(&sender, request)).await });
        let answer = match sent.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(late)) => Err(late.into()),
            // The runtime is gone.
            Err(cut_off) => Err(cut_off.into()),
        };
        match &answer {
            Ok(answer) if answer.status().is_success() => self.note(None),
            Ok(answer) => self.note(Some(answer.status().as_str())),
            Err(error) => self.note(Some(&chain(error.as_ref()))),
        }
        answer
    }
}

async fn send(sender: &Sender, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = sender.request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await?;
    Ok(Response::from_parts(head, body.to_bytes()))
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
