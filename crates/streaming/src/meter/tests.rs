#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use proptest::prelude::*;
use sha2::Digest as _;

use super::{Limit, Meter, Metered, head};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::files::{CharsetCheck, Sha256};

fn unlimited() -> Limit {
    Limit { max: ByteSize::new(u64::MAX), quota: None }
}

fn source(chunks: &[&[u8]]) -> ByteStream {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks).boxed()
}

fn hash(bytes: &[u8]) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// The bytes that passed, the error at their end, and the meter's result.
fn pass(
    source: ByteStream,
    limit: Limit,
    length: Option<u64>,
    expected: Option<Sha256>,
) -> (Vec<u8>, Option<BodyError>, Option<(ByteSize, Sha256)>) {
    let (meter, stream) = Meter::wrap(source, limit, length.map(ByteSize::new), expected, None);
    let items: Vec<_> = stream.collect::<Vec<_>>().now_or_never().unwrap();
    let error = items.last().and_then(|item| item.clone().err());
    assert!(items.iter().filter(|item| item.is_err()).count() <= 1, "something follows an error");
    let bytes = items.into_iter().filter_map(Result::ok).flatten().collect();
    let result = meter.result().map(|Metered { size, sha256, .. }| (size, sha256));
    (bytes, error, result)
}

#[test]
fn a_body_of_exactly_the_cap_passes_and_one_byte_more_does_not() {
    let limit = Limit { max: ByteSize::new(4), quota: None };
    assert_eq!(pass(source(&[b"ab", b"cd"]), limit, None, None).2, Some((ByteSize::new(4), hash(b"abcd"))));
    let too_large = Some(BodyError::TooLarge { limit: ByteSize::new(4) });
    assert_eq!(
        pass(source(&[b"ab", b"cd", b"e", b"f"]), limit, None, None),
        (b"abcd".to_vec(), too_large, None)
    );
}

#[test]
fn the_quota_is_another_refusal_than_the_cap() {
    let limit = Limit { max: ByteSize::new(4), quota: Some(ByteSize::new(3)) };
    assert_eq!(pass(source(&[b"abc"]), limit, None, None).1, None);
    assert_eq!(pass(source(&[b"abcd"]), limit, None, None).1, Some(BodyError::QuotaExceeded));
    assert_eq!(
        pass(source(&[b"abcde"]), limit, None, None).1,
        Some(BodyError::TooLarge { limit: ByteSize::new(4) })
    );
}

#[test]
fn a_body_of_another_length_than_declared_never_counts_as_whole() {
    let (_, error, result) = pass(source(&[b"abc"]), unlimited(), Some(4), None);
    assert_eq!((error, result), (Some(BodyError::Aborted), None));
    let (bytes, error, result) = pass(source(&[b"abc", b"de"]), unlimited(), Some(4), None);
    assert!(matches!(error, Some(BodyError::Malformed(_))));
    assert_eq!((bytes.as_slice(), result), (b"abc".as_slice(), None));
    assert!(pass(source(&[]), unlimited(), Some(0), None).2.is_some());
}

#[test]
fn another_digest_is_an_error_at_the_end() {
    assert_eq!(pass(source(&[b"abc"]), unlimited(), None, Some(hash(b"abc"))).1, None);
    let (bytes, error, result) = pass(source(&[b"abc"]), unlimited(), None, Some(hash(b"abd")));
    assert_eq!((bytes.as_slice(), error, result), (b"abc".as_slice(), Some(BodyError::DigestMismatch), None));
}

#[test]
fn an_error_of_the_source_ends_the_body() {
    let broken =
        stream::iter([Ok(Bytes::from_static(b"a")), Err(BodyError::Aborted), Ok(Bytes::from_static(b"b"))]);
    let (bytes, error, result) = pass(broken.boxed(), unlimited(), None, None);
    assert_eq!((bytes.as_slice(), error, result), (b"a".as_slice(), Some(BodyError::Aborted), None));
}

#[test]
fn nothing_is_told_before_the_end() {
    let (meter, mut stream) = Meter::wrap(source(&[b"a"]), unlimited(), None, None, None);
    assert!(stream.next().now_or_never().unwrap().is_some());
    assert!(meter.result().is_none());
    assert!(stream.next().now_or_never().unwrap().is_none());
    assert!(meter.result().is_some());
}

#[test]
fn the_charset_is_told_where_it_was_looked_for() {
    for (chunks, check, expected) in [
        ([b"Gr\xc3".as_slice(), b"\xbc\xc3\x9fe"], Some(CharsetCheck::default()), Some("utf-8")),
        ([b"Gr\xfc", b"\xdfe"], Some(CharsetCheck::default()), None),
        ([b"Gr\xc3", b"\xbc\xc3\x9fe"], None, None),
    ] {
        let (meter, stream) = Meter::wrap(source(&chunks), unlimited(), None, None, check);
        drop(stream.collect::<Vec<_>>().now_or_never().unwrap());
        let charset = meter.result().unwrap().charset;
        assert_eq!(charset.as_ref().map(fm_domain::files::Charset::as_str), expected);
    }
}

#[test]
fn the_head_takes_whole_chunks_and_no_more_than_it_needs() {
    let mut stream = source(&[b"ab", b"cde", b"f"]);
    let taken = head(&mut stream, 3).now_or_never().unwrap().unwrap();
    assert_eq!(taken.concat(), b"abcde");
    assert_eq!(stream.next().now_or_never().unwrap(), Some(Ok(Bytes::from_static(b"f"))));
    assert_eq!(head(&mut source(&[b"ab"]), 9).now_or_never().unwrap().unwrap().concat(), b"ab");
    let mut broken = stream::iter([Err(BodyError::Stalled)]).boxed();
    assert_eq!(head(&mut broken, 9).now_or_never().unwrap(), Err(BodyError::Stalled));
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_bytes_and_hash(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..12)) {
        let whole = chunks.concat();
        let parts: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let size = whole.len() as u64;
        let (bytes, error, result) = pass(source(&parts), unlimited(), Some(size), Some(hash(&whole)));
        prop_assert_eq!(error, None);
        prop_assert_eq!(result, Some((ByteSize::new(size), hash(&whole))));
        prop_assert_eq!(bytes, whole);
    }

    #[test]
    fn the_cap_is_exact_however_the_body_is_cut(chunks in prop::collection::vec(0_usize..9, 0..9), cap in 0_u64..40) {
        let owned: Vec<Vec<u8>> = chunks.iter().map(|size| vec![0; *size]).collect();
        let parts: Vec<&[u8]> = owned.iter().map(Vec::as_slice).collect();
        let size = chunks.iter().sum::<usize>() as u64;
        let (bytes, error, _) = pass(source(&parts), Limit { max: ByteSize::new(cap), quota: None }, None, None);
        prop_assert_eq!(error.is_none(), size <= cap);
        prop_assert!(bytes.len() as u64 <= cap);
    }
}
