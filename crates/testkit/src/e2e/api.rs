//! The client: it speaks plain HTTP, follows nothing, keeps no cookies.

use std::sync::Arc;

use bytes::Bytes;
use fm_api_types::{Capabilities, File, Folder, FolderCreation, Item, ItemList};
use reqwest::{Body, Method, redirect};
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Form, Lane, Server, User};

/// A client of one server, anonymous or logged in.
#[derive(Clone)]
pub struct Api {
    /// The server.
    pub server: Arc<Server>,
    http: reqwest::Client,
    bearer: Option<String>,
}

impl Api {
    /// An anonymous client of the server that this lane's tests share.
    pub fn on(lane: Lane) -> Self {
        Self::of(Server::shared(lane))
    }

    /// An anonymous client of a server of its own, with these variables over those of the lane.
    pub fn with(lane: Lane, variables: &[(&str, &str)]) -> Self {
        Self::of(Arc::new(Server::start(lane, variables)))
    }

    /// An anonymous client of this server.
    pub fn of(server: Arc<Server>) -> Self {
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy();
        // A server that waits for its store takes no more bytes meanwhile, and is not gone.
        let http = http.tcp_user_timeout(None).build().unwrap();
        Self { server, http, bearer: None }
    }

    /// The same client with this access token.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        self.server.secrets().add(token);
        Self { bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client at another node, with its token.
    #[must_use]
    pub fn at(&self, node: &Self) -> Self {
        self.bearer.iter().for_each(|token| node.secret(token));
        Self { server: Arc::clone(&node.server), ..self.clone() }
    }

    /// The same client without credentials.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { bearer: None, ..self.clone() }
    }

    /// The lane of its server.
    pub fn lane(&self) -> Lane {
        self.server.lane()
    }

    /// A fresh user, logged in.
    pub async fn user(&self) -> User {
        User::register(self).await
    }

    /// Remembers a text that no log may show.
    pub fn secret(&self, text: &str) {
        self.server.secrets().add(text);
    }

    /// A request to this path of the server, or to this absolute URL (without the token then).
    pub fn request(&self, method: Method, target: &str) -> Request {
        let absolute = target.starts_with("http");
        let url = if absolute { target.to_owned() } else { format!("{}{target}", self.server.base()) };
        let what = format!("{method} {}", target.split('?').next().unwrap_or(target));
        let mut builder = self.http.request(method, &url);
        if let Some(token) = self.bearer.as_ref().filter(|_| !absolute) {
            builder = builder.bearer_auth(token);
        }
        Request { builder, server: Arc::clone(&self.server), what, own: !absolute }
    }

    /// `GET`
    pub fn get(&self, target: &str) -> Request {
        self.request(Method::GET, target)
    }

    /// `HEAD`
    pub fn head(&self, target: &str) -> Request {
        self.request(Method::HEAD, target)
    }

    /// `POST`
    pub fn post(&self, target: &str) -> Request {
        self.request(Method::POST, target)
    }

    /// `PUT`
    pub fn put(&self, target: &str) -> Request {
        self.request(Method::PUT, target)
    }

    /// `PATCH`
    pub fn patch(&self, target: &str) -> Request {
        self.request(Method::PATCH, target)
    }

    /// `DELETE`
    pub fn delete(&self, target: &str) -> Request {
        self.request(Method::DELETE, target)
    }

    /// Uploads raw bytes under this name.
    pub fn upload(&self, name: &str, bytes: impl Into<Bytes>) -> Request {
        self.post("/v1/files")
            .query(&[("name", name)])
            .header("content-type", "application/octet-stream")
            .body(bytes.into())
    }

    /// Uploads raw bytes that must be taken, and gives the file as it is shown from then on: without the path, which this answer tells.
    pub async fn file(&self, name: &str, bytes: impl Into<Bytes>) -> File {
        let answer = self.upload(name, bytes).send().await.expect(201);
        File { path: None, ..answer.parse() }
    }

    /// The same of bytes of this claimed type.
    pub async fn file_of(&self, content_type: &str, name: &str, bytes: impl Into<Bytes>) -> File {
        let upload = self.post("/v1/files").query(&[("name", name)]).header("content-type", content_type);
        File { path: None, ..upload.body(bytes.into()).send().await.expect(201).parse() }
    }

    /// Makes a folder that must not be there, in `parent` or in the root.
    pub async fn folder(&self, name: &str, parent: Option<&Folder>) -> Folder {
        let parent_id = parent.map(|parent| parent.id.to_string());
        let body = FolderCreation { name: Some(name.to_owned()), parent_id, ..FolderCreation::default() };
        self.post("/v1/folders").json(&body).send().await.expect(201).parse()
    }

