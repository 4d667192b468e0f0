#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::SelfSignedParts;
use crate::links::SelfSignedLinks;
use fm_domain::blobs::{
    BlobKey, Bucket, Disposition, DownloadLink, LinkTarget, PartLink, PartWrite, SignDownload as _,
    SignParts as _, WriteId,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{BlobId, UploadId, UserId};
use fm_domain::testing::{CountingIds, PlainMacs};

fn sign(base: &str, link: &PartLink) -> String {
    let parts = SelfSignedParts::new(base, Arc::new(PlainMacs));
    let signed = parts.sign(link).now_or_never().unwrap().unwrap();
    assert_eq!((signed.method, signed.headers.len()), ("PUT", 0));
    signed.url.expose().to_owned()
}

fn token(link: &PartLink) -> String {
    sign("http://files.test", link).split_once("?token=").unwrap().1.to_owned()
}

fn upload() -> UploadId {
    UploadId::new(CountingIds::nth(1))
}

fn owner() -> UserId {
    UserId::new(CountingIds::nth(9))
}

fn opened(token: &str) -> Option<PartLink> {
    SelfSignedParts::open(upload(), 7, token, &PlainMacs)
}

fn any_link() -> impl Strategy<Value = PartLink> {
    (any::<bool>(), "\\PC{0,40}", any::<u64>(), 0_i64..1 << 40, 0_i64..1 << 40).prop_map(
        |(thumbnail, write, size, issued_at, expires_at)| PartLink {
            owner: owner(),
            upload: upload(),
            write: PartWrite {
                key: BlobKey {
                    bucket: if thumbnail { Bucket::Thumbnails } else { Bucket::Files },
                    id: BlobId::new(CountingIds::nth(2)),
                },
                id: WriteId::new(write),
            },
            number: 7,
            size: ByteSize::new(size),
            issued_at: Timestamp::from_unix_seconds(issued_at),
            expires_at: Timestamp::from_unix_seconds(expires_at),
        },
    )
}

fn a_link() -> PartLink {
    PartLink {
        owner: owner(),
        upload: upload(),
        write: PartWrite {
            key: BlobKey::file(BlobId::new(CountingIds::nth(2))),
            id: WriteId::new("a write".to_owned()),
        },
        number: 7,
        size: ByteSize::new(1000),
        issued_at: Timestamp::from_unix_seconds(0),
        expires_at: Timestamp::from_unix_seconds(100),
    }
}

#[test]
fn the_url_names_upload_and_part_under_the_base_with_or_without_its_slash() {
    let url = sign("https://example.org/app", &a_link());
    let place = format!("https://example.org/app/v1/direct-uploads/{}/parts/7?token=", upload());
    assert!(url.starts_with(&place), "{url}");
    assert_eq!(sign("https://example.org/app/", &a_link()), url);
}

#[test]
fn a_token_opens_no_other_upload_and_no_other_part() {
    let token = token(&a_link());
    let other = UploadId::new(CountingIds::nth(3));
    assert_eq!(opened(&token), Some(a_link()));
    assert_eq!(SelfSignedParts::open(other, 7, &token, &PlainMacs), None);
    assert_eq!(SelfSignedParts::open(upload(), 8, &token, &PlainMacs), None);
}

#[test]
fn what_is_no_token_of_a_part_opens_nothing() {
    let target = LinkTarget {
        key: BlobKey::file(BlobId::new(upload().uuid())),
        content_type: "text/plain".parse().unwrap(),
        disposition: Disposition::Attachment,
        filename: "hello.txt".parse().unwrap(),
        sha256: None,
    };
    let (issued_at, expires_at) = (a_link().issued_at, a_link().expires_at);
    let links = SelfSignedLinks::new("", Arc::new(PlainMacs));
    let download = links.sign(&DownloadLink { target, issued_at, expires_at }).now_or_never();
    let download = download.unwrap().unwrap().expose().split_once("?token=").unwrap().1.to_owned();
    for text in ["", ".", "a.b", "abc", &token(&a_link())[1..], &format!("{}.x", token(&a_link())), &download]
    {
        assert_eq!(opened(text), None, "{text:?}");
    }
}

/// Links live as long as their upload: these were made before the codec of claims.
#[test]
fn links_that_were_given_out_before_still_open_and_are_still_made() {
    let write = |bucket| PartWrite {
        key: BlobKey { bucket, id: BlobId::new(CountingIds::nth(2)) },
        id: WriteId::new("wr\"ite/ö".to_owned()),
    };
    for (bucket, text) in [
        (
            Bucket::Files,
            concat!(
                "eyJvIjoiMDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDA5IiwiYiI6IjAwMDAwMDAwLTAwMDAtNzAwMC04",
                "MDAwLTAwMDAwMDAwMDAwMiIsInciOiJ3clwiaXRlL8O2IiwicyI6NTM2ODcwOTEyMCwiZiI6MTc1MDAwMDAwMCwiZSI6",
                "MTc1MDA4NjQwMH0.8qn8M6QV8Ezj6mOKQNcTPVT1EVA-t02f2yQZHSq2_yE"
            ),
        ),
        (
            Bucket::Thumbnails,
            concat!(
                "eyJvIjoiMDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDA5IiwiYiI6IjAwMDAwMDAwLTAwMDAtNzAwMC04",
                "MDAwLTAwMDAwMDAwMDAwMiIsInQiOnRydWUsInciOiJ3clwiaXRlL8O2IiwicyI6NTM2ODcwOTEyMCwiZiI6MTc1MDAw",
                "MDAwMCwiZSI6MTc1MDA4NjQwMH0.WRGdJSusdCstkV3ovNDvE9qHQR7vsjAMQ0DxptiCzHQ"
            ),
        ),
    ] {
        let link = PartLink {
            write: write(bucket),
            size: ByteSize::new(5 << 30),
            issued_at: Timestamp::from_unix_seconds(1_750_000_000),
            expires_at: Timestamp::from_unix_seconds(1_750_086_400),
            ..a_link()
        };
        assert_eq!(opened(text), Some(link.clone()));
        assert_eq!(token(&link), text);
    }
}

proptest! {
    #[test]
    fn a_token_allows_what_was_signed(link in any_link()) {
        let token = token(&link);
        prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        prop_assert_eq!(opened(&token), Some(link));
    }

    #[test]
    fn a_token_with_any_changed_byte_opens_nothing(link in any_link(), at in any::<prop::sample::Index>(), other in 0_u8..128) {
        let mut bytes = token(&link).into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != other);
        bytes[at] = other;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(opened(&changed), None);
    }
}
