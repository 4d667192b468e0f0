//! The requests of a tus client, one at a time, so that each can be wrong in every way.

use bytes::Bytes;
use fm_api_types::File;
use reqwest::Method;

use super::raw::Connection;
use super::{Answer, Api, Request, User, within};
pub use crate::tus::metadata;
use crate::tus::{CHUNK_TYPE, Call, VERSION};

/// How long a request that was cut off may still hold an upload, on however busy a machine: less than the half minute after which one that
/// stalls is cut off by the server.
const RELEASE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(25);

/// An upload that was begun.
#[derive(Clone)]
pub struct Resumable {
    api: Api,
    /// Its path.
    pub path: String,
}

impl Api {
    /// A request of tus.
    pub fn tus(&self, method: Method, target: &str) -> Request {
        self.request(method, target).header(VERSION.0, VERSION.1)
    }

    /// A request of tus without its body.
    fn call(&self, call: &Call) -> Request {
        let method = call.method.parse::<Method>().expect("a method");
        let request = self.request(method, &call.target);
        call.fields.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Begins an upload of this name, without a length yet.
    pub fn creation(&self, name: &str) -> Request {
        self.call(&Call::create("/v1/uploads", None, &metadata(&[("filename", name)])))
    }

    /// Begins an upload that must be taken.
    pub async fn resumable(&self, name: &str, length: usize) -> Resumable {
        let created = self.creation(name).header("upload-length", &length.to_string()).send().await;
        Resumable::of(self, &created.expect(201))
    }

    /// The bytes of a file, through its signed URL.
    pub async fn content(&self, file: &File) -> Bytes {
        self.get(file.download.url.expose()).send().await.expect(200).body
    }
}

impl Resumable {
    /// The upload that this answer tells of.
    pub fn of(api: &Api, created: &Answer) -> Self {
        Self { api: api.clone(), path: created.field("location") }
    }

    /// The same upload, for another client.
    pub fn by(&self, api: &Api) -> Self {
        Self { api: api.clone(), path: self.path.clone() }
    }

    /// A piece that belongs at this offset, without its bytes yet.
    pub fn piece(&self, offset: usize) -> Request {
        self.api.call(&Call::append(&self.path, offset))
    }

    /// Sends a piece that must be taken wholly.
    pub async fn send(&self, offset: usize, bytes: impl Into<Bytes>) -> Answer {
        let bytes = bytes.into();
        let end = offset + bytes.len();
        let answer = self.piece(offset).body(bytes).send().await.expect(204);
        assert_eq!(answer.field("upload-offset"), end.to_string(), "{answer:?}");
        answer
    }

    /// How far it is.
    pub async fn head(&self) -> Answer {
        self.api.call(&Call::offset(&self.path)).send().await
    }

    /// How many bytes it has.
    pub async fn offset(&self) -> usize {
        self.head().await.expect(200).field("upload-offset").parse().expect("a number of bytes")
    }

    /// Waits until it has so many bytes.
    pub async fn reaches(&self, offset: usize) {
        within(RELEASE_TIMEOUT, &format!("{} has {offset} bytes", self.path), async || {
            (self.offset().await == offset).then_some(())
        })
        .await;
    }

    /// Ends it.
    pub async fn terminate(&self) -> Answer {
        self.api.call(&Call::terminate(&self.path)).send().await
    }

    /// The file that it has become.
    pub async fn file(&self) -> File {
        let id = self.head().await.expect(200).field("x-file-id");
        self.api.get(&format!("/v1/files/{id}")).send().await.expect(200).parse()
    }

    /// A connection on which a body of this length was declared, by the user whose upload it is.
    pub async fn send_head(&self, user: &User, offset: usize, length: usize, fields: &str) -> Connection {
        let mut connection = Connection::to(&self.api.server).await;
        let (path, host, token) = (&self.path, self.api.server.address(), user.access());
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n\
             Content-Type: {CHUNK_TYPE}\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n{fields}\r\n"
        );
        assert!(connection.send(head).await);
        connection
    }
}
