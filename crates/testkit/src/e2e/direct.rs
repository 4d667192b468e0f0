//! The requests of a client of direct uploads, one at a time.

use bytes::Bytes;
use fm_api_types::{DirectPart, DirectUpload, DirectUploadCompletion, DirectUploadCreation, SentPart};
use reqwest::Method;
use serde::Serialize;

use super::{Answer, Api, Request};

/// A direct upload that was begun.
#[derive(Clone)]
pub struct Direct {
    api: Api,
    /// Its path.
    pub path: String,
    /// What it was answered with.
    pub begun: DirectUpload,
}

impl Api {
    /// Begins a direct upload.
    pub fn direct_creation(&self, body: &impl Serialize) -> Request {
        self.post("/v1/direct-uploads").json(body)
    }

    /// Begins a direct upload of so many bytes that must be taken.
    pub async fn direct(&self, name: &str, size: usize) -> Direct {
        let (name, size) = (name.to_owned(), size as u64);
        let body = DirectUploadCreation { name, size, ..DirectUploadCreation::default() };
        let created = self.direct_creation(&body).send().await;
        Direct::of(self, &created.expect(201))
    }
}

impl Direct {
    /// The upload that this answer tells of.
    pub fn of(api: &Api, created: &Answer) -> Self {
        let begun: DirectUpload = created.parse();
        let path = format!("/v1/direct-uploads/{}", begun.id);
        Self { api: api.clone(), path, begun }
    }

    /// The same upload, for another client.
    pub fn by(&self, api: &Api) -> Self {
        Self { api: api.clone(), ..self.clone() }
    }

    /// The parts to send.
    pub fn parts(&self) -> &[DirectPart] {
        &self.begun.parts
    }

    /// The request that brings this part, as it was told: its URL needs no token.
    pub fn put(&self, part: &DirectPart, bytes: impl Into<Bytes>) -> Request {
        let method = part.method.parse::<Method>().expect("a method");
        let request = self.api.request(method, part.url.expose());
        let request = part.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(bytes.into())
    }

    /// Sends this part of `content`, which must be taken; what completes it.
    pub async fn send(&self, part: &DirectPart, content: &Bytes) -> SentPart {
        let place = |bytes: u64| usize::try_from(bytes).expect("a place");
        let bytes = content.slice(place(part.offset)..place(part.offset + part.size));
        let etag = self.put(part, bytes).send().await.expect(200).field("etag");
        SentPart { number: part.number, etag }
    }

    /// Sends every part of `content`; what completes them.
    pub async fn send_all(&self, content: &Bytes) -> Vec<SentPart> {
        let mut sent = Vec::new();
        for part in self.parts() {
            sent.push(self.send(part, content).await);
        }
        sent
    }

    /// Completes it with these parts.
    pub async fn complete(&self, parts: &[SentPart]) -> Answer {
        let body = DirectUploadCompletion { parts: parts.to_vec() };
        self.api.post(&format!("{}/complete", self.path)).json(&body).send().await
    }

    /// Ends it.
    pub async fn cancel(&self) -> Answer {
        self.api.delete(&self.path).send().await
    }
}
