//! A client of few words: one request a connection, nothing added but what HTTP demands.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends requests.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn without(&self, name: &str) -> Self {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| known != name);
        client
    }

    /// The value of a header that this client sends.
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"").await
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: &str) -> Answer {
        self.with("Content-Type", "application/json").send(method, path, body.as_bytes()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let length = if body.is_empty() && method != "POST" && method != "PUT" {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        self.exchange(method, path, &length, body).await
    }

    pub(crate) async fn chunked(&self, method: &str, path: &str, chunks: &[&[u8]]) -> Answer {
        let mut body = Vec::new();
        for chunk in chunks {
            body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        self.exchange(method, path, "Transfer-Encoding: chunked\r\n", &body).await
    }

    /// The head of a request.
    pub(crate) fn head_of(&self, method: &str, path: &str, framing: &str) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
        let host = self.address;
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{framing}{headers}\r\n")
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn exchange(&self, method: &str, path: &str, framing: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(self.head_of(method, path, framing).as_bytes()).await.unwrap();
        // The server may answer before it has read all; what matters is that its answer arrives.
        let (mut reader, mut writer) = stream.split();
        let ((), received) = tokio::join!(
            async {
                let _refused = writer.write_all(body).await;
            },
            receive(&mut reader)
        );
        Answer::parse(&received)
    }
}

/// Everything until the server closes.
pub(crate) async fn receive(reader: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut received = Vec::new();
    tokio::time::timeout(super::AT_LAST, reader.read_to_end(&mut received)).await.unwrap().unwrap();
    received
}

impl Answer {
    pub(crate) fn parse(received: &[u8]) -> Self {
        let received = received.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(received);
        let end = received.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(received)));
        let head = String::from_utf8(received[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: received[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The name that an upload asked for, whatever its file is called.
    pub(crate) fn asked_name(&self) -> String {
        let value = self.value();
        let asked = value.get("requested_name").unwrap_or(&value["name"]);
        asked.as_str().unwrap().to_owned()
    }

    /// Status and code of a problem, after a look at what every problem has.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let value = self.value();
        assert_eq!(value["type"], "about:blank");
        assert_eq!(value["status"], self.status);
        assert_eq!(value["request_id"].as_str(), self.header("x-request-id"));
        assert!(!value["title"].as_str().unwrap().is_empty());
        assert!(!value["detail"].as_str().unwrap().is_empty());
        assert_eq!(value.get("errors").is_some(), value["code"] == "validation_failed");
        (self.status, value["code"].as_str().unwrap().to_owned())
    }

    /// The pointers of a refused validation.
    pub(crate) fn pointers(&self) -> Vec<String> {
        assert_eq!(self.problem(), (422, "validation_failed".to_owned()));
        let value = self.value();
        value["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["pointer"].as_str().unwrap().to_owned())
            .collect()
    }
}
