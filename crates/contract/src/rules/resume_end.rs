//! RESUME: how blobs that are written over many requests end, what is left of them, and what they cost.

use bytes::Bytes;
use fm_domain::blobs::BlobKey;
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::ids::BlobId;
use fm_domain::uploads::{AppendError, Chunk, CompleteError};

use super::resume::{Writer, least};
use super::stored::{MOST_POLLS, assert_absent, assert_holds, binary, delete_until_empty, key, pieces};
use crate::fixture::body::noise;
use crate::fixture::poll::cut_after;
use crate::fixture::uuid;
use crate::harness::ResumableHarness;

/// How large a state may become: so much, and so much more for each append, in bytes.
const LARGEST_STATE: (usize, usize) = (1024, 128);

pub(crate) async fn resume_09_deleting_removes_everything_a_write_left<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let begun = Writer::begin(harness).await;
    let mut writers = Vec::new();
    for lengths in [vec![10], vec![10, 10], vec![least], vec![least, 10], vec![10, least, 10]] {
        let mut writer = Writer::begin(harness).await;
        for length in lengths {
            writer.append(&noise(length, 9)).await.unwrap();
        }
        // Deleting also removes what a writer left that was shut out.
        let mut lost = writer.clone();
        lost.append(&noise(30, 85)).await.unwrap();
        writers.push(writer.shut_out(&lost.position.state));
    }
    let completed = writers.last().unwrap();
    completed.complete().await.unwrap();
    assert!(harness.debris().await > 0, "nothing counts what is unfinished");
    for writer in writers.iter().chain([&begun]) {
        for _again in 0..2 {
            blobs.delete(&writer.key).await.unwrap();
            assert_absent(&*blobs, &writer.key, "a deleted blob").await;
        }
        writer.sync().await;
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
    for writer in writers.iter().chain([&begun]) {
        let late = writer.clone().append(&noise(10, 84)).await;
        assert!(matches!(late, Err(AppendError::Gone)), "a chunk of a deleted blob: {late:?}");
        let late = writer.complete().await;
        assert!(matches!(late, Err(CompleteError::Gone)), "the end of a deleted blob: {late:?}");
        assert_absent(&*blobs, &writer.key, "a deleted blob").await;
    }
    assert_eq!(harness.debris().await, 0, "what is left of late chunks");
}

pub(crate) async fn resume_10_a_write_that_was_never_begun_is_gone<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(1_000, 10);
    let mut known = Writer::begin(harness).await;
    known.append(&body).await.unwrap();
    for stranger in [key(), BlobKey::thumbnail(known.key.id)] {
        let unknown = Writer { key: stranger, ..known.clone() };
        for (length, is_last) in [(10, false), (10, true), (least, false)] {
            let answer = unknown.clone().append_as(&noise(length, 83), is_last).await;
            assert!(matches!(answer, Err(AppendError::Gone)), "a chunk of nothing: {answer:?}");
        }
        let answer = unknown.complete().await;
        assert!(matches!(answer, Err(CompleteError::Gone)), "the end of nothing: {answer:?}");
        assert_absent(&*blobs, &stranger, "nothing").await;
    }
    known.complete().await.unwrap();
    assert_holds(&*blobs, &known.key, &body, "the blob that was begun").await;
    blobs.delete(&known.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left of blobs that were never begun");
}

