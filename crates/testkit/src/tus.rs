//! A client of tus 1.0.0, in two layers: what its requests say, and [`Uploader`], which sends them over blocking sockets.
//!
//! The end-to-end tests send the same requests one at a time and wrong in every way: `e2e::tus`.

use std::net::SocketAddr;

use base64::Engine as _;

use crate::Outcome;
use crate::http::{Connection, Request, Response, path_of};

/// The field with the version, which every request has but OPTIONS.
pub const VERSION: (&str, &str) = ("Tus-Resumable", "1.0.0");

/// The media type of a chunk.
pub const CHUNK_TYPE: &str = "application/offset+octet-stream";

/// A request: all but its body, its credentials, and the fields that every HTTP client adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `PATCH`
    pub method: &'static str,
    /// The path, or a URL.
    pub target: String,
    /// The fields.
    pub fields: Vec<(&'static str, String)>,
}

impl Call {
    fn new(
        method: &'static str,
        target: &str,
        fields: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let version = (VERSION.0, VERSION.1.to_owned());
        let fields = std::iter::once(version).chain(fields).collect();
        Self { method, target: target.to_owned(), fields }
    }

    /// Begins an upload; its length may be said later.
    #[must_use]
    pub fn create(target: &str, length: Option<usize>, metadata: &str) -> Self {
        let length = length.map(|length| ("Upload-Length", length.to_string()));
        Self::new("POST", target, length.into_iter().chain([("Upload-Metadata", metadata.to_owned())]))
    }

    /// Appends a chunk that belongs at this offset.
    #[must_use]
    pub fn append(target: &str, offset: usize) -> Self {
        let fields = [("Content-Type", CHUNK_TYPE.to_owned()), ("Upload-Offset", offset.to_string())];
        Self::new("PATCH", target, fields)
    }

    /// Asks how many bytes there are.
    #[must_use]
    pub fn offset(target: &str) -> Self {
        Self::new("HEAD", target, [])
    }

    /// Ends an upload.
    #[must_use]
    pub fn terminate(target: &str) -> Self {
        Self::new("DELETE", target, [])
    }
}

/// `Upload-Metadata` with these values.
#[must_use]
pub fn metadata(values: &[(&str, &str)]) -> String {
    let encode = |value: &str| base64::engine::general_purpose::STANDARD.encode(value);
    let pairs = values.iter().map(|(key, value)| format!("{key} {}", encode(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// A server of tus, and what each request to it carries.
#[derive(Debug)]
pub struct Uploader<'a> {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where uploads begin.
    pub path: &'static str,
    /// The field that proves who asks.
    pub authorization: Option<(&'a str, &'a str)>,
}

impl Uploader<'_> {
    /// Uploads these bytes in chunks of this size, one request after the other on the connection; the id of the file that
    /// they have become, where the server names one.
    pub fn upload(
        &self,
        connection: &mut Connection,
        name: &str,
        body: &[u8],
        chunk: usize,
    ) -> Outcome<Option<String>> {
        let create = Call::create(self.path, Some(body.len()), &metadata(&[("filename", name)]));
        let created = self.send(connection, &create, b"")?;
        created.expect(201)?;
        let path = path_of(created.header("location")?).to_owned();
        let (mut offset, mut file) = (0, None);
        for bytes in body.chunks(chunk) {
            let answer = self.send(connection, &Call::append(&path, offset), bytes)?;
            answer.expect(204)?;
            offset += bytes.len();
            if answer.header("upload-offset")?.parse::<usize>()? != offset {
                return Err("the server has another number of bytes than were sent".into());
            }
            file = answer.header("x-file-id").map(str::to_owned).ok();
        }
        Ok(file)
    }

    fn send(&self, connection: &mut Connection, call: &Call, body: &[u8]) -> Outcome<Response> {
        let fields = call.fields.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<(&str, &str)> = fields.chain(self.authorization).collect();
        connection.send(&Request { method: call.method, path: &call.target, headers: &headers, body })
    }
}

#[cfg(test)]
mod tests;
