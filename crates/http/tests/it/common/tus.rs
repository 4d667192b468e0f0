//! What tests of resumable uploads have in common.

use fm_testkit::tus::{Call, VERSION};

use super::client::Answer;
use super::{Client, Server};

/// The type of a chunk.
pub(crate) const PIECE: &str = fm_testkit::tus::CHUNK_TYPE;

/// `café.txt`, a text.
pub(crate) const METADATA: &str = "filename Y2Fmw6kudHh0,filetype dGV4dC9wbGFpbg==,note";

pub(crate) fn tus(client: &Client) -> Client {
    client.with(VERSION.0, VERSION.1)
}

/// A client of [`tus`] with the other fields of this request.
fn with(client: &Client, call: &Call) -> Client {
    let fields = call.fields.iter().filter(|(name, _)| *name != VERSION.0);
    fields.fold(client.clone(), |client, (name, value)| client.with(name, value))
}

pub(crate) async fn user(server: &Server) -> Client {
    tus(&server.user("ada@example.org").await)
}

/// A request that begins an upload.
pub(crate) fn creation(client: &Client, length: usize) -> Client {
    with(client, &Call::create("/v1/uploads", Some(length), METADATA))
}

/// A new upload's path.
pub(crate) async fn begin(client: &Client, length: usize) -> String {
    let answer = creation(client, length).send("POST", "/v1/uploads", b"").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

/// A request that brings a piece.
pub(crate) fn at(client: &Client, offset: usize) -> Client {
    with(client, &Call::append("/v1/uploads", offset))
}

pub(crate) async fn append(client: &Client, path: &str, offset: usize, bytes: &[u8]) -> Answer {
    at(client, offset).send("PATCH", path, bytes).await
}

pub(crate) async fn offset(client: &Client, path: &str) -> String {
    let answer = client.send("HEAD", path, b"").await;
    assert_eq!(answer.status, 200);
    answer.header("upload-offset").unwrap().to_owned()
}

/// The status of an answer without a body.
pub(crate) fn bare(answer: &Answer) -> u16 {
    assert!(answer.body.is_empty(), "{}", answer.text());
    answer.status
}
