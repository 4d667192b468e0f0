//! Forms, cut into chunks in every way.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use actix_web::FromRequest as _;
use actix_web::dev;
use actix_web::error::PayloadError;
use actix_web::test::TestRequest;
use actix_web::web;
use fm_domain::body::ByteSize;
use fm_fuzzing::changed_lines;
use futures_util::{StreamExt as _, stream};
use proptest::prelude::*;

use super::super::source::Bounds;
use super::*;

const TWO: &[u8] = b"preamble\r\n--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncaf\xc3\xa9\r\n\
    --b \r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: image/png\r\n\r\n\
    \r\n--\r\n-b\r--b\r\n--\r\n--b--\r\nepilogue";

const FORMS: &str = include_str!("../../corpus/forms.txt");

async fn payload(chunks: Vec<Bytes>) -> web::Payload {
    let chunks = stream::iter(chunks.into_iter().map(Ok::<_, PayloadError>)).boxed_local();
    let mut payload = dev::Payload::from(chunks);
    web::Payload::from_request(&TestRequest::default().to_http_request(), &mut payload).await.unwrap()
}

/// The fields and their bytes.
async fn read(form: &[u8], cut: usize) -> Result<Vec<(String, Vec<u8>)>, BodyError> {
    let chunks = form.chunks(cut).map(Bytes::copy_from_slice).collect();
    let bounds = Bounds {
        limit: 1_000_000,
        told_limit: ByteSize::new(1_000_000),
        stall: Duration::from_secs(1),
        hashed: false,
    };
    let source = Source::new(payload(chunks).await, bounds);
    let mut form = Multipart::new("b", source)?;
    let mut parts = Vec::new();
    while let Some(head) = form.part().await? {
        let mut bytes = Vec::new();
        while let Some(chunk) = form.chunk().await? {
            assert!(!chunk.is_empty());
            bytes.extend_from_slice(&chunk);
        }
        parts.push((head.field, bytes));
    }
    form.finish().await?;
    Ok(parts)
}

#[actix_web::test]
async fn a_form_is_the_same_however_it_is_cut() {
    for cut in 1..=TWO.len() {
        let parts = read(TWO, cut).await.unwrap();
        let expected = [
            ("name".to_owned(), "café".as_bytes().to_vec()),
            ("file".to_owned(), b"\r\n--\r\n-b\r--b\r\n--".to_vec()),
        ];
        assert_eq!(parts, expected, "cut into {cut}");
    }
}

#[actix_web::test]
async fn a_form_that_is_cut_off_anywhere_is_broken() {
    let end = TWO.windows(7).rposition(|window| window == b"\r\n--b--").unwrap() + 7;
    for length in 0..end {
        assert!(read(&TWO[..length], 7).await.is_err(), "{length} of {end} bytes");
    }
    assert!(read(&TWO[..end], 7).await.is_ok());
}

#[actix_web::test]
async fn empty_parts_and_empty_forms_are_read() {
    let empty = b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--b--";
    assert_eq!(read(empty, 3).await.unwrap(), [("file".to_owned(), Vec::new())]);
    assert_eq!(read(b"--b--\r\n", 3).await.unwrap(), []);
}

#[actix_web::test]
async fn what_is_no_form_is_broken() {
    let long = format!("--b\r\nContent-Disposition: form-data; name=file; x={}", "x".repeat(9000));
    let forms: [&[u8]; 7] = [
        b"",
        b"no boundary at all",
        b"--c\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--c--",
        b"--bx\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--b--",
        b"--b\r\n\r\nno head\r\n--b--",
        b"--b\nContent-Disposition: form-data; name=file\n\nx\n--b--",
        long.as_bytes(),
    ];
    for form in forms {
        assert!(
            matches!(read(form, 64).await, Err(BodyError::Malformed(_))),
            "{}",
            String::from_utf8_lossy(form)
        );
    }
}

/// What is too long is so however it comes.
#[actix_web::test]
async fn a_head_and_its_padding_are_bounded_however_the_form_is_cut() {
    let form = |padding: usize, head: usize| {
        let disposition = "Content-Disposition: form-data; name=file; x=";
        let filler = "x".repeat(head - disposition.len());
        format!("--b{}\r\n{disposition}{filler}\r\n\r\nx\r\n--b--", " ".repeat(padding)).into_bytes()
    };
    for (padding, head, is_read) in [
        (PADDING_BYTES, 100, true),
        (PADDING_BYTES + 1, 100, false),
        (0, HEAD_BYTES, true),
        (0, HEAD_BYTES + 1, false),
    ] {
        let form = form(padding, head);
        for cut in [1, 64, 4096, form.len()] {
            let read = read(&form, cut).await;
            assert_eq!(read.is_ok(), is_read, "padding {padding}, head {head}, cut into {cut}: {read:?}");
        }
    }
}

#[actix_web::test]
async fn a_boundary_has_one_to_seventy_characters() {
    for boundary in ["", &"x".repeat(71)] {
        let bounds =
            Bounds { limit: 1, told_limit: ByteSize::new(1), stall: Duration::from_secs(1), hashed: false };
        let source = Source::new(payload(Vec::new()).await, bounds);
        assert!(Multipart::new(boundary, source).is_err());
    }
}

proptest! {
    #[test]
    fn any_bytes_come_through(
        content in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()], 0..300),
        cut in 1_usize..400,
    ) {
        prop_assume!(memmem::find(&content, b"\r\n--b").is_none());
        let mut form = b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n".to_vec();
        form.extend_from_slice(&content);
        form.extend_from_slice(b"\r\n--b--\r\n");
        let parts = actix_web::rt::System::new().block_on(read(&form, cut));
        prop_assert_eq!(parts.unwrap(), [("file".to_owned(), content)]);
    }
    #[test]
    fn a_changed_form_is_answered_in_one_way_however_it_is_cut(form in changed_lines(FORMS), cut in 1_usize..80) {
        let system = actix_web::rt::System::new();
        let whole = system.block_on(read(&form, form.len().max(1)));
        let pieces = system.block_on(read(&form, cut));
        prop_assert_eq!(&whole, &pieces);
        if let Ok(parts) = whole {
            let bytes: usize = parts.iter().map(|(field, bytes)| field.len() + bytes.len()).sum();
            prop_assert!(bytes <= form.len());
        }
    }
}
