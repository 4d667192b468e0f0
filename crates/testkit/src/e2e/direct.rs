//! The requests of a client of direct uploads, one at a time.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::{Answer, Api, Request};
use crate::direct::{PATH, Part, Signed, completion, completion_path, creation, path};

/// A direct upload that was begun.
#[derive(Clone)]
pub struct Direct {
    api: Api,
    /// Its path.
    pub path: String,
    /// What it was answered with.
    pub begun: Value,
}

impl Api {
    /// Begins a direct upload.
    pub fn direct_creation(&self, body: &Value) -> Request {
        self.post(PATH).json(body)
    }

    /// Begins a direct upload of so many bytes that must be taken.
    pub async fn direct(&self, name: &str, size: usize) -> Direct {
        let created = self.direct_creation(&creation(name, size)).send().await;
        Direct::of(self, &created.expect(201))
    }
}

impl Direct {
    /// The upload that this answer tells of.
    pub fn of(api: &Api, created: &Answer) -> Self {
        let begun = created.json();
        let path = path(&begun).expect("an upload has an id");
        Self { api: api.clone(), path, begun }
    }

    /// The same upload, for another client.
    pub fn by(&self, api: &Api) -> Self {
        Self { api: api.clone(), ..self.clone() }
    }

    /// The parts to send.
    pub fn parts(&self) -> Vec<Value> {
        self.begun["parts"].as_array().expect("a list of parts").clone()
    }

    /// The request that brings this part, as it was told: its URL needs no token.
    pub fn put(&self, part: &Value, bytes: impl Into<Bytes>) -> Request {
        let part = Signed::read(part).expect("a part to send");
        let method = part.method.parse::<Method>().expect("a method");
        let request = self.api.request(method, part.url);
        let request = part.fields.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(bytes.into())
    }

    /// Sends this part of `content`, which must be taken; what completes it.
    pub async fn send(&self, part: &Value, content: &Bytes) -> Value {
        let read = Part::read(part).expect("a part to send");
        let bytes = content.slice(read.place.clone());
        read.sent(&self.put(part, bytes).send().await.expect(200).field("etag"))
    }

    /// Sends every part of `content`; what completes them.
    pub async fn send_all(&self, content: &Bytes) -> Vec<Value> {
        let mut sent = Vec::new();
        for part in self.parts() {
            sent.push(self.send(&part, content).await);
        }
        sent
    }

    /// Completes it with these parts.
    pub async fn complete(&self, parts: &[Value]) -> Answer {
        self.api.post(&completion_path(&self.path)).json(&completion(parts)).send().await
    }

    /// Ends it.
    pub async fn cancel(&self) -> Answer {
        self.api.delete(&self.path).send().await
    }
}
