//! A connection below every client library: bytes out, bytes in.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

use super::Server;
use crate::AT_LAST;

/// A connection to a server.
pub struct Connection(TcpStream);

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// The status line and the fields, in lower case.
    pub head: String,
    /// What followed, as far as it came.
    pub body: String,
}

impl Connection {
    /// Connects.
    pub async fn to(server: &Server) -> Self {
        Self::at(server.address()).await
    }

    /// Connects to what listens there: a proxy.
    pub async fn at(address: impl ToSocketAddrs) -> Self {
        Self(TcpStream::connect(address).await.expect("something listens there"))
    }

    /// Sends bytes; false when the server does not take them any more.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        matches!(
            timeout(AT_LAST, self.0.write_all(bytes.as_ref())).await.expect("the server takes bytes"),
            Ok(())
        )
    }

    /// Sends bytes; false when the server does not take them any more, or not for a second.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        matches!(timeout(Duration::from_secs(1), self.0.write_all(bytes.as_ref())).await, Ok(Ok(())))
    }

    /// Reads until the head of an answer is there, and what its `Content-Length` says follows.
    pub async fn answer(&mut self) -> RawAnswer {
        let mut read = Vec::new();
        timeout(AT_LAST, async {
            let mut buffer = vec![0; 16 * 1024];
            while !is_whole(&read) {
                match self.0.read(&mut buffer).await {
                    Ok(0) => break,
                    Ok(count) => read.extend_from_slice(&buffer[..count]),
                    Err(error) => panic!("a reset instead of an answer: {error}; so far {:?}", text(&read)),
                }
            }
        })
        .await
        .expect("an answer in time");
        parse(&read)
    }

    /// Waits until the server asks for the body that is held back by `Expect: 100-continue`: it deals with the request then.
    pub async fn is_asked_for_the_body(&mut self) {
        let answer = self.answer().await;
        assert_eq!(answer.status, 100, "{answer:?}");
    }

    /// Closes it with a reset: what the server has sent is lost, and what was on its way to it too.
    pub fn reset(self) {
        self.0.set_zero_linger().expect("a socket");
        drop(self.0);
    }
}

impl RawAnswer {
    /// Reads an answer that came behind another.
    pub fn read(text: &str) -> Self {
        parse(text.as_bytes())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn head_and_body(read: &[u8]) -> Option<(String, String)> {
    let whole = text(read);
    let (head, body) = whole.split_once("\r\n\r\n")?;
    Some((head.to_ascii_lowercase(), body.to_owned()))
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line")
}

fn is_whole(read: &[u8]) -> bool {
    let Some((head, body)) = head_and_body(read) else { return false };
    if (100..200).contains(&status(&head)) || status(&head) == 204 {
        return true;
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

fn parse(read: &[u8]) -> RawAnswer {
    let (head, body) = head_and_body(read).unwrap_or_else(|| panic!("no whole head came: {:?}", text(read)));
    RawAnswer { status: status(&head), head, body }
}
