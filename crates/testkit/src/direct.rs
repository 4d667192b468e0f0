//! A client of direct uploads, in two layers: what its requests say, and [`upload`], which sends them over blocking sockets.
//!
//! The end-to-end tests send the same requests one at a time: `e2e::direct`.

use std::net::SocketAddr;
use std::ops::Range;

use serde_json::{Value, json};

use crate::Outcome;
use crate::http::{Connection, Request, Response, path_of};

/// Where direct uploads begin.
pub const PATH: &str = "/v1/direct-uploads";

/// The body of the request that begins one.
#[must_use]
pub fn creation(name: &str, size: usize) -> Value {
    json!({"name": name, "size": size})
}

/// The path of an upload, by the answer to the request that began it.
pub fn path(begun: &Value) -> Outcome<String> {
    Ok(format!("{PATH}/{}", begun["id"].as_str().ok_or("the upload has no id")?))
}

/// The path of the request that completes an upload.
#[must_use]
pub fn completion_path(path: &str) -> String {
    format!("{path}/complete")
}

/// The body of the request that completes an upload of these parts.
#[must_use]
pub fn completion(parts: &[Value]) -> Value {
    json!({"parts": parts})
}

/// The signed request that brings a part to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its URL, which needs no credentials.
    pub url: &'a str,
    /// The fields that were signed.
    pub fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Signed<'a> {
    /// Reads it from a part of the answer to the request that began the upload.
    pub fn read(part: &'a Value) -> Outcome<Self> {
        let text = |name: &str| part[name].as_str().ok_or_else(|| format!("the part has no {name}"));
        let fields = part["headers"].as_object().ok_or("the part has no headers")?.iter();
        let fields = fields.map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let fields = fields.collect::<Option<_>>().ok_or("a field of the part has no value")?;
        Ok(Self { method: text("method")?, url: text("url")?, fields })
    }
}

/// A part that goes to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its number, from 1 on.
    pub number: u64,
    /// Its place in the file.
    pub place: Range<usize>,
    /// The request that brings it.
    pub request: Signed<'a>,
}

impl<'a> Part<'a> {
    /// Reads it from the answer to the request that began the upload.
    pub fn read(part: &'a Value) -> Outcome<Self> {
        let number = |name: &str| part[name].as_u64().ok_or_else(|| format!("the part has no {name}"));
        let offset = usize::try_from(number("offset")?)?;
        Ok(Self {
            number: number("number")?,
            place: offset..offset + usize::try_from(number("size")?)?,
            request: Signed::read(part)?,
        })
    }

    /// What the completion says of it, once the store has answered with this tag.
    #[must_use]
    pub fn sent(&self, tag: &str) -> Value {
        json!({"number": self.number, "etag": tag})
    }
}

/// Uploads these bytes: asks for the parts, sends them to the store one after the other, and completes; the file.
pub fn upload(
    program: &mut Connection,
    authorization: (&str, &str),
    store: SocketAddr,
    name: &str,
    body: &[u8],
) -> Outcome<Value> {
    let mut post = |path: &str, value: &Value| -> Outcome<Response> {
        let headers = [authorization, ("Content-Type", "application/json")];
        let value = value.to_string();
        program.send(&Request { method: "POST", path, headers: &headers, body: value.as_bytes() })
    };
    let begun = post(PATH, &creation(name, body.len()))?.json(201)?;
    let mut store = Connection::open(store)?;
    let mut sent = Vec::new();
    for part in begun["parts"].as_array().ok_or("the upload has no parts")? {
        let part = Part::read(part)?;
        sent.push(part.sent(&send(&mut store, &part, body)?));
    }
    post(&completion_path(&path(&begun)?), &completion(&sent))?.json(201)
}

/// Sends a part of these bytes; its tag.
fn send(store: &mut Connection, part: &Part<'_>, body: &[u8]) -> Outcome<String> {
    // The client says these two anyway.
    let said = |name: &str| name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("host");
    let Signed { method, url, fields } = &part.request;
    let headers: Vec<_> = fields.iter().filter(|(name, _)| !said(name)).copied().collect();
    let body = body.get(part.place.clone()).ok_or("a part beyond the end")?;
    let answer = store.send(&Request { method, path: path_of(url), headers: &headers, body })?;
    answer.expect(200)?;
    Ok(answer.header("etag")?.to_owned())
}

#[cfg(test)]
mod tests;
