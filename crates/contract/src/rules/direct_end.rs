//! PART: blobs out of parts that clients send, and how their writes end.

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, CompleteParts, PartTag, PartWrite, WriteId, WritePart, WrittenPart};
use fm_domain::body::{ByteSize, PartBytes};

use super::direct::{begun, end, least, send, sync};
use super::stored::{MOST_POLLS, assert_absent, assert_holds, binary, delete_until_empty, key, pieces};
use crate::fixture::body::noise;
use crate::fixture::poll::cut_after;
use crate::fixture::uuid;
use crate::harness::DirectHarness;

pub(crate) async fn part_08_deleting_removes_whatever_a_write_left<H: DirectHarness>(harness: &H) {
    let blobs = harness.blobs();
    let body = noise(1000, 10);
    let (untouched, written, completed) = (begun(harness).await, begun(harness).await, begun(harness).await);
    let part = send(harness, &written, 1, 0, &body).await.unwrap();
    let whole = send(harness, &completed, 1, 0, &body).await.unwrap();
    end(harness, &completed, 1, &[whole], body.len()).await.unwrap();
    assert!(harness.debris().await > 0, "nothing counts what is unfinished");
    for write in [&untouched, &written, &completed] {
        for _again in 0..2 {
            blobs.delete(&write.key).await.unwrap();
            assert_absent(&*blobs, &write.key, "a deleted write").await;
        }
        sync(harness, write).await;
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
    let late = send(harness, &written, 2, 1000, &body).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of a deleted write: {late:?}");
    let late = end(harness, &written, 1, &[part], body.len()).await;
    assert!(matches!(late, Err(CompleteParts::Gone)), "the end of a deleted write: {late:?}");
    assert_absent(&*blobs, &written.key, "a deleted write").await;
    assert_eq!(harness.debris().await, 0, "what is left of a late part");
}

pub(crate) async fn part_10_a_write_that_was_never_begun_is_gone<H: DirectHarness>(harness: &H) {
    let (blobs, body) = (harness.blobs(), noise(1000, 11));
    let known = begun(harness).await;
    let part = send(harness, &known, 1, 0, &body).await.unwrap();
    let stranger = BlobKey::thumbnail(known.key.id);
    let unknown = PartWrite { key: key(), id: WriteId::new(uuid().to_string()) };
    for write in [unknown, PartWrite { key: stranger, id: known.id.clone() }] {
        let sent = send(harness, &write, 1, 0, &body).await;
        assert!(matches!(sent, Err(WritePart::Gone)), "a part of nothing: {sent:?}");
        let ended = end(harness, &write, 1, std::slice::from_ref(&part), body.len()).await;
        assert!(matches!(ended, Err(CompleteParts::Gone)), "the end of nothing: {ended:?}");
        assert_absent(&*blobs, &write.key, "nothing").await;
    }
    end(harness, &known, 1, &[part], body.len()).await.unwrap();
    assert_holds(&*blobs, &known.key, &body, "the blob that was begun").await;
}

pub(crate) async fn part_11_what_is_cut_off_at_any_await_can_be_deleted<H: DirectHarness>(harness: &H) {
    let (blobs, body) = (harness.blobs(), noise(1000, 14));
    let mut keys = Vec::new();
    for polls in 1.. {
        assert!(polls < MOST_POLLS, "it is polled without an end");
        let (writing, ending, fresh) = (begun(harness).await, begun(harness).await, key());
        let whole = [send(harness, &ending, 1, 0, &body).await.unwrap()];
        let store = harness.store();
        let media = binary();
        let started = cut_after(polls, store.begin(&fresh, &media)).await;
        let written = if let Some(receiver) = harness.receiver() {
            let write = receiver.write(&writing, ByteSize::ZERO, 1, pieces(&body));
            cut_after(polls, write).await.map(drop)
        } else {
            // The client's own request is not cut off: that is no call of the store.
            drop(send(harness, &writing, 1, 0, &body).await);
            Some(())
        };
        let ended = cut_after(polls, end(harness, &ending, 1, &whole, body.len())).await;
        if ended.is_none() {
            // All or nothing, and a caller that asks again gets the one or the other.
            let again = end(harness, &ending, 1, &whole, body.len()).await;
            assert!(again.is_ok(), "after {polls} polls: {again:?}");
            assert_holds(&*blobs, &ending.key, &body, "a blob whose end was cut off").await;
        }
        keys.extend([writing.key, ending.key, fresh]);
        if started.is_some() && written.is_some() && ended.is_some() {
            break;
        }
    }
    delete_until_empty(&*blobs, &keys, async || harness.debris().await).await;
}

pub(crate) async fn part_12_the_limits_of_parts_make_sense<H: DirectHarness>(harness: &H) {
    let limits = harness.store().part_limits();
    assert!(ByteSize::ZERO < limits.least && limits.least <= limits.most, "{limits:?}");
    let largest = limits.most.bytes().saturating_mul(u64::from(limits.most_parts));
    assert!(largest >= 1 << 36, "parts of {} make no more than {largest} bytes", limits.most);
    assert_eq!(harness.store().part_limits(), limits, "the limits change");
}

pub(crate) async fn part_13_a_receiver_shuts_out_lower_fences<H: DirectHarness>(harness: &H) {
    let Some(receiver) = harness.receiver() else { return };
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 1000, 4);
    let write = begun(harness).await;
    let at = |offset: usize| ByteSize::new(offset as u64);
    receiver.write(&write, at(0), 1, pieces(&body.slice(..least))).await.unwrap();
    receiver.write(&write, at(least), 2, pieces(&body.slice(least..))).await.unwrap();
    for (offset, late) in [(0, noise(1000, 97)), (least, noise(10, 96)), (least, noise(3000, 95))] {
        let answer = receiver.write(&write, at(offset), 1, pieces(&late)).await;
        assert!(matches!(answer, Err(WritePart::Gone)), "a part with a lower fence: {answer:?}");
    }
    // Tags and numbers are the caller's own.
    let part = |number, size: usize| WrittenPart {
        number,
        size: at(size),
        tag: PartTag::new(format!("the caller's tag {number}")),
    };
    let parts = [part(7, least), part(900, 1000)];
    let early = end(harness, &write, 1, &parts, body.len()).await;
    assert!(matches!(early, Err(CompleteParts::Gone)), "completed with a lower fence: {early:?}");
    assert_absent(&*blobs, &write.key, "a blob completed with a lower fence").await;
    end(harness, &write, 3, &parts, body.len()).await.unwrap();
    assert_holds(&*blobs, &write.key, &body, "a blob with a late sender").await;
}

