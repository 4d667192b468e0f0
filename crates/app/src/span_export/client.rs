//! The HTTP client of the exporter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::error::chain;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::http_client::Sender;

/// The most that is read of an answer.
const MAX_ANSWER: usize = 64 * 1024;

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
        let sender = Sender::new(is_secure)?;
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
        let sent = self.runtime.spawn(async move { timeout(limit, sender.send(request, MAX_ANSWER)).await });
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
