#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use super::{Call, Uploader, metadata};
use crate::http::Connection;

/// Answers one request after the other; the heads of the requests, in lower case, and their bodies.
fn served(
    answers: &'static [&'static str],
    client: impl FnOnce(std::net::SocketAddr),
) -> Vec<(String, Vec<u8>)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = BufReader::new(stream);
        let mut seen = Vec::new();
        for answer in answers {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0);
            }
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            seen.push((head, body));
        }
        seen
    });
    client(address);
    server.join().unwrap()
}

#[test]
fn metadata_is_encoded() {
    assert_eq!(metadata(&[("filename", "tus.bin"), ("note", "")]), "filename dHVzLmJpbg==,note ");
}

#[test]
fn every_request_says_the_version() {
    let (create, append) = (Call::create("/uploads", None, "filename YQ=="), Call::append("/uploads/1", 7));
    for call in [&create, &append, &Call::offset("/uploads/1"), &Call::terminate("/uploads/1")] {
        assert!(call.fields.contains(&("Tus-Resumable", "1.0.0".to_owned())), "{call:?}");
    }
    assert!(!create.fields.iter().any(|(name, _)| *name == "Upload-Length"));
    assert!(append.fields.contains(&("Upload-Offset", "7".to_owned())));
}

#[test]
fn an_upload_is_sent_chunk_by_chunk() {
    let answers = &[
        "HTTP/1.1 201 Created\r\nLocation: http://host/uploads/1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No\r\nUpload-Offset: 3\r\n\r\n",
        "HTTP/1.1 204 No\r\nUpload-Offset: 5\r\nX-File-Id: abc\r\n\r\n",
    ];
    let seen = served(answers, |address| {
        let authorization = Some(("Authorization", "Bearer x"));
        let uploader = Uploader { address, path: "/uploads", authorization };
        let mut connection = Connection::open(address).unwrap();
        let file = uploader.upload(&mut connection, "a", b"12345", 3).unwrap();
        assert_eq!(file.as_deref(), Some("abc"));
    });
    assert!(
        seen[0].0.starts_with("post /uploads http/1.1\r\n") && seen[0].0.contains("upload-length: 5\r\n")
    );
    for ((head, body), (offset, bytes)) in seen[1..].iter().zip([(0, b"123".as_slice()), (3, b"45")]) {
        assert!(head.starts_with("patch /uploads/1 http/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("upload-offset: {offset}\r\n")), "{head}");
        assert!(head.contains("authorization: bearer x\r\n"), "{head}");
        assert_eq!(body, bytes);
    }
}

#[test]
fn a_server_that_lost_bytes_is_noticed() {
    let answers = &[
        "HTTP/1.1 201 Created\r\nLocation: /uploads/1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No\r\nUpload-Offset: 2\r\n\r\n",
    ];
    served(answers, |address| {
        let uploader = Uploader { address, path: "/uploads", authorization: None };
        let mut connection = Connection::open(address).unwrap();
        let error = uploader.upload(&mut connection, "a", b"12345", 3).unwrap_err().to_string();
        assert!(error.contains("another number of bytes"), "{error}");
    });
}
