//! A plain HTTP/1.1 client on blocking sockets: for the calls between measurements, and for uploads that are large, where it
//! costs next to nothing beside what it measures.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// A request with its whole body.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// The answer, whole.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The body as JSON, once the status is the expected one.
    pub(crate) fn json(&self, expected: u16) -> Outcome<serde_json::Value> {
        self.expect(expected)?;
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The value of a header, whose name is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Outcome<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        Ok(found.ok_or_else(|| format!("the answer has no {name}"))?.1.as_str())
    }

    /// Fails unless the status is the expected one.
    pub(crate) fn expect(&self, expected: u16) -> Outcome<()> {
        if self.status == expected {
            return Ok(());
        }
        Err(format!("status {} instead of {expected}: {}", self.status, String::from_utf8_lossy(&self.body))
            .into())
    }
}

/// A connection that is kept from request to request.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        stream.set_write_timeout(Some(Duration::from_mins(2)))?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Sends the request and reads the whole answer.
    pub(crate) fn send(&mut self, request: &Request<'_>) -> Outcome<Response> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path, self.address);
        for (name, value) in request.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        write!(head, "Content-Length: {}\r\n\r\n", request.body.len())?;
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(request.body)?;
        self.receive()
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
pub(crate) fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |start| &after_scheme[start..])
}

/// One request on a connection of its own.
pub(crate) fn send(address: SocketAddr, request: &Request<'_>) -> Outcome<Response> {
    Connection::open(address)?.send(request)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::{Connection, Request, path_of};

    fn answered(answer: &'static str) -> super::Response {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = [0; 512];
            assert!(stream.read(&mut seen).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let request = Request { method: "GET", path: "/", headers: &[("A", "b")], body: b"" };
        let response = Connection::open(address).unwrap().send(&request).unwrap();
        server.join().unwrap();
        response
    }

    #[test]
    fn a_body_with_a_length_is_read() {
        let response = answered("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!(response.header("content-length").unwrap(), "3");
        response.header("location").unwrap_err();
        assert_eq!((response.status, response.body), (201, b"abc".to_vec()));
    }

    #[test]
    fn a_path_is_taken_out_of_a_url() {
        for url in ["/a/b?c=d", "http://127.0.0.1:1/a/b?c=d"] {
            assert_eq!(path_of(url), "/a/b?c=d");
        }
        assert_eq!(path_of("http://127.0.0.1:1"), "/");
    }

    #[test]
    fn a_body_in_chunks_is_read() {
        let response =
            answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
        assert_eq!(response.body, b"abcd");
    }

    #[test]
    fn another_status_than_the_expected_one_is_a_failure() {
        let response = answered("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}");
        response.json(500).unwrap();
        assert!(response.json(200).unwrap_err().to_string().starts_with("status 500 instead of 200"));
    }
}
