//! LINK: signed URLs.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, Disposition, DownloadLink, LinkTarget, PutHint};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::Sha256;
use fm_domain::ids::BlobId;
use sha2::Digest as _;

use crate::fixture::body::{noise, stream_of};
use crate::fixture::{fill, uuid};
use crate::harness::{Fetched, SignDownloadHarness};

/// The present second: the server of the URL goes by the machine's clock.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_seconds(i64::try_from(since.as_secs()).unwrap())
}

/// A link to a text file that works from now on for ten minutes.
fn link(key: BlobKey, body: &Bytes) -> DownloadLink {
    DownloadLink {
        target: LinkTarget {
            key,
            content_type: fill::media_type("text/plain; charset=utf-8"),
            disposition: Disposition::Attachment,
            filename: fill::name("a name.txt"),
            sha256: Some(Sha256::new(sha2::Sha256::digest(body).into())),
        },
        issued_at: now(),
        expires_at: now().plus(Duration::from_mins(10)),
    }
}

/// A kept blob of these bytes with a link to it.
async fn kept<H: SignDownloadHarness>(harness: &H, body: &Bytes) -> DownloadLink {
    let key = BlobKey::file(BlobId::new(uuid()));
    let hint = PutHint {
        owner: None,
        length: Some(ByteSize::new(body.len() as u64)),
        content_type: fill::media_type("text/plain"),
    };
    harness.blobs().put(&key, stream_of(body, 10_000), &hint).await.unwrap();
    link(key, body)
}

async fn sign<H: SignDownloadHarness>(harness: &H, link: &DownloadLink) -> String {
    harness.signer().sign(link).await.unwrap().expose().to_owned()
}

/// The answer is a refusal and gives nothing away.
fn assert_refused(answer: &Fetched, body: &Bytes, what: &str) {
    assert!((400..500).contains(&answer.status), "{what} was answered with {}", answer.status);
    assert!(!contains(&answer.body, body), "{what} gave the bytes");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The text with every `%XX` resolved, and `+` left alone.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped =
            if *first == b'%' { tail.get(..2).and_then(|digits| hex::decode(digits).ok()) } else { None };
        rest = if escaped.is_some() { &tail[2..] } else { tail };
        bytes.extend(escaped.unwrap_or_else(|| vec![*first]));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) async fn link_01_a_signed_url_gives_the_bytes_without_other_credentials<H: SignDownloadHarness>(
    harness: &H,
) {
    let body = noise(100_000, 1);
    let url = sign(harness, &kept(harness, &body).await).await;
    assert!(url.starts_with("http://") || url.starts_with("https://"), "the URL is not absolute");
    let answer = harness.fetch(&url, None).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == body, "other bytes came");
    assert_eq!(answer.header("content-length"), Some("100000"));
}

pub(crate) async fn link_02_equal_links_give_equal_urls<H: SignDownloadHarness>(harness: &H) {
    let link = link(BlobKey::file(BlobId::new(uuid())), &Bytes::new());
    let first = sign(harness, &link).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(first, sign(harness, &link).await, "a second later");
}

pub(crate) async fn link_03_an_expired_url_is_refused<H: SignDownloadHarness>(harness: &H) {
    let body = noise(1000, 3);
    let link = kept(harness, &body).await;
    let past = |minutes| now().minus(Duration::from_mins(minutes));
    let expired = DownloadLink { issued_at: past(30), expires_at: past(10), ..link };
    assert_refused(&harness.fetch(&sign(harness, &expired).await, None).await, &body, "an expired URL");
}

pub(crate) async fn link_04_a_tampered_url_is_refused<H: SignDownloadHarness>(harness: &H) {
    let (body, secret) = (noise(1000, 4), noise(1000, 5));
    let (mine, other) = (kept(harness, &body).await, kept(harness, &secret).await);
    let url = sign(harness, &mine).await;
    let elsewhere = url.replace(&mine.target.key.to_string(), &other.target.key.to_string());
    assert_ne!(url, elsewhere, "the URL does not name its blob");
    assert_refused(&harness.fetch(&elsewhere, None).await, &secret, "a URL turned to another blob");

    let (bare, query) = url.split_once('?').unwrap();
    assert_refused(&harness.fetch(bare, None).await, &body, "a URL without its query");
    // Every field of the query counts: its last character, replaced by another of its kind, is not what was signed.
    for (place, field) in query.split('&').enumerate() {
        let mut fields: Vec<String> = query.split('&').map(str::to_owned).collect();
        let Some(swapped) = swapped(field) else { continue };
        fields[place] = swapped;
        let tampered = format!("{bare}?{}", fields.join("&"));
        let name = field.split('=').next().unwrap();
        assert_refused(&harness.fetch(&tampered, None).await, &body, &format!("a URL with another {name}"));
    }
}

/// The field with a character in the middle of its value replaced by another of its kind.
pub(super) fn swapped(field: &str) -> Option<String> {
    let (name, value) = field.split_once('=')?;
    let place =
        (value.len() / 2..value.len()).find(|place| value.as_bytes()[*place].is_ascii_alphanumeric())?;
    let mut bytes = value.as_bytes().to_vec();
    bytes[place] = match bytes[place] {
        b'9' => b'8',
        b'z' => b'y',
        b'Z' => b'Y',
        other => other + 1,
    };
    Some(format!("{name}={}", String::from_utf8(bytes).unwrap()))
}