    /// Uploads raw bytes into a folder, which must be taken, and gives the file.
    pub async fn file_in(&self, folder: &Folder, name: &str, bytes: impl Into<Bytes>) -> File {
        let upload = self.upload(name, bytes).query(&[("parent_id", &folder.id.to_string())]);
        File { path: None, ..upload.send().await.expect(201).parse() }
    }

    /// The first page of the entries of a folder, with these query parameters.
    pub async fn children(&self, folder: &str, parameters: &[(&str, &str)]) -> Vec<Item> {
        let target = format!("/v1/folders/{folder}/children");
        let page: ItemList = self.get(&target).query(parameters).send().await.expect(200).parse();
        page.items
    }

    /// The names of the entries of a folder, folders first, at most 200.
    pub async fn names_in(&self, folder: &str) -> Vec<String> {
        let items = self.children(folder, &[("limit", "200")]).await;
        items.iter().map(|item| item.name().to_owned()).collect()
    }

    /// Waits until the thumbnail of a file is no longer being made, and gives the file.
    pub async fn with_thumbnail(&self, file: &File) -> File {
        let path = path_of(file);
        super::eventually("the thumbnail is made or given up", async || {
            let file: File = self.get(&path).send().await.expect(200).parse();
            (file.thumbnail.status != "pending").then_some(file)
        })
        .await
    }

    /// A file as it is now, which must be there.
    pub async fn current(&self, file: &File) -> File {
        self.get(&path_of(file)).send().await.expect(200).parse()
    }

    /// What the deployment offers.
    pub async fn capabilities(&self) -> Capabilities {
        self.get("/v1/capabilities").send().await.expect(200).parse()
    }
}

/// The path of a file's own route.
pub(crate) fn path_of(file: &File) -> String {
    format!("/v1/files/{}", file.id)
}

/// A request on its way to be sent.
pub struct Request {
    builder: reqwest::RequestBuilder,
    server: Arc<Server>,
    what: String,
    own: bool,
}

impl Request {
    fn map(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { builder: change(self.builder), ..self }
    }

    /// With this field.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.map(|builder| builder.header(name, value))
    }

    /// With this field, whose value need not be ASCII.
    #[must_use]
    pub fn header_bytes(self, name: &str, value: &[u8]) -> Self {
        self.map(|builder| builder.header(name, value))
    }

    /// With these query parameters, encoded.
    #[must_use]
    pub fn query(self, parameters: &[(&str, &str)]) -> Self {
        self.map(|builder| builder.query(parameters))
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        self.map(|builder| builder.json(body))
    }

    /// With these bytes as the body, and their length.
    #[must_use]
    pub fn body(self, bytes: impl Into<Bytes>) -> Self {
        self.map(|builder| builder.body(bytes.into()))
    }

    /// With these pieces as the body, without a length: chunked.
    #[must_use]
    pub fn chunked(self, pieces: Vec<Bytes>) -> Self {
        let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        self.map(|builder| builder.body(Body::wrap_stream(stream)))
    }

    /// With a form as the body.
    #[must_use]
    pub fn form(self, form: &Form) -> Self {
        self.header("content-type", &form.content_type()).body(form.body())
    }

    /// Sends it and reads the whole answer; fails when there is none.
    pub async fn send(self) -> Answer {
        let what = self.what.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{what}: no answer: {error:?}"))
    }

    /// Sends it and reads the whole answer, if there is one.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let answer = Answer::read(self.what, self.builder.send().await?).await?;
        if self.own {
            let id = answer.header("x-request-id").unwrap_or_default();
            assert!(!id.is_empty(), "every answer carries x-request-id: {answer:#?}");
        }
        remember(&self.server, &answer);
        Ok(answer)
    }

    /// Sends it and gives the answer as soon as its head is there, to read its body piece by piece.
    pub async fn open(self) -> reqwest::Response {
        self.builder.send().await.expect("an answer")
    }
}

/// Notes every secret of an answer, for the check of the logs.
fn remember(server: &Server, answer: &Answer) {
    for cookie in ["__Host-access_token", "__Secure-refresh_token", "access_token", "refresh_token"] {
        if let Some((value, _)) = answer.cookie(cookie) {
            server.secrets().add(&value);
        }
    }
    if let Some(Ok(location)) = answer.headers.get("location").map(|value| value.to_str()) {
        server.secrets().add_link(location);
    }
    if let Ok(json) = serde_json::from_slice::<Value>(&answer.body) {
        remember_json(server, &json);
    }
}

fn remember_json(server: &Server, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("access_token" | "refresh_token", Value::String(token)) => server.secrets().add(token),
                    ("url", Value::String(url)) => server.secrets().add_link(url),
                    _ => remember_json(server, value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| remember_json(server, item)),
        _ => {}
    }
}
