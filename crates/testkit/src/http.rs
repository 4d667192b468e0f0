//! A plain HTTP/1.1 client on blocking sockets.
//!
//! It is the benchmark's: it writes a body out of memory with one call and parses next to nothing, so that it takes little
//! of the machine from what it measures. The end-to-end tests need requests that overlap, stream and go wrong, and have
//! `e2e::Api`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// How much of a body is shown at a time.
const SLICE: usize = 256 << 10;

/// A request with its whole body.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`
    pub method: &'a str,
    /// The path with the query.
    pub path: &'a str,
    /// The fields, beside `Host` and `Content-Length`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

/// The answer, whole.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON, once the status is the expected one.
    pub fn json(&self, expected: u16) -> Outcome<serde_json::Value> {
        self.expect(expected)?;
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Outcome<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        Ok(found.ok_or_else(|| format!("the answer has no {name}"))?.1.as_str())
    }

    /// Fails unless the status is the expected one.
    pub fn expect(&self, expected: u16) -> Outcome<()> {
        if self.status == expected {
            return Ok(());
        }
        Err(format!("status {} instead of {expected}: {}", self.status, String::from_utf8_lossy(&self.body))
            .into())
    }
}

/// A connection that is kept from request to request.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects. Reading and writing may each stall for two minutes.
    pub fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        stream.set_write_timeout(Some(Duration::from_mins(2)))?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Sends the request and reads the whole answer.
    pub fn send(&mut self, request: &Request<'_>) -> Outcome<Response> {
        self.send_head(request)?;
        self.stream.get_mut().write_all(request.body)?;
        self.receive()
    }

    /// The same, the body in slices of 256 KiB that are shown to `see` before they are sent: what reads them too does so
    /// while the server has the one before.
    pub fn send_shown(&mut self, request: &Request<'_>, see: &mut dyn FnMut(&[u8])) -> Outcome<Response> {
        self.send_head(request)?;
        for slice in request.body.chunks(SLICE) {
            see(slice);
            self.stream.get_mut().write_all(slice)?;
        }
        self.receive()
    }

    fn send_head(&mut self, request: &Request<'_>) -> Outcome<()> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path, self.address);
        for (name, value) in request.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        write!(head, "Content-Length: {}\r\n\r\n", request.body.len())?;
        Ok(self.stream.get_mut().write_all(head.as_bytes())?)
    }

    fn receive(&mut self) -> Outcome<Response> {
        let status = self.line()?.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut headers: Vec<(String, String)> = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: Vec::new() };
        if response.header("transfer-encoding").is_ok_and(|coding| coding.contains("chunked")) {
            while self.chunk(&mut response.body)? {}
        } else {
            let length = response.header("content-length").map_or(Ok(0), str::parse)?;
            self.take(length, &mut response.body)?;
        }
        Ok(response)
    }

    /// Reads one chunk; false after the last.
    fn chunk(&mut self, body: &mut Vec<u8>) -> Outcome<bool> {
        let size = usize::from_str_radix(self.line()?.split(';').next().unwrap_or_default().trim(), 16)?;
        self.take(size, body)?;
        self.line()?;
        Ok(size > 0)
    }

    fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Outcome<()> {
        let start = body.len();
        body.resize(start + length, 0);
        self.stream.read_exact(&mut body[start..])?;
        Ok(())
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// The path and query of a URL, or of what is a path already.
#[must_use]
pub fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |start| &after_scheme[start..])
}

/// One request on a connection of its own.
pub fn send(address: SocketAddr, request: &Request<'_>) -> Outcome<Response> {
    Connection::open(address)?.send(request)
}

#[cfg(test)]
mod tests;