pub(crate) async fn link_05_a_range_of_a_link_gives_exactly_its_bytes<H: SignDownloadHarness>(harness: &H) {
    let body = noise(1000, 6);
    let url = sign(harness, &kept(harness, &body).await).await;
    for (range, first, last) in
        [("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19), ("bytes=990-", 990, 999), ("bytes=-10", 990, 999)]
    {
        let answer = harness.fetch(&url, Some(range)).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(
            answer.header("content-range"),
            Some(format!("bytes {first}-{last}/1000").as_str()),
            "{range}"
        );
        assert_eq!(answer.body, body.slice(first..=last), "{range}");
    }
    assert_eq!(harness.fetch(&url, Some("bytes=1000-")).await.status, 416, "a range outside the blob");
}

pub(crate) async fn link_06_type_and_name_travel_with_the_link<H: SignDownloadHarness>(harness: &H) {
    let body = noise(10, 7);
    let kept = kept(harness, &body).await;
    for (disposition, filename) in
        [(Disposition::Attachment, "naïve 名 🦀 \"q\"; %41.txt"), (Disposition::Inline, "plain.txt")]
    {
        let target = LinkTarget { disposition, filename: fill::name(filename), ..kept.target.clone() };
        let url = sign(harness, &DownloadLink { target, ..kept.clone() }).await;
        let answer = harness.fetch(&url, None).await;
        assert_eq!(answer.status, 200, "{filename}");
        // A store that answers with neither was at least told: S3 takes both as signed fields of the query.
        let told = unescaped(&url);
        let shown = answer.header("content-disposition").map_or_else(|| unescaped(&told), unescaped);
        assert!(shown.contains(disposition.as_str()), "{filename}: not {}", disposition.as_str());
        assert!(shown.contains(filename), "{filename}: the name was lost");
        let content_type = answer.header("content-type").unwrap_or(&told);
        assert!(content_type.contains("text/plain"), "{filename}: {content_type}");
        assert!(content_type.to_lowercase().contains("charset=utf-8"), "{filename}: {content_type}");
    }
}

pub(crate) async fn link_07_links_to_different_targets_have_different_urls<H: SignDownloadHarness>(
    harness: &H,
) {
    let link = link(BlobKey::file(BlobId::new(uuid())), &Bytes::new());
    let inline = LinkTarget { disposition: Disposition::Inline, ..link.target.clone() };
    let thumbnail = LinkTarget { key: BlobKey::thumbnail(link.target.key.id), ..link.target.clone() };
    let later = DownloadLink { expires_at: link.expires_at.plus(Duration::from_mins(1)), ..link.clone() };
    let mut urls = vec![sign(harness, &link).await, sign(harness, &later).await];
    for target in [inline, thumbnail] {
        urls.push(sign(harness, &DownloadLink { target, ..link.clone() }).await);
    }
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 4, "two different links share a URL");
}

pub(crate) async fn link_08_a_link_to_a_blob_that_is_gone_gives_not_found<H: SignDownloadHarness>(
    harness: &H,
) {
    let body = noise(1000, 8);
    let link = kept(harness, &body).await;
    let url = sign(harness, &link).await;
    harness.blobs().delete(&link.target.key).await.unwrap();
    assert_refused(&harness.fetch(&url, None).await, &body, "a URL of a deleted blob");
}

pub(crate) async fn link_09_a_link_ends_within_seconds_and_leads_to_an_empty_blob_too<
    H: SignDownloadHarness,
>(
    harness: &H,
) {
    let body = noise(1000, 9);
    let link = kept(harness, &body).await;
    let (begun, over) = (now().minus(Duration::from_mins(5)), now().minus(Duration::from_secs(20)));
    let ended = DownloadLink { issued_at: begun, expires_at: over, ..link };
    assert_refused(&harness.fetch(&sign(harness, &ended).await, None).await, &body, "a URL of 20 s ago");
    let empty = kept(harness, &Bytes::new()).await;
    let answer = harness.fetch(&sign(harness, &empty).await, None).await;
    assert_eq!((answer.status, answer.body), (200, Bytes::new()), "an empty blob");
}

pub(crate) async fn link_10_a_link_with_another_name_or_type_has_a_url_of_its_own<H: SignDownloadHarness>(
    harness: &H,
) {
    let kept = kept(harness, &noise(10, 10)).await;
    let first = sign(harness, &kept).await;
    // As after a rename: the blob and the times stay.
    let renamed = LinkTarget { filename: fill::name("renamed.txt"), ..kept.target.clone() };
    let renamed = sign(harness, &DownloadLink { target: renamed, ..kept.clone() }).await;
    let retyped = LinkTarget { content_type: fill::media_type("image/png"), ..kept.target.clone() };
    let retyped = sign(harness, &DownloadLink { target: retyped, ..kept.clone() }).await;
    for (url, name, content_type) in [
        (&renamed, "renamed.txt", "text/plain"),
        (&retyped, "a name.txt", "image/png"),
        (&first, "a name.txt", "text/plain"),
    ] {
        let answer = harness.fetch(url, None).await;
        assert_eq!(answer.status, 200, "{name}");
        let told = unescaped(url);
        let shown = answer.header("content-disposition").map_or_else(|| unescaped(&told), unescaped);
        assert!(shown.contains(name), "{name}: the name of another link");
        let given = answer.header("content-type").unwrap_or(&told);
        assert!(given.contains(content_type), "{content_type}: the type of another link, {given}");
    }
    assert!(first != renamed && first != retyped && renamed != retyped, "two different links share a URL");
}