pub(crate) async fn resume_11_an_offset_beyond_what_was_appended_is_incomplete<H: ResumableHarness>(
    harness: &H,
) {
    let (blobs, least) = (harness.blobs(), least(harness));
    for lengths in [vec![], vec![10], vec![least], vec![least, 10]] {
        for beyond in [1, least + 1] {
            let mut writer = Writer::begin(harness).await;
            for length in &lengths {
                writer.append(&noise(*length, 11)).await.unwrap();
            }
            let size: usize = lengths.iter().sum();
            let answer = writer.at(size + beyond).complete().await;
            let what = format!("{} bytes of {lengths:?}", size + beyond);
            assert!(matches!(answer, Err(CompleteError::Incomplete)), "{what}: {answer:?}");
            assert_absent(&*blobs, &writer.key, &what).await;
            blobs.delete(&writer.key).await.unwrap();
        }
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn resume_12_bytes_held_in_memory_are_stored_whole<H: ResumableHarness>(harness: &H) {
    let mut uneven = PartBytes::new();
    for length in [1, 70_000, 3, 65_536] {
        uneven.push(noise(length, length as u64));
    }
    let bodies = [PartBytes::new(), noise(1, 12).into(), uneven, pieces(&noise(least(harness) + 1, 13))];
    let mut keys = Vec::new();
    for bytes in bodies {
        let body: Bytes = bytes.pieces().concat().into();
        for key in [key(), BlobKey::thumbnail(BlobId::new(uuid()))] {
            let stored = harness.store().put_bytes(&key, bytes.clone(), &binary()).await.unwrap();
            assert_eq!(stored.size, ByteSize::new(body.len() as u64), "the size that was stored");
            let what = format!("{} bytes that were held in memory", body.len());
            assert_holds(&*harness.blobs(), &key, &body, &what).await;
            keys.push(key);
        }
    }
    for key in keys {
        harness.blobs().delete(&key).await.unwrap();
    }
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn resume_13_what_is_cut_off_at_any_await_can_be_deleted<H: ResumableHarness>(harness: &H) {
    let (store, blobs, body) = (harness.store(), harness.blobs(), noise(1_000, 14));
    let mut keys = Vec::new();
    for polls in 1.. {
        assert!(polls < MOST_POLLS, "it is polled without an end");
        let (mut writing, mut ending) = (Writer::begin(harness).await, Writer::begin(harness).await);
        let (fresh, held, media) = (key(), key(), binary());
        ending.append_as(&body, true).await.unwrap();
        let started = cut_after(polls, store.begin(&fresh, &media)).await;
        let mut cut_off = Vec::new();
        for is_last in [false, true] {
            let chunk = Chunk { bytes: pieces(&body), is_last };
            cut_off
                .push(cut_after(polls, store.append(&writing.key, &writing.position, chunk)).await.is_none());
        }
        let ended = cut_after(polls, ending.complete()).await;
        let stored = cut_after(polls, store.put_bytes(&held, pieces(&body), &media)).await;
        if cut_off.contains(&true) {
            // The next request goes on behind what was saved.
            writing = writing.shut_out(&writing.position.state);
            writing.append_as(&body, true).await.unwrap();
            writing.complete().await.unwrap();
            assert_holds(&*blobs, &writing.key, &body, "a blob with a chunk that was cut off").await;
        }
        if ended.is_none() {
            // All or nothing, and a caller that asks again gets the one or the other.
            let again = ending.complete().await;
            assert!(again.is_ok(), "after {polls} polls: {again:?}");
            assert_holds(&*blobs, &ending.key, &body, "a blob whose end was cut off").await;
        }
        keys.extend([writing.key, ending.key, fresh, held]);
        if started.is_some() && !cut_off.contains(&true) && ended.is_some() && stored.is_some() {
            break;
        }
    }
    delete_until_empty(&*blobs, &keys, async || harness.debris().await).await;
}

pub(crate) async fn resume_14_the_hints_make_sense<H: ResumableHarness>(harness: &H) {
    let hints = harness.store().append_hints();
    assert!(ByteSize::ZERO < hints.least && hints.least <= hints.preferred, "{hints:?}");
    assert_eq!(harness.another_node().append_hints(), hints, "the hints change");
}

pub(crate) async fn resume_15_pruning_removes_what_is_not_needed_and_nothing_else<H: ResumableHarness>(
    harness: &H,
) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let mut plain = Writer::begin(harness).await;
    plain.append(&noise(least + 10, 15)).await.unwrap();
    let needed = harness.debris().await;
    blobs.delete(&plain.key).await.unwrap();

    let small = 40;
    let body = noise(small * 100 + least + 70, 15);
    let mut writer = Writer::begin(harness).await;
    let chunks = (0..small).map(|index| index * 100..index * 100 + 100);
    for range in chunks.chain(std::iter::once(small * 100..body.len() - 70)) {
        let before = writer.position.state.clone();
        writer.append(&body.slice(range)).await.unwrap();
        for _again in 0..2 {
            writer.prune(&before).await;
            writer.prune(&writer.position.state).await;
        }
    }
    let left = harness.debris().await;
    assert!(left <= needed, "pruning left {left} things where {needed} do");
    writer.append_as(&body.slice(body.len() - 70..), true).await.unwrap();
    writer.complete().await.unwrap();
    assert_holds(&*blobs, &writer.key, &body, "a blob that was pruned").await;
    blobs.delete(&writer.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}

pub(crate) async fn resume_16_completing_removes_what_was_not_pruned<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let (other, body) = (key(), noise(100 + least + 50, 16));
    harness.store().put_bytes(&other, noise(10, 16).into(), &binary()).await.unwrap();
    let needed = harness.debris().await;
    blobs.delete(&other).await.unwrap();

    let mut writer = Writer::begin(harness).await;
    let second = Writer::begin_at(harness, writer.key).await;
    for range in [0..60, 60..100, 100..100 + least] {
        writer.append(&body.slice(range)).await.unwrap();
    }
    let mut lost = writer.clone();
    for length in [5, 6] {
        lost.append(&noise(length, 82)).await.unwrap();
    }
    let mut writer = writer.shut_out(&lost.position.state);
    writer.append(&body.slice(100 + least..)).await.unwrap();
    writer.complete().await.unwrap();
    assert_eq!(harness.debris().await, needed, "what is left beside the blob");
    assert_holds(&*blobs, &writer.key, &body, "a blob that was never pruned").await;
    let late = second.complete().await;
    assert!(late.is_err(), "another write to the key was completed");
    assert_holds(&*blobs, &writer.key, &body, "a blob that was begun twice").await;
}

pub(crate) async fn resume_19_no_more_is_read_back_than_a_chunk_of_the_least_size<H: ResumableHarness>(
    harness: &H,
) {
    let (store, least) = (harness.store(), least(harness));
    let mut writer = Writer::begin(harness).await;
    assert_eq!(store.read_back(&writer.position.state), ByteSize::ZERO, "read back of nothing");
    let third = least / 3 + 1;
    let chunks = (0..50).map(|_| 100).chain([third, third, third, third, least, 100, third, least + 1]);
    for length in chunks {
        writer.append(&noise(length, 19)).await.unwrap();
        let state = &writer.position.state;
        let bytes = store.read_back(state);
        assert!(bytes <= ByteSize::new(least as u64), "{bytes} are read back");
        assert_eq!(harness.another_node().read_back(state), bytes, "what is read back changes");
        let rewound = store.read_back(&store.rewind(state, state));
        assert_eq!(rewound, bytes, "the state to go on from has other bytes");
    }
    writer.complete().await.unwrap();
}

pub(crate) async fn resume_20_a_state_stays_small<H: ResumableHarness>(harness: &H) {
    let (fixed, each) = LARGEST_STATE;
    let mut writer = Writer::begin(harness).await;
    for appends in 0..100 {
        let size = writer.position.state.as_bytes().len();
        assert!(size <= fixed + each * appends, "{size} bytes of state after {appends} appends");
        writer = writer.shut_out(&writer.position.state);
        writer.append(&noise(100, 20)).await.unwrap();
    }
    let held = writer.position.state.as_bytes().len();
    assert!(held <= fixed + each * 100, "{held} bytes of state");
    writer.complete().await.unwrap();
}
