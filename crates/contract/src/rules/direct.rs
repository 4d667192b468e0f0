//! PART: blobs out of parts that clients send, and what can be read of them.

use std::collections::BTreeSet;

use bytes::Bytes;
use fm_domain::blobs::{CompleteParts, PartTag, PartWrite, WritePart, WrittenPart};
use fm_domain::body::ByteSize;
use futures_util::future::try_join_all;

use super::stored::{assert_absent, assert_holds, binary, key};
use crate::fixture::body::noise;
use crate::fixture::soon;
use crate::harness::DirectHarness;

/// The smallest part but the last.
pub(super) fn least<H: DirectHarness>(harness: &H) -> usize {
    usize::try_from(harness.store().part_limits().least.bytes()).unwrap()
}

/// Begins a write under a fresh key.
pub(super) async fn begun<H: DirectHarness>(harness: &H) -> PartWrite {
    let key = key();
    PartWrite { key, id: harness.store().begin(&key, &binary()).await.unwrap() }
}

/// Sends a part; how it is named at the end.
pub(super) async fn send<H: DirectHarness>(
    harness: &H,
    write: &PartWrite,
    number: u32,
    offset: usize,
    bytes: &Bytes,
) -> Result<WrittenPart, WritePart> {
    let tag = harness.send(write, number, ByteSize::new(offset as u64), bytes.clone()).await?;
    Ok(part(number, bytes.len(), tag))
}

const fn part(number: u32, size: usize, tag: PartTag) -> WrittenPart {
    WrittenPart { number, size: ByteSize::new(size as u64), tag }
}

/// Completes the write with these parts.
pub(super) async fn end<H: DirectHarness>(
    harness: &H,
    write: &PartWrite,
    fence: u64,
    parts: &[WrittenPart],
    size: usize,
) -> Result<(), CompleteParts> {
    let size = ByteSize::new(size as u64);
    let stored = harness.store().complete(write, fence, parts, size).await?;
    assert_eq!(stored.size, size, "the size that was stored");
    Ok(())
}

/// Sends the bytes in parts of these lengths, one after the other; the parts.
async fn send_all<H: DirectHarness>(
    harness: &H,
    write: &PartWrite,
    body: &Bytes,
    lengths: &[usize],
) -> Vec<WrittenPart> {
    let (mut parts, mut offset) = (Vec::new(), 0);
    for (number, length) in (1..).zip(lengths) {
        let bytes = body.slice(offset..offset + length);
        parts.push(send(harness, write, number, offset, &bytes).await.unwrap());
        offset += length;
    }
    parts
}

/// Makes what is durable of the write, where we receive the parts ourselves.
pub(super) async fn sync<H: DirectHarness>(harness: &H, write: &PartWrite) {
    if let Some(receiver) = harness.receiver() {
        receiver.sync(write).await.unwrap();
    }
}

pub(crate) async fn part_01_nothing_can_be_read_before_the_write_is_completed<H: DirectHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 10, 1);
    let write = begun(harness).await;
    assert_absent(&*blobs, &write.key, "a blob that was begun").await;
    let parts = send_all(harness, &write, &body, &[least, 10]).await;
    assert_absent(&*blobs, &write.key, "a blob whose parts are written").await;
    sync(harness, &write).await;
    assert_absent(&*blobs, &write.key, "a blob whose parts are durable").await;
    end(harness, &write, 1, &parts, body.len()).await.unwrap();
    assert_holds(&*blobs, &write.key, &body, "the blob").await;
}

pub(crate) async fn part_02_a_completed_blob_is_read_whole_whatever_its_parts<H: DirectHarness>(harness: &H) {
    let least = least(harness);
    let below = (least - 1).max(1);
    for lengths in
        [vec![1], vec![below], vec![least], vec![least + 1], vec![least, 1], vec![least + 1, below]]
    {
        let body = noise(lengths.iter().sum(), 2);
        let write = begun(harness).await;
        let parts = send_all(harness, &write, &body, &lengths).await;
        end(harness, &write, 1, &parts, body.len()).await.unwrap();
        assert_holds(&*harness.blobs(), &write.key, &body, &format!("a blob of {lengths:?}")).await;
    }
}

pub(crate) async fn part_03_parts_come_in_any_order_and_again_with_another_size<H: DirectHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(2 * least + 30, 3);
    let write = begun(harness).await;
    let third = send(harness, &write, 3, 2 * least, &noise(50, 98)).await.unwrap();
    let first = send(harness, &write, 1, 0, &noise(least + 7, 99)).await.unwrap();
    drop((third, first));
    let second = send(harness, &write, 2, least, &body.slice(least..2 * least)).await.unwrap();
    let third = send(harness, &write, 3, 2 * least, &body.slice(2 * least..)).await.unwrap();
    let first = send(harness, &write, 1, 0, &body.slice(..least)).await.unwrap();
    end(harness, &write, 1, &[first, second, third], body.len()).await.unwrap();
    assert_holds(&*harness.blobs(), &write.key, &body, "a blob whose last part came first").await;
}

