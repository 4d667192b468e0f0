//! PARTLINK: requests by which a client sends parts by itself.

use std::time::Duration;

use bytes::Bytes;
use fm_domain::blobs::{PartLink, PartTag, PartWrite, SignedPart, SignedUrl, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{UploadId, UserId};

use super::link::{now, swapped};
use super::stored::{self, binary};
use crate::fixture::body::{collect, noise};
use crate::fixture::uuid;
use crate::harness::{Fetched, SignPartsHarness};

async fn begun<H: SignPartsHarness>(harness: &H) -> PartWrite {
    let key = stored::key();
    PartWrite { key, id: harness.parts().begin(&key, &binary()).await.unwrap() }
}

/// A link for a part of this size, good for half an hour.
fn link(write: &PartWrite, number: u32, size: usize) -> PartLink {
    PartLink {
        owner: UserId::new(uuid()),
        upload: UploadId::new(uuid()),
        write: write.clone(),
        number,
        size: ByteSize::new(size as u64),
        issued_at: now(),
        expires_at: now().plus(Duration::from_mins(30)),
    }
}

async fn sign<H: SignPartsHarness>(harness: &H, link: &PartLink) -> SignedPart {
    let signed = harness.signer().sign(link).await.unwrap();
    assert_eq!(signed.method, "PUT");
    signed
}

/// The part as `complete` expects it, by the answer that the client got.
fn sent_part(number: u32, size: usize, answer: &Fetched) -> WrittenPart {
    assert!((200..300).contains(&answer.status), "part {number} was answered with {}", answer.status);
    let tag = answer.header("etag").unwrap_or_default().to_owned();
    WrittenPart { number, size: ByteSize::new(size as u64), tag: PartTag::new(tag) }
}

fn assert_refused(answer: &Fetched, what: &str) {
    assert!((400..500).contains(&answer.status), "{what} was answered with {}", answer.status);
}

async fn assert_holds<H: SignPartsHarness>(harness: &H, write: &PartWrite, expected: &Bytes, what: &str) {
    let read = collect(harness.blobs().get(&write.key, None).await.unwrap().bytes).await.unwrap();
    assert!(read == *expected, "other bytes in {what}");
}

/// Ends the write with one part that was sent for this rule alone, and sees that it holds nothing else.
async fn assert_ends_untouched<H: SignPartsHarness>(harness: &H, write: &PartWrite) {
    let body = noise(500, 31);
    let answer = harness.send(&sign(harness, &link(write, 1, 500)).await, body.clone()).await;
    let part = sent_part(1, 500, &answer);
    harness.parts().complete(write, 1, &[part], ByteSize::new(500)).await.unwrap();
    assert_holds(harness, write, &body, "a blob with a refused part").await;
}

pub(crate) async fn partlink_01_what_was_signed_is_sent_without_other_credentials_and_counts<
    H: SignPartsHarness,
>(
    harness: &H,
) {
    let least = usize::try_from(harness.parts().part_limits().least.bytes()).unwrap();
    let body = noise(least + 700, 21);
    let write = begun(harness).await;
    let mut parts = Vec::new();
    // The last one first, and again: a link can be used as long as it lives.
    for (number, range) in [(2, least..body.len()), (2, least..body.len()), (1, 0..least)] {
        let bytes = body.slice(range);
        let signed = sign(harness, &link(&write, number, bytes.len())).await;
        let url = signed.url.expose();
        assert!(url.starts_with("http://") || url.starts_with("https://"), "the URL is not absolute");
        let answer = harness.send(&signed, bytes.clone()).await;
        parts.insert(0, sent_part(number, bytes.len(), &answer));
    }
    parts.pop();
    let size = ByteSize::new(body.len() as u64);
    harness.parts().complete(&write, 1, &parts, size).await.unwrap();
    assert_holds(harness, &write, &body, "a blob that clients sent").await;
}

pub(crate) async fn partlink_02_another_size_is_refused_and_so_is_all_after_the_end<H: SignPartsHarness>(
    harness: &H,
) {
    let write = begun(harness).await;
    let body = noise(1001, 22);
    let signed = sign(harness, &link(&write, 1, 1000)).await;
    for size in [0, 1, 999, 1001] {
        assert_refused(&harness.send(&signed, body.slice(..size)).await, &format!("{size} bytes for 1000"));
    }
    let part = sent_part(1, 1000, &harness.send(&signed, body.slice(..1000)).await);
    let second = sign(harness, &link(&write, 2, 1000)).await;
    harness.parts().complete(&write, 1, &[part], ByteSize::new(1000)).await.unwrap();
    for signed in [&signed, &second] {
        assert_refused(&harness.send(signed, noise(1000, 23)).await, "a part after the end");
        assert_holds(harness, &write, &body.slice(..1000), "a blob with a part after its end").await;
    }
    let write = begun(harness).await;
    let signed = sign(harness, &link(&write, 1, 1000)).await;
    harness.blobs().delete(&write.key).await.unwrap();
    assert_refused(&harness.send(&signed, noise(1000, 24)).await, "a part of a deleted blob");
    assert_eq!(harness.blobs().head(&write.key).await.unwrap(), None);
}

pub(crate) async fn partlink_03_a_tampered_or_expired_url_is_refused<H: SignPartsHarness>(harness: &H) {
    let (write, other) = (begun(harness).await, begun(harness).await);
    let body = noise(1000, 25);
    let past = |minutes| now().minus(Duration::from_mins(minutes));
    let times: [(Timestamp, Timestamp); 2] = [(past(30), past(10)), (past(2), past(1))];
    for (issued_at, expires_at) in times {
        let expired = PartLink { issued_at, expires_at, ..link(&write, 1, 1000) };
        assert_refused(&harness.send(&sign(harness, &expired).await, body.clone()).await, "an expired URL");
    }
    let signed = sign(harness, &link(&write, 1, 1000)).await;
    let url = signed.url.expose();
    let (bare, query) = url.split_once('?').unwrap();
    let mut tampered = vec![
        ("without its query".to_owned(), bare.to_owned()),
        ("of another blob".to_owned(), url.replace(&write.key.to_string(), &other.key.to_string())),
    ];
    for (place, field) in query.split('&').enumerate() {
        let mut fields: Vec<String> = query.split('&').map(str::to_owned).collect();
        let Some(swapped) = swapped(field) else { continue };
        fields[place] = swapped;
        let name = field.split('=').next().unwrap();
        tampered.push((format!("with another {name}"), format!("{bare}?{}", fields.join("&"))));
    }
    for (what, url) in tampered.into_iter().filter(|(_, tampered)| tampered != url) {
        let tampered = SignedPart { url: SignedUrl::new(&url), ..signed.clone() };
        assert_refused(&harness.send(&tampered, body.clone()).await, &format!("a URL {what}"));
    }
    for write in [&write, &other] {
        assert_ends_untouched(harness, write).await;
    }
}
