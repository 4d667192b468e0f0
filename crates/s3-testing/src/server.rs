//! The server, on a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue,
};
use hyper::service::{Service, service_fn};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use s3s_fs::FileSystem;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::uploads::Uploads;

/// A running server. It stops when it is dropped.
///
/// It has threads of its own, so that it answers whatever the runtime of the test is doing.
#[derive(Debug)]
pub struct S3Server {
    address: SocketAddr,
    folder: PathBuf,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Serves the folder on a free port of the loopback interface, to clients that have this key. It makes no buckets:
    /// they are folders of the folder, or come by `CreateBucket`.
    pub fn start(folder: &Path, access_key_id: &str, secret_access_key: &str) -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), folder, access_key_id, secret_access_key)
    }

    /// The same, at an address.
    pub fn start_at(
        address: SocketAddr,
        folder: &Path,
        access_key_id: &str,
        secret_access_key: &str,
    ) -> io::Result<Self> {
        Self::launch(address, folder, access_key_id, secret_access_key, false)
    }

    /// The same for pages of every origin too: browsers let them send parts to it, and read their tags (CORS).
    pub fn start_for_pages_at(
        address: SocketAddr,
        folder: &Path,
        access_key_id: &str,
        secret_access_key: &str,
    ) -> io::Result<Self> {
        Self::launch(address, folder, access_key_id, secret_access_key, true)
    }

    fn launch(
        address: SocketAddr,
        folder: &Path,
        access_key_id: &str,
        secret_access_key: &str,
        for_pages: bool,
    ) -> io::Result<Self> {
        let files = FileSystem::new(folder).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut builder = S3ServiceBuilder::new(Uploads::new(files, folder));
        builder.set_auth(SimpleAuth::from_single(access_key_id, secret_access_key));
        let service = builder.build();
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("s3-server")
            .enable_all()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        // It serves until the runtime ends.
        drop(runtime.spawn(serve(listener, service, for_pages)));
        Ok(Self { address, folder: folder.to_owned(), runtime: Some(runtime) })
    }

    /// `http://127.0.0.1:port`
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The region it is in. It takes every other too.
    #[must_use]
    pub const fn region(&self) -> &'static str {
        "us-east-1"
    }

    /// How many objects, parts of unfinished uploads and temporary files are in the folder.
    pub fn files_kept(&self) -> io::Result<usize> {
        Ok(self.names_kept()?.len())
    }

    /// How many bytes they have. What goes while it is looked for does not count.
    pub fn bytes_kept(&self) -> io::Result<u64> {
        let names = self.names_kept()?.into_iter();
        let sizes = names.filter_map(|name| std::fs::metadata(self.folder.join(name)).ok());
        Ok(sizes.map(|metadata| metadata.len()).sum())
    }

    /// Their names: `bucket/key` of an object.
    pub fn names_kept(&self) -> io::Result<Vec<String>> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                for object in std::fs::read_dir(entry.path())? {
                    kept.push(format!("{name}/{}", object?.file_name().to_string_lossy()));
                }
            } else if name.starts_with(".tmp.") || name.starts_with(".upload") {
                // The rest describes objects, and stays when they go.
                kept.push(name);
            }
        }
        Ok(kept)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, service: S3Service, for_pages: bool) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        // Head and body of a small answer leave in two segments, and the second would wait for the first one's ACK:
        // 40 ms.
        if socket.set_nodelay(true).is_err() {
            continue;
        }
        let service = service.clone();
        let service = service_fn(move |request| answer(service.clone(), request, for_pages));
        connections.spawn(async move {
            // A connection that breaks is the client's to notice.
            drop(
                Builder::new(TokioExecutor::new())
                    .http1_only()
                    .serve_connection(TokioIo::new(socket), service)
                    .await,
            );
        });
    }
}

/// A presigned URL of a kind that it does not know is "not implemented" for `s3s`; every other server refuses it.
async fn answer(
    service: S3Service,
    request: Request<Incoming>,
    for_pages: bool,
) -> Result<Response<Body>, HttpError> {
    if for_pages && request.method() == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        allow_pages(response.headers_mut());
        return Ok(response);
    }
    let presigned = request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    // As servers do, it ends what it has begun though its client is gone: cut off midway it would hold the files of an
    // upload that it no longer knows, or know one whose files are gone.
    #[expect(clippy::disallowed_methods, reason = "it is waited for at once")]
    let call = tokio::spawn(async move { Service::call(&service, request).await });
    let mut response = match call.await {
        Ok(response) => response?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    if presigned && response.status() == StatusCode::NOT_IMPLEMENTED {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    if for_pages {
        allow_pages(response.headers_mut());
    }
    Ok(response)
}

/// What a bucket says to pages whose origins it allows.
fn allow_pages(headers: &mut HeaderMap) {
    let fields = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "PUT, GET, HEAD"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "ETag"),
    ];
    for (name, value) in fields {
        drop(headers.insert(name, HeaderValue::from_static(value)));
    }
}
