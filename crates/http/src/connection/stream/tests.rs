#![expect(clippy::unwrap_used, reason = "a test may")]

use std::future::poll_fn;

use tokio::io::AsyncWriteExt as _;
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