pub(crate) async fn part_04_no_part_can_be_written_after_the_end<H: DirectHarness>(harness: &H) {
    let (blobs, body) = (harness.blobs(), noise(1000, 5));
    let write = begun(harness).await;
    let part = send(harness, &write, 1, 0, &body).await.unwrap();
    end(harness, &write, 1, &[part], body.len()).await.unwrap();
    for (number, offset) in [(1, 0), (2, 1000), (2, 500)] {
        let late = send(harness, &write, number, offset, &noise(1000, 94)).await;
        assert!(matches!(late, Err(WritePart::Gone)), "a part after the end: {late:?}");
        assert_holds(&*blobs, &write.key, &body, "a blob with a part after its end").await;
    }
    if let Some(receiver) = harness.receiver() {
        let late = receiver.write(&write, ByteSize::new(500), 9, noise(1000, 93).into()).await;
        assert!(matches!(late, Err(WritePart::Gone)), "a part with a higher fence: {late:?}");
        assert_holds(&*blobs, &write.key, &body, "a blob with a part after its end").await;
    }
    blobs.delete(&write.key).await.unwrap();
    let late = send(harness, &write, 1, 0, &body).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of a deleted blob: {late:?}");
    assert_eq!(harness.debris().await, 0, "what is left of a late part");
}

pub(crate) async fn part_05_completing_again_is_no_error<H: DirectHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 10, 6);
    let write = begun(harness).await;
    let parts = send_all(harness, &write, &body, &[least, 10]).await;
    for fence in [1, 1, 2] {
        end(harness, &write, fence, &parts, body.len()).await.unwrap();
        assert_holds(&*blobs, &write.key, &body, "a blob that is completed again and again").await;
    }
    let other = end(harness, &write, 2, &parts[..1], least).await;
    assert!(matches!(other, Err(CompleteParts::Mismatch)), "completed with another size: {other:?}");
    assert_holds(&*blobs, &write.key, &body, "a blob that was to have another size").await;
}

/// Makes something of parts that is wrong.
type Wrong = fn(&mut Vec<WrittenPart>, usize);

pub(crate) async fn part_06_parts_that_are_not_those_written_are_a_mismatch<H: DirectHarness>(harness: &H) {
    let least = least(harness);
    let body = noise(2 * least, 7);
    // Each of these is said at the end of a write of its own: what is wrong, and the size of the whole.
    let mut wrongs: Vec<(&str, usize, Wrong)> = vec![
        ("a whole that is larger than its parts", 2 * least + 1, |_, _| ()),
        ("a whole that is smaller than its parts", least, |_, _| ()),
        ("a part that never came", 3 * least, |parts, least| {
            parts.push(part(3, least, parts[0].tag.clone()));
        }),
        ("a last part that is shorter than told", 2 * least + 1, |parts, least| {
            parts[1].size = ByteSize::new(least as u64 + 1);
        }),
    ];
    // Where we receive the parts ourselves, tags and numbers are the caller's own and the store sees offsets alone.
    if harness.receiver().is_none() {
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
        assert_absent(&*harness.blobs(), &write.key, what).await;
        harness.blobs().delete(&write.key).await.unwrap();
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn part_07_many_parts_sent_at_once_make_one_blob<H: DirectHarness>(harness: &H) {
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
            async move { send(harness, write, number, *offset, &bytes).await }
        });
        parts.extend(soon("four clients at once", try_join_all(sent)).await.unwrap());
    }
    let numbers: BTreeSet<u32> = parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, (1..=12).collect());
    end(harness, &write, 1, &parts, body.len()).await.unwrap();
    assert_holds(&*harness.blobs(), &write.key, &body, "a blob of twelve parts").await;
}

pub(crate) async fn part_09_what_is_not_named_at_the_end_is_not_in_the_blob<H: DirectHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 20, 9);
    let key = key();
    let store = harness.store();
    let (other, write) =
        (store.begin(&key, &binary()).await.unwrap(), store.begin(&key, &binary()).await.unwrap());
    let (other, write) = (PartWrite { key, id: other }, PartWrite { key, id: write });
    let first = send(harness, &write, 1, 0, &body.slice(..least)).await.unwrap();
    // The second was meant to be longer than what it is named with in the end.
    send(harness, &write, 2, least, &noise(least + 5000, 93)).await.unwrap();
    send(harness, &write, 4, least + 20, &noise(3000, 92)).await.unwrap();
    let third = send(harness, &write, 3, least, &body.slice(least..)).await.unwrap();
    end(harness, &write, 1, &[first, third], body.len()).await.unwrap();
    assert_holds(&*blobs, &key, &body, "a blob of two parts of four").await;
    let late = send(harness, &other, 1, 0, &noise(900, 91)).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of another write to the key: {late:?}");
    assert_holds(&*blobs, &key, &body, "a blob that was begun twice").await;
    blobs.delete(&key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}
