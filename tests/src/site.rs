//! A web site of a few files: another origin than the program's.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running site, which ends with this.
pub struct Site {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Site {
    /// Serves these files: path, media type, content.
    pub async fn of(files: impl IntoIterator<Item = (&'static str, &'static str, Bytes)>) -> Self {
        let files: HashMap<_, _> =
            files.into_iter().map(|(path, content_type, content)| (path, (content_type, content))).collect();
        let files = Arc::new(files);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let files = Arc::clone(&files);
                drop(tokio::spawn(async move { answer(stream, &files).await }));
            }
        });
        Self { address, serving }
    }

    /// Its origin: the base of its URLs.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One request for each connection; a browser that goes away is no fault.
async fn answer(mut stream: TcpStream, files: &HashMap<&str, (&str, Bytes)>) -> Option<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1)?;
    let nothing = ("text/plain", Bytes::new());
    let (status, (content_type, content)) = match files.get(path) {
        Some(file) => ("200 OK", file),
        None => ("404 Not Found", &nothing),
    };
    let length = content.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(content).await.ok()?;
    stream.shutdown().await.ok()
}
