//! PART: writes in parts, what is left of them, and blobs that are kept at once.

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, CompleteParts, PartWrite, WritePart};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::ids::BlobId;

use super::part::{assert_absent, assert_holds, at, begun, binary, end, key, least, pieces, send, unknown};
use crate::fixture::body::noise;
use crate::fixture::poll::cut_after;
use crate::fixture::{soon, uuid};
use crate::harness::PartUploadHarness;

/// How often anything here is polled at most, before it counts as endless.
const MOST_POLLS: usize = 300;

pub(crate) async fn part_10_discarding_removes_whatever_a_write_left<H: PartUploadHarness>(harness: &H) {
    let blobs = harness.blobs();
    let body = noise(1000, 10);
    let (untouched, written, completed) = (begun(harness).await, begun(harness).await, begun(harness).await);
    let part = send(harness, &written, at(1, 0), &body).await.unwrap();
    let whole = send(harness, &completed, at(1, 0), &body).await.unwrap();
    end(harness, &completed, 1, &[whole], body.len()).await.unwrap();
    assert!(harness.debris().await > 0, "nothing counts what is unfinished");
    for write in [&untouched, &written, &completed] {
        for _again in 0..2 {
            blobs.discard(&write.key).await.unwrap();
            assert_absent(harness, &write.key, "a discarded write").await;
        }
        harness.parts().sync(write).await.unwrap();
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is discarded");
    let late = send(harness, &written, at(2, 1000), &body).await;
    assert!(matches!(late, Err(WritePart::Gone)), "a part of a discarded write: {late:?}");
    let late = end(harness, &written, 1, &[part], body.len()).await;
    assert!(matches!(late, Err(CompleteParts::Gone)), "the end of a discarded write: {late:?}");
    assert_absent(harness, &written.key, "a discarded write").await;
    assert_eq!(harness.debris().await, 0, "what is left of a late part");
}

pub(crate) async fn part_11_a_write_that_was_never_begun_is_gone<H: PartUploadHarness>(harness: &H) {
    let body = noise(1000, 11);
    let known = begun(harness).await;
    let part = send(harness, &known, at(1, 0), &body).await.unwrap();
    let stranger = BlobKey::thumbnail(known.key.id);
    for write in [unknown(key()), PartWrite { key: stranger, id: known.id.clone() }] {
        let sent = send(harness, &write, at(1, 0), &body).await;
        assert!(matches!(sent, Err(WritePart::Gone)), "a part of nothing: {sent:?}");
        let ended = end(harness, &write, 1, std::slice::from_ref(&part), body.len()).await;
        assert!(matches!(ended, Err(CompleteParts::Gone)), "the end of nothing: {ended:?}");
        assert_absent(harness, &write.key, "nothing").await;
    }
    end(harness, &known, 1, &[part], body.len()).await.unwrap();
    assert_holds(harness, &known.key, &body, "the blob that was begun").await;
}

pub(crate) async fn part_12_bytes_at_hand_are_kept_whole<H: PartUploadHarness>(harness: &H) {
    let mut uneven = PartBytes::new();
    for length in [1, 70_000, 3, 65_536] {
        uneven.push(noise(length, length as u64));
    }
    let bodies = [PartBytes::new(), noise(1, 12).into(), uneven, pieces(&noise(least(harness) + 1, 13))];
    let mut keys = Vec::new();
    for bytes in bodies {
        let body: Bytes = bytes.pieces().concat().into();
        for key in [key(), BlobKey::thumbnail(BlobId::new(uuid()))] {
            let stored = harness.parts().keep(&key, bytes.clone(), &binary()).await.unwrap();
            assert_eq!(stored.size, ByteSize::new(body.len() as u64), "the size that was stored");
            assert_holds(harness, &key, &body, &format!("{} bytes that were at hand", body.len())).await;
            keys.push(key);
        }
    }
    for key in keys {
        harness.blobs().discard(&key).await.unwrap();
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is discarded");
}

pub(crate) async fn part_13_what_is_cut_off_at_any_await_can_be_discarded<H: PartUploadHarness>(harness: &H) {
    let (parts, body) = (harness.parts(), noise(1000, 14));
    let mut keys = Vec::new();
    for polls in 1.. {
        assert!(polls < MOST_POLLS, "it is polled without an end");
        let (writing, ending) = (begun(harness).await, begun(harness).await);
        let kept = key();
        let part = send(harness, &ending, at(1, 0), &body).await.unwrap();
        let whole = [part];
        let written = cut_after(polls, parts.write(&writing, at(1, 0), pieces(&body))).await;
        let ended = cut_after(polls, end(harness, &ending, 1, &whole, body.len())).await;
        let stored = cut_after(polls, parts.keep(&kept, pieces(&body), &binary())).await;
        if ended.is_none() {
            // All or nothing, and who asks again gets the one or the other.
            let again = end(harness, &ending, 1, &whole, body.len()).await;
            assert!(again.is_ok(), "after {polls} polls: {again:?}");
            assert_holds(harness, &ending.key, &body, "a blob whose end was cut off").await;
        }
        keys.extend([writing.key, ending.key, kept]);
        if written.is_some() && ended.is_some() && stored.is_some() {
            break;
        }
    }
    // What was cut off may still go on somewhere for a moment.
    soon("discarding what was cut off", async {
        loop {
            for key in &keys {
                harness.blobs().discard(key).await.unwrap();
            }
            if harness.debris().await == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    for key in &keys {
        assert_absent(harness, key, "what was cut off and discarded").await;
    }
}

pub(crate) async fn part_14_the_limits_of_parts_make_sense<H: PartUploadHarness>(harness: &H) {
    let limits = harness.parts().part_limits();
    let in_order =
        ByteSize::ZERO < limits.least && limits.least <= limits.preferred && limits.preferred <= limits.most;
    assert!(in_order, "{limits:?}");
    let largest = limits.most.bytes().saturating_mul(u64::from(limits.most_parts));
    assert!(largest >= 1 << 36, "parts of {} make no more than {largest} bytes", limits.most);
}
