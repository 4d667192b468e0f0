//! The server that Prometheus asks.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::TEXT_FORMAT;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::Metrics;

/// Connections at one time; further ones wait in the backlog of the listener.
const MOST_CONNECTIONS: usize = 8;
/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may last, which has one request.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after the listener failed: for want of descriptors, say.
const FAILURE_PAUSE: Duration = Duration::from_millis(200);

/// Answers `GET /metrics` and nothing else, on an address of its own.
#[derive(Debug)]
pub struct MetricsServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl MetricsServer {
    /// Listens on this address; port 0 takes a free one.
    pub fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { address: listener.local_addr()?, listener })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`; then it closes its connections at once.
    pub async fn serve(self, metrics: Arc<Metrics>, stop: CancellationToken) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            tokio::select! {
                (place, accepted) = accepted => match accepted {
                    Ok((socket, _peer)) => {
                        let metrics = Arc::clone(&metrics);
                        connections.spawn(async move {
                            let _place = place;
                            // A client that is late or goes away has its connection closed, and nothing else.
                            let _late = timeout(CONNECTION_TIMEOUT, answer_on(socket, metrics)).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection for metrics could not be taken");
                        sleep(FAILURE_PAUSE).await;
                    }
                },
                Some(_ended) = connections.join_next() => {}
                () = stop.cancelled() => return Ok(()),
            }
        }
    }
}

async fn answer_on(socket: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let metrics = Arc::clone(&metrics);
        async move { Ok::<_, Infallible>(answer(&request, &metrics).await) }
    });
    let mut server = http1::Builder::new();
    server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    if let Err(error) = server.serve_connection(TokioIo::new(socket), service).await {
        tracing::debug!(%error, "a connection for metrics ended early");
    }
}

async fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<String> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "only /metrics is here\n");
    }
    if request.method() != Method::GET {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return refused;
    }
    match metrics.text().await {
        Ok(text) => {
            let mut answer = Response::new(text);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Err(error) => {
            tracing::error!(%error, "the metrics can't be told");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be told: see the log\n")
        }
    }
}

fn plain(status: StatusCode, text: &str) -> Response<String> {
    let mut answer = Response::new(text.to_owned());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
