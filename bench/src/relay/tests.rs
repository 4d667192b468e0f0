#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use super::Relay;

#[test]
fn both_ways_are_counted_and_nothing_is_changed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = Relay::to(listener.local_addr().unwrap()).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).unwrap();
        stream.write_all(b"world!").unwrap();
        seen
    });
    let mut client = TcpStream::connect(relay.address).unwrap();
    client.write_all(b"hello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!((server.join().unwrap(), answer), (b"hello".to_vec(), b"world!".to_vec()));
    assert_eq!((relay.there(), relay.back()), (5, 6));
}
