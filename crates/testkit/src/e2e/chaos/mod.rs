//! A proxy that misbehaves as it is told: between the program and what it stands on.
//!
//! In front of an S3 server it knows requests and answers (HTTP/1.1) and leaves the `Host` as it is, which the
//! signature covers. In front of PostgreSQL it knows bytes: what the client sends at once stands for a request, and
//! what comes back next for its answer.

mod bytes;
mod http;
mod plan;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use plan::Shared;

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this status and this code of S3, and never passed on. Of HTTP alone; else as [`Fault::Gone`].
    Refuse(u16, &'static str),
    /// It is taken and never answered. In front of PostgreSQL it goes on when the proxy is told something else.
    Hang,
    /// Half of it is passed on, and then the connection is cut.
    CutRequest,
    /// Half of its answer comes back, and then the connection is cut.
    CutAnswer,
    /// It is passed on whole and done, and the connection is cut instead of the answer.
    LoseAnswer,
    /// It is passed on whole, and so is its answer: late, and in small pieces.
    Slow,
    /// Every connection is closed, and so is each that is made.
    Gone,
}

/// The proxy. It has threads of its own, so that it goes on whatever the runtime of the test is doing, and ends when it
/// is dropped.
pub struct ChaosProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// What a proxy understands of what it passes on.
#[derive(Clone, Copy)]
enum Speaks {
    Http,
    Bytes,
}

impl ChaosProxy {
    /// In front of an HTTP server.
    pub(crate) fn http(upstream: SocketAddr) -> Self {
        Self::start(upstream, Speaks::Http)
    }

    /// In front of any server.
    pub(crate) fn bytes(upstream: SocketAddr) -> Self {
        Self::start(upstream, Speaks::Bytes)
    }

    fn start(upstream: SocketAddr, speaks: Speaks) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let shared = Arc::new(Shared::new(upstream));
        drop(runtime.spawn(serve(listener, Arc::clone(&shared), speaks)));
        Self { address, shared, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this befalls every request.
    pub fn always(&self, fault: Fault) {
        self.only("", fault);
    }

    /// From now on this befalls every request that holds `text`: in its method and target where it is HTTP, anywhere
    /// else.
    pub fn only(&self, text: &'static str, fault: Fault) {
        self.shared.plan(&[fault], 1000, text, usize::MAX);
    }

    /// This befalls the next so many requests that hold `text`, and none after them.
    pub fn next(&self, count: usize, text: &'static str, fault: Fault) {
        self.shared.plan(&[fault], 1000, text, count);
    }

    /// From now on, of a thousand requests so many meet one of these, at random: the same for the same seed.
    pub fn sometimes(&self, per_mille: u64, faults: &[Fault], seed: u64) {
        self.shared.seed(seed);
        self.shared.plan(faults, per_mille, "", usize::MAX);
    }

    /// From now on nothing befalls anything.
    pub fn calm(&self) {
        self.shared.plan(&[], 0, "", 0);
    }

    /// How many requests met a fault so far.
    pub fn met(&self) -> usize {
        self.shared.met()
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, speaks: Speaks) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            tokio::select! {
                // A connection that breaks is for its two ends to notice.
                ended = talk(client, &shared, speaks) => drop(ended),
                () = shared.gone() => {}
            }
        });
    }
}

async fn talk(client: TcpStream, shared: &Shared, speaks: Speaks) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(shared.upstream()).await?;
    server.set_nodelay(true)?;
    match speaks {
        Speaks::Http => http::talk(client, server, shared).await,
        Speaks::Bytes => bytes::talk(client, server, shared).await,
    }
}
