//! PART: writes in parts, what comes of them.

use std::collections::BTreeSet;

use bytes::Bytes;
use fm_domain::blobs::{
    BlobHead, BlobKey, ByteRange, CompleteParts, GetBlob, PartPlace, PartWrite, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::files::MediaType;
use fm_domain::ids::BlobId;
use futures_util::future::try_join_all;

use crate::fixture::body::{collect, noise};
use crate::fixture::{fill, soon, uuid};
use crate::harness::PartUploadHarness;

/// A fresh address in the bucket of files.
pub(super) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(uuid()))
}

pub(super) fn binary() -> MediaType {
    fill::media_type("application/octet-stream")
}

/// The smallest part but the last.
pub(super) fn least<H: PartUploadHarness>(harness: &H) -> usize {
    usize::try_from(harness.parts().part_limits().least.bytes()).unwrap()
}

/// Begins a write under a fresh key.
pub(super) async fn begun<H: PartUploadHarness>(harness: &H) -> PartWrite {
    let key = key();
    PartWrite { key, id: harness.parts().begin(&key, &binary()).await.unwrap() }
}

/// The place of a part by whoever came first.
pub(super) const fn at(number: u32, offset: usize) -> PartPlace {
    PartPlace { number, offset: ByteSize::new(offset as u64), fence: 1, in_order: false }
}

/// The bytes in pieces, as they are held.
pub(super) fn pieces(bytes: &Bytes) -> PartBytes {
    let mut part = PartBytes::new();
    for start in (0..bytes.len()).step_by(40_000) {
        part.push(bytes.slice(start..bytes.len().min(start + 40_000)));
    }
    part
}

/// Writes a part; what is named of it at the end.
pub(super) async fn send<H: PartUploadHarness>(
    harness: &H,
    write: &PartWrite,
    place: PartPlace,
    bytes: &Bytes,
) -> Result<WrittenPart, WritePart> {
    let tag = harness.parts().write(write, place, pieces(bytes)).await?;
    Ok(part(place.number, bytes.len(), tag))
}

fn part(number: u32, size: usize, tag: Option<fm_domain::blobs::PartTag>) -> WrittenPart {
    // Where no tag is given none is needed, and what is kept instead of it has no meaning.
    let tag = tag.unwrap_or_else(|| fm_domain::blobs::PartTag::new(String::new()));
    WrittenPart { number, size: ByteSize::new(size as u64), tag }
}

/// Completes the write with these parts.
pub(super) async fn end<H: PartUploadHarness>(
    harness: &H,
    write: &PartWrite,
    fence: u64,
    parts: &[WrittenPart],
    size: usize,
) -> Result<(), CompleteParts> {
    let size = ByteSize::new(size as u64);
    let stored = harness.parts().complete(write, fence, parts, size).await?;
    assert_eq!(stored.size, size, "the size that was stored");
    Ok(())
}

/// Writes the bytes in parts of these lengths, one after the other; the parts.
async fn send_all<H: PartUploadHarness>(
    harness: &H,
    write: &PartWrite,
    body: &Bytes,
    lengths: &[usize],
) -> Vec<WrittenPart> {
    let (mut parts, mut offset) = (Vec::new(), 0);
    for (number, length) in (1..).zip(lengths) {
        let bytes = body.slice(offset..offset + length);
        parts.push(send(harness, write, at(number, offset), &bytes).await.unwrap());
        offset += length;
    }
    parts
}

/// Reads the whole blob and a range in its middle, and compares them.
pub(super) async fn assert_holds<H: PartUploadHarness>(
    harness: &H,
    key: &BlobKey,
    expected: &Bytes,
    what: &str,
) {
    let (blobs, size) = (harness.blobs(), ByteSize::new(expected.len() as u64));
    assert_eq!(blobs.head(key).await.unwrap(), Some(BlobHead { size }), "the head of {what}");
    let read = collect(blobs.get(key, None).await.unwrap().bytes).await.unwrap();
    assert!(read == *expected, "other bytes in {what}");
    if expected.len() > 1 {
        let (first, last) = (expected.len() / 3, expected.len() / 2);
        let range = ByteRange::Between { first: first as u64, last: last as u64 };
        let read = collect(blobs.get(key, Some(range)).await.unwrap().bytes).await.unwrap();
        assert!(read == expected.slice(first..=last), "other bytes in a range of {what}");
    }
}

/// Nothing of the blob can be seen.
pub(super) async fn assert_absent<H: PartUploadHarness>(harness: &H, key: &BlobKey, what: &str) {
    let blobs = harness.blobs();
    assert_eq!(blobs.head(key).await.unwrap(), None, "the head of {what}");
    let read = blobs.get(key, None).await;
    assert!(matches!(read, Err(GetBlob::NotFound)), "{what}: {read:?}");
}

