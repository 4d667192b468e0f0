#![expect(clippy::unwrap_used, reason = "a test may")]

use std::future::poll_fn;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const HEAD: &[u8] = b"PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";

/// A connection whose client has sent a head and a part of a body.
async fn connection() -> (WatchedStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    client.write_all(&[HEAD, &vec![7; 100_000][..]].concat()).await.unwrap();
    // All of it has come.
    while socket.peek(&mut vec![0; 100_000]).await.unwrap() < 100_000 {
        tokio::task::yield_now().await;
    }
    let settings = HttpSettings::new("http://x");
    (WatchedStream::new(socket, Rc::default(), &settings, Arc::default()), client)
}

/// Reads as the library does until nothing comes.
async fn read_all(stream: &mut WatchedStream) -> usize {
    let mut all = 0;
    poll_fn(|cx| {
        let mut room = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(outcome) => outcome.unwrap(),
                Poll::Pending => return Poll::Ready(()),
            }
            all += buffer.filled().len();
        }
    })
    .await;
    all
}

#[actix_web::test]
async fn little_is_read_of_a_body_that_the_application_does_not_want_yet() {
    let (mut stream, _client) = connection().await;
    let watch = stream.watch();
    let first = read_all(&mut stream).await;
    assert!((HEAD.len()..=MAX_UNWANTED + 8 * 1024).contains(&first), "{first}");
    watch.begin_request(false, true);
    assert_eq!(read_all(&mut stream).await, 0);
    watch.take_body();
    assert_eq!(first + read_all(&mut stream).await, HEAD.len() + 100_000);
}

#[actix_web::test]
async fn what_follows_a_request_without_a_body_is_read() {
    let (mut stream, _client) = connection().await;
    let first = read_all(&mut stream).await;
    stream.watch().begin_request(false, false);
    assert_eq!(first + read_all(&mut stream).await, HEAD.len() + 100_000);
}

/// An answer of the library's own, which ends the connection: one of the application has an id.
const FOREIGN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

/// Writes this in pieces that end at these places, as the library might; the client gets all of it.
async fn write_in_pieces(stream: &mut WatchedStream, client: &mut TcpStream, text: &str, ends: &[usize]) {
    let mut begin = 0;
    for &end in ends {
        stream.write_all(&text.as_bytes()[begin..end]).await.unwrap();
        begin = end;
    }
    stream.write_all(&text.as_bytes()[begin..]).await.unwrap();
    let mut read = vec![0; text.len()];
    client.read_exact(&mut read).await.unwrap();
    assert_eq!(read, text.as_bytes());
}

#[actix_web::test]
async fn answers_of_one_write_are_told_apart() {
    let (mut stream, mut client) = connection().await;
    let watch = stream.watch();
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nx-request-id: a\r\n\r\n")
    };
    let whole = head("200 OK", FOREIGN.len()) + FOREIGN;
    let without_body = [head("204 No Content", 9), head("304 Not Modified", 9)].concat();
    let text = ["HTTP/1.1 100 Continue\r\n\r\n", &whole, &head("200 OK", 9), &without_body, &whole].concat();
    for is_head in [false, true, false, false, false] {
        watch.begin_request(is_head, false);
    }
    write_in_pieces(&mut stream, &mut client, &text, &[]).await;
    assert!(watch.unanswered.borrow().is_empty(), "each request has its answer");
}

#[actix_web::test]
async fn a_body_that_looks_like_a_head_is_a_body_wherever_it_is_split() {
    let (mut stream, mut client) = connection().await;
    let watch = stream.watch();
    let head = format!("HTTP/1.1 200 OK\r\nx-request-id: a\r\ncontent-length: {}\r\n\r\n", FOREIGN.len());
    let text = [head.as_str(), FOREIGN, &head, FOREIGN].concat();
    for split in 0..=FOREIGN.len() {
        watch.begin_request(false, false);
        watch.begin_request(false, false);
        write_in_pieces(&mut stream, &mut client, &text, &[head.len() + split]).await;
        assert!(watch.unanswered.borrow().is_empty(), "{split}");
    }
}

#[actix_web::test]
async fn an_answer_in_chunks_is_passed_on_as_it_is() {
    let (mut stream, mut client) = connection().await;
    stream.watch().begin_request(false, false);
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-request-id: a\r\n\r\n";
    let text = format!("{head}{:x}\r\n{FOREIGN}\r\n0\r\n\r\n", FOREIGN.len());
    let chunk_begins = text.len() - FOREIGN.len() - b"\r\n0\r\n\r\n".len();
    write_in_pieces(&mut stream, &mut client, &text, &[head.len(), chunk_begins]).await;
}

#[test]
fn chunks_may_be_of_a_byte_each_and_not_of_extensions_alone() {
    let watch = Watch::default();
    watch.begin_request(false, true);
    assert!(!watch.is_mostly_framing(100 << 20), "a body with a length has no framing");
    watch.begin_chunks();
    for _ in 0..10_000 {
        // `1\r\nx\r\n` a thousand times.
        assert!(!watch.is_mostly_framing(6_000));
        watch.passed_on(1_000);
    }
    assert!(!watch.is_mostly_framing(20 << 20), "the content before it allows for it");
    assert!(watch.is_mostly_framing(2 << 20));
    watch.end_chunks();
    assert!(!watch.is_mostly_framing(2 << 20), "the application wants no more of it");
    watch.begin_chunks();
    assert!(watch.is_mostly_framing(2 << 20));
    watch.begin_request(false, true);
    assert!(!watch.is_mostly_framing(2 << 20), "the next request has a length");
}
