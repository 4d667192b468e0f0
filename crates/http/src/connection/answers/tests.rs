use super::Head;

const OURS: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-request-id: a\r\ncontent-type: text/plain\r\n\r\nhello";

#[test]
fn an_answer_is_as_long_as_its_head_says() {
    let head = Head { status: 200, length: Some(OURS.len() as u64), is_ours: true, closes: false };
    assert_eq!(Head::read(OURS, false), Some(head));
    let head_alone = Head { length: Some(OURS.len() as u64 - 5), ..head };
    assert_eq!(Head::read(OURS, true), Some(head_alone));
}

#[test]
fn some_answers_have_no_body() {
    for status in ["100 Continue", "101 Switching Protocols", "204 No Content", "304 Not Modified"] {
        let text = format!("HTTP/1.1 {status}\r\nX-Request-Id: a\r\ncontent-length: 5\r\n\r\n");
        let head = Head::read(text.as_bytes(), false);
        assert_eq!(head.and_then(|head| head.length), Some(text.len() as u64), "{status}");
        assert_eq!(head.map(|head| head.is_interim()), Some(status.starts_with('1')), "{status}");
    }
}

#[test]
fn a_body_without_a_length_ends_nowhere() {
    let text =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-request-id: a\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(Head::read(text, false).map(|head| head.length), Some(None));
}

#[test]
fn an_answer_of_the_library_has_no_id() {
    let text = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n";
    let head = Head { status: 400, length: Some(text.len() as u64), is_ours: false, closes: true };
    assert_eq!(Head::read(text, false), Some(head));
}

#[test]
fn what_follows_a_head_says_nothing_of_it() {
    let body = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\nconnection: close\r\n\r\n";
    let text = [OURS, body].concat();
    assert_eq!(Head::read(&text, false), Head::read(OURS, false));
    let alone = b"HTTP/1.1 200 OK\r\n\r\n";
    let head = Head { status: 200, length: None, is_ours: false, closes: false };
    assert_eq!(Head::read(alone, false), Some(head));
    assert_eq!(Head::read(&[&alone[..], OURS].concat(), false), Some(head));
}

#[test]
fn a_head_that_is_cut_off_is_not_read_wherever_it_is() {
    let end = OURS.len() - b"hello".len();
    for length in 0..end {
        assert_eq!(Head::read(&OURS[..length], false), None, "{length}");
    }
    for length in end..OURS.len() {
        assert_eq!(Head::read(&OURS[..length], false), Head::read(OURS, false), "{length}");
    }
}

#[test]
fn fields_are_found_in_any_case_and_with_any_space_around_their_values() {
    let text = b"HTTP/1.1 200 OK\r\nContent-Length:2 \r\nX-REQUEST-ID: \r\nconnection:\tClose\r\nx:\r\n\r\n";
    let head = Head { status: 200, length: Some(text.len() as u64 + 2), is_ours: true, closes: true };
    assert_eq!(Head::read(text, false), Some(head));
}

#[test]
fn what_is_no_whole_head_is_not_read() {
    for text in [
        &b""[..],
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n",
        b"hello\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\n\r\n\r\n",
    ] {
        assert_eq!(Head::read(text, false), None, "{text:?}");
    }
}
