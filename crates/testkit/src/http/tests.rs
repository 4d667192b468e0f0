#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{Read, Write};
use std::net::TcpListener;

use super::{Connection, Request, SLICE, path_of};

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

#[test]
fn a_body_is_shown_in_slices_and_sent_whole() {
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(2 * SLICE + 7).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let length = body.len();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        // The head ends with an empty line.
        let head = loop {
            let read = stream.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..read]);
            if let Some(end) = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        while seen.len() < head + length {
            let read = stream.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        seen.split_off(head)
    });
    let request = Request { method: "PUT", path: "/", headers: &[], body: &body };
    let mut shown: Vec<Vec<u8>> = Vec::new();
    let answer =
        Connection::open(address).unwrap().send_shown(&request, &mut |slice| shown.push(slice.to_vec()));
    answer.unwrap().expect(200).unwrap();
    assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [SLICE, SLICE, 7]);
    assert!(shown.concat() == body && server.join().unwrap() == body);
}
