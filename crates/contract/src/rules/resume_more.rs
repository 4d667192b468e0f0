//! RESUME: writes beside others, on other nodes, and in pieces.

use bytes::Bytes;
use fm_domain::blobs::BlobKey;
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::uploads::{Chunk, CompleteError};

use super::resume::{Writer, assert_harmless, least};
use super::stored::{assert_absent, assert_holds};
use crate::fixture::body::noise;
use crate::harness::ResumableHarness;

pub(crate) async fn resume_22_a_write_that_is_not_used_ends_without_the_others<H: ResumableHarness>(
    harness: &H,
) {
    let (store, blobs, least) = (harness.store(), harness.blobs(), least(harness));
    let body = noise(least + 60, 22);
    for unused_comes_first in [true, false] {
        let first = Writer::begin(harness).await;
        let second = Writer::begin_at(harness, first.key).await;
        let (unused, mut writer) = if unused_comes_first { (first, second) } else { (second, first) };
        writer.append(&body.slice(..20)).await.unwrap();
        store.abort(&unused.key, &unused.position.state).await.unwrap();
        writer.append(&body.slice(20..20 + least)).await.unwrap();
        writer.append_as(&body.slice(20 + least..), true).await.unwrap();
        writer.complete().await.unwrap();
        assert_holds(&*blobs, &writer.key, &body, "a blob beside a write that was not used").await;
        blobs.delete(&writer.key).await.unwrap();
    }
    let unused = Writer::begin(harness).await;
    store.abort(&unused.key, &unused.position.state).await.unwrap();
    assert_absent(&*blobs, &unused.key, "a write that was not used").await;
    blobs.delete(&unused.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn resume_23_a_writer_that_was_shut_out_does_no_harm_on_any_node<H: ResumableHarness>(
    harness: &H,
) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(100 + 3_000 + least, 23);
    let mut late = Writer::begin(harness).await;
    late.append(&body.slice(..100)).await.unwrap();
    // Another node takes over; the first one knows nothing of it.
    let mut writer = late.shut_out(&late.position.state).moved_to(harness.another_node());
    writer.append(&body.slice(100..3_100)).await.unwrap();
    for length in [10, 3_000, least + 9] {
        assert_harmless(&late.clone().append(&noise(length, 81)).await);
        assert_harmless(&late.moved_to(harness.another_node()).append(&noise(length, 80)).await);
    }
    writer.append_as(&body.slice(3_100..), true).await.unwrap();
    assert_harmless(&late.clone().append(&noise(4_000, 79)).await);
    writer.complete().await.unwrap();
    assert_holds(&*blobs, &writer.key, &body, "a blob with a late writer on another node").await;
    let answer = late.complete().await;
    let refused = matches!(answer, Err(CompleteError::Incomplete | CompleteError::Gone));
    assert!(refused, "completed by a late writer on another node: {answer:?}");
    assert_holds(&*blobs, &writer.key, &body, "a blob that a late writer completed").await;
}

pub(crate) async fn resume_24_a_chunk_of_many_pieces_is_appended_whole<H: ResumableHarness>(harness: &H) {
    let mut writer = Writer::begin(harness).await;
    let mut body: Vec<Bytes> = Vec::new();
    for is_last in [false, false, true] {
        let mut bytes = PartBytes::new();
        for length in [1, 70_000, 3, 65_536, least(harness)] {
            bytes.push(noise(length, body.len() as u64));
            body.push(noise(length, body.len() as u64));
        }
        let length = bytes.len() as u64;
        let chunk = Chunk { bytes, is_last };
        writer.position.state = writer.store.append(&writer.key, &writer.position, chunk).await.unwrap();
        writer.position.offset = ByteSize::new(writer.position.offset.bytes() + length);
    }
    writer.complete().await.unwrap();
    assert_holds(&*harness.blobs(), &writer.key, &body.concat().into(), "a blob of uneven pieces").await;
}

pub(crate) async fn resume_25_writes_of_one_id_in_two_buckets_are_apart<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let (body, other) = (noise(least + 40, 25), noise(least + 50, 26));
    let mut file = Writer::begin(harness).await;
    let mut thumbnail = Writer::begin_at(harness, BlobKey::thumbnail(file.key.id)).await;
    file.append(&body.slice(..30)).await.unwrap();
    thumbnail.append(&other.slice(..30)).await.unwrap();
    blobs.delete(&thumbnail.key).await.unwrap();
    file.append_as(&body.slice(30..), true).await.unwrap();
    file.complete().await.unwrap();
    assert_holds(&*blobs, &file.key, &body, "the file").await;
    assert_absent(&*blobs, &thumbnail.key, "the thumbnail of the same id").await;
    blobs.delete(&file.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}