pub(crate) async fn part_01_nothing_can_be_read_before_the_write_is_completed<H: PartUploadHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(least + 10, 1);
    let write = begun(harness).await;
    assert_absent(harness, &write.key, "a blob that was begun").await;
    let parts = send_all(harness, &write, &body, &[least, 10]).await;
    assert_absent(harness, &write.key, "a blob whose parts are written").await;
    harness.parts().sync(&write).await.unwrap();
    assert_absent(harness, &write.key, "a blob whose parts are durable").await;
    end(harness, &write, 1, &parts, body.len()).await.unwrap();
    assert_holds(harness, &write.key, &body, "the blob").await;
}

pub(crate) async fn part_02_a_completed_blob_is_read_whole_whatever_its_parts<H: PartUploadHarness>(
    harness: &H,
) {
    let least = least(harness);
    let below = (least - 1).max(1);
    for lengths in
        [vec![1], vec![below], vec![least], vec![least + 1], vec![least, 1], vec![least + 1, below]]
    {
        let body = noise(lengths.iter().sum(), 2);
        let write = begun(harness).await;
        let parts = send_all(harness, &write, &body, &lengths).await;
        end(harness, &write, 1, &parts, body.len()).await.unwrap();
        assert_holds(harness, &write.key, &body, &format!("a blob of {lengths:?}")).await;
    }
}

pub(crate) async fn part_03_parts_come_in_any_order_and_again_with_another_size<H: PartUploadHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(2 * least + 30, 3);
    let write = begun(harness).await;
    let third = send(harness, &write, at(3, 2 * least), &noise(50, 98)).await.unwrap();
    let first = send(harness, &write, at(1, 0), &noise(least + 7, 99)).await.unwrap();
    drop((third, first));
    let second = send(harness, &write, at(2, least), &body.slice(least..2 * least)).await.unwrap();
    let third = send(harness, &write, at(3, 2 * least), &body.slice(2 * least..)).await.unwrap();
    let first = send(harness, &write, at(1, 0), &body.slice(..least)).await.unwrap();
    end(harness, &write, 1, &[first, second, third], body.len()).await.unwrap();
    assert_holds(harness, &write.key, &body, "a blob whose last part came first").await;
}

pub(crate) async fn part_04_what_a_late_writer_sends_changes_nothing<H: PartUploadHarness>(harness: &H) {
    let least = least(harness);
    let body = noise(least + 1000, 4);
    let write = begun(harness).await;
    let first = send(harness, &write, at(1, 0), &body.slice(..least)).await.unwrap();
    // Whoever had the second part stands still; another takes over, and never uses its number.
    let place = PartPlace { fence: 2, ..at(3, least) };
    let third = send(harness, &write, place, &body.slice(least..)).await.unwrap();
    for late in [noise(1000, 97), noise(10, 96), noise(3000, 95)] {
        let answer = send(harness, &write, at(2, least), &late).await;
        assert!(matches!(answer, Ok(_) | Err(WritePart::Gone)), "a late part: {answer:?}");
    }
    end(harness, &write, 2, &[first, third], body.len()).await.unwrap();
    assert_holds(harness, &write.key, &body, "a blob with a late writer").await;
}

pub(crate) async fn part_05_no_part_can_be_written_after_the_end<H: PartUploadHarness>(harness: &H) {
    let body = noise(1000, 5);
    let write = begun(harness).await;
    let part = send(harness, &write, at(1, 0), &body).await.unwrap();
    end(harness, &write, 1, &[part], body.len()).await.unwrap();
    for (number, offset, fence) in [(1, 0, 1), (2, 1000, 1), (2, 500, 9)] {
        let place = PartPlace { fence, ..at(number, offset) };
        let late = send(harness, &write, place, &noise(1000, 94)).await;
        assert!(matches!(late, Err(WritePart::Gone)), "a part after the end: {late:?}");
        assert_holds(harness, &write.key, &body, "a blob with a part after its end").await;
    }
    harness.blobs().discard(&write.key).await.unwrap();
    let late = send(harness, &write, at(1, 0), &body).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of a discarded blob: {late:?}");
    assert_eq!(harness.debris().await, 0, "what is left of a late part");
}