pub(crate) async fn part_14_completing_removes_what_is_not_named<H: DirectHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least, 15);
    let plain = begun(harness).await;
    let part = send(harness, &plain, 1, 0, &body).await.unwrap();
    end(harness, &plain, 1, &[part], least).await.unwrap();
    let needed = harness.debris().await;
    blobs.delete(&plain.key).await.unwrap();

    let write = begun(harness).await;
    let other = harness.store().begin(&write.key, &binary()).await.unwrap();
    send(harness, &PartWrite { key: write.key, id: other }, 2, least, &noise(least, 90)).await.unwrap();
    let part = send(harness, &write, 1, 0, &body).await.unwrap();
    for number in [2, 7] {
        send(harness, &write, number, least, &noise(least, 89)).await.unwrap();
    }
    end(harness, &write, 1, &[part], least).await.unwrap();
    assert_eq!(harness.debris().await, needed, "what is left beside the blob");
    assert_holds(&*blobs, &write.key, &body, "a blob of one part of four").await;
}

pub(crate) async fn part_15_parts_are_put_together_by_their_numbers<H: DirectHarness>(harness: &H) {
    let least = least(harness);
    let body = noise(3 * least + 5, 16);
    let write = begun(harness).await;
    let mut parts = Vec::new();
    for (number, start) in (1..).zip((0..body.len()).step_by(least)) {
        let bytes = body.slice(start..body.len().min(start + least));
        parts.push(send(harness, &write, number, start, &bytes).await.unwrap());
    }
    parts.swap(0, 2);
    end(harness, &write, 1, &parts, body.len()).await.unwrap();
    assert_holds(&*harness.blobs(), &write.key, &body, "a blob whose parts were listed in another order")
        .await;
}

pub(crate) async fn part_16_a_receiver_writes_every_piece_of_a_part<H: DirectHarness>(harness: &H) {
    let Some(receiver) = harness.receiver() else { return };
    let write = begun(harness).await;
    let (mut bytes, mut body) = (PartBytes::new(), Vec::new());
    for length in [1, 70_000, 3, 65_536] {
        bytes.push(noise(length, length as u64));
        body.push(noise(length, length as u64));
    }
    let body: Bytes = body.concat().into();
    // The later half first.
    let half = body.len() / 2;
    receiver.write(&write, ByteSize::new(half as u64), 1, pieces(&body.slice(half..))).await.unwrap();
    receiver.write(&write, ByteSize::ZERO, 1, bytes).await.unwrap();
    let tag = PartTag::new("a tag".to_owned());
    let part = WrittenPart { number: 1, size: ByteSize::new(body.len() as u64), tag };
    end(harness, &write, 1, &[part], body.len()).await.unwrap();
    assert_holds(&*harness.blobs(), &write.key, &body, "a blob of uneven pieces").await;
}