pub(crate) async fn part_06_completing_again_is_no_error<H: PartUploadHarness>(harness: &H) {
    let least = least(harness);
    let body = noise(least + 10, 6);
    let write = begun(harness).await;
    let parts = send_all(harness, &write, &body, &[least, 10]).await;
    for fence in [1, 1, 2] {
        end(harness, &write, fence, &parts, body.len()).await.unwrap();
        assert_holds(harness, &write.key, &body, "a blob that is completed again and again").await;
    }
    let other = end(harness, &write, 2, &parts[..1], least).await;
    assert!(matches!(other, Err(CompleteParts::Mismatch)), "completed with another size: {other:?}");
    assert_holds(harness, &write.key, &body, "a blob that was to have another size").await;
}

/// Makes something of parts that is wrong.
type Wrong = fn(&mut Vec<WrittenPart>, usize);

pub(crate) async fn part_07_parts_that_are_not_those_written_are_a_mismatch<H: PartUploadHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(2 * least, 7);
    // Each of these is said at the end of a write of its own: what is wrong, and the size of the whole.
    let mut wrongs: Vec<(&str, usize, Wrong)> = vec![
        ("a whole that is larger than its parts", 2 * least + 1, |_, _| ()),
        ("a whole that is smaller than its parts", least, |_, _| ()),
        ("a part that never came", 3 * least, |parts, least| {
            parts.push(part(3, least, Some(parts[0].tag.clone())));
        }),
        ("a last part that is shorter than told", 2 * least + 1, |parts, least| {
            parts[1].size = ByteSize::new(least as u64 + 1);
        }),
    ];
    let write = begun(harness).await;
    if harness.parts().write(&write, at(1, 0), pieces(&body)).await.unwrap().is_some() {
        wrongs.push(("a part with the tag of another", 2 * least, |parts, _| {
            parts[1].tag = parts[0].tag.clone();
        }));
        wrongs.push(("another part in its place", 2 * least, |parts, _| parts[1].number = 3));
    }
    for (what, size, wrong) in wrongs {
        let write = begun(harness).await;
        let mut parts = send_all(harness, &write, &body, &[least, least]).await;
        wrong(&mut parts, least);
        let answer = end(harness, &write, 1, &parts, size).await;
        assert!(matches!(answer, Err(CompleteParts::Mismatch)), "{what}: {answer:?}");
        assert_absent(harness, &write.key, what).await;
        harness.blobs().discard(&write.key).await.unwrap();
    }
    harness.blobs().discard(&write.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is discarded");
}

pub(crate) async fn part_08_many_parts_written_at_once_make_one_blob<H: PartUploadHarness>(harness: &H) {
    let least = least(harness).max(1000);
    let body = noise(11 * least + 10, 8);
    let write = begun(harness).await;
    let offsets: Vec<usize> = (0..12).map(|number| number * least).collect();
    let mut parts = Vec::new();
    for pair in offsets.chunks(4) {
        let sent = pair.iter().map(|offset| {
            let number = u32::try_from(offset / least + 1).unwrap();
            let bytes = body.slice(*offset..body.len().min(offset + least));
            let write = &write;
            async move { send(harness, write, at(number, *offset), &bytes).await }
        });
        parts.extend(soon("four writers at once", try_join_all(sent)).await.unwrap());
    }
    let numbers: BTreeSet<u32> = parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, (1..=12).collect());
    end(harness, &write, 1, &parts, body.len()).await.unwrap();
    assert_holds(harness, &write.key, &body, "a blob of twelve parts").await;
}

pub(crate) async fn part_09_what_is_not_named_at_the_end_is_not_in_the_blob<H: PartUploadHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(least + 20, 9);
    let key = key();
    let parts = harness.parts();
    let (other, write) =
        (parts.begin(&key, &binary()).await.unwrap(), parts.begin(&key, &binary()).await.unwrap());
    let (other, write) = (PartWrite { key, id: other }, PartWrite { key, id: write });
    let first = send(harness, &write, at(1, 0), &body.slice(..least)).await.unwrap();
    // The second was meant to be longer than what it is named with in the end.
    send(harness, &write, at(2, least), &noise(least + 5000, 93)).await.unwrap();
    send(harness, &write, at(4, least + 20), &noise(3000, 92)).await.unwrap();
    let third = send(harness, &write, at(3, least), &body.slice(least..)).await.unwrap();
    end(harness, &write, 1, &[first, third], body.len()).await.unwrap();
    assert_holds(harness, &key, &body, "a blob of two parts of four").await;
    let late = send(harness, &other, at(1, 0), &body).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of another write to the key: {late:?}");
    assert_holds(harness, &key, &body, "a blob that was begun twice").await;
    harness.blobs().discard(&key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is discarded");
}

/// Names that no store gave.
pub(super) fn unknown(key: BlobKey) -> PartWrite {
    PartWrite { key, id: WriteId::new(uuid().to_string()) }
}
