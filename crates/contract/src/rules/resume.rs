//! RESUME: blobs that are written over many requests, and what can be read of them.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::uploads::{AppendError, Chunk, CompleteError, Epoch, Position, ResumableStore, WriteState};

use super::stored::{assert_absent, assert_holds, binary, key, pieces};
use crate::fixture::body::noise;
use crate::harness::ResumableHarness;

/// One writer of a blob.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) store: Arc<dyn ResumableStore>,
    pub(super) key: BlobKey,
    pub(super) position: Position,
}

impl Writer {
    /// Begins a blob under a fresh key.
    pub(super) async fn begin<H: ResumableHarness>(harness: &H) -> Self {
        Self::begin_at(harness, key()).await
    }

    pub(super) async fn begin_at<H: ResumableHarness>(harness: &H, key: BlobKey) -> Self {
        let store = harness.store();
        let state = store.begin(&key, &binary()).await.unwrap();
        let position = Position { state, offset: ByteSize::ZERO, fence: Epoch::FIRST.next() };
        Self { store, key, position }
    }

    /// Appends a chunk that more may follow.
    pub(super) async fn append(&mut self, bytes: &Bytes) -> Result<(), AppendError> {
        self.append_as(bytes, false).await
    }

    pub(super) async fn append_as(&mut self, bytes: &Bytes, is_last: bool) -> Result<(), AppendError> {
        let chunk = Chunk { bytes: pieces(bytes), is_last };
        self.position.state = self.store.append(&self.key, &self.position, chunk).await?;
        self.position.offset = ByteSize::new(self.position.offset.bytes() + bytes.len() as u64);
        Ok(())
    }

    /// The writer that shuts this one out. It goes on from here, behind none of the appends up to `reached`.
    pub(super) fn shut_out(&self, reached: &WriteState) -> Self {
        let position = Position {
            state: self.store.rewind(&self.position.state, reached),
            offset: self.position.offset,
            fence: self.position.fence.next(),
        };
        Self { position, ..self.clone() }
    }

    pub(super) async fn sync(&self) {
        self.store.sync(&self.key).await.unwrap();
    }

    pub(super) async fn prune(&self, before: &WriteState) {
        self.store.prune(&self.key, before, &self.position.state).await.unwrap();
    }

    pub(super) async fn complete(&self) -> Result<(), CompleteError> {
        let stored = self.store.complete(&self.key, &self.position).await?;
        assert_eq!(stored.size, self.position.offset, "the size that was stored");
        Ok(())
    }

    /// The same writer, who claims to have written so many bytes.
    pub(super) fn at(&self, offset: usize) -> Self {
        let position = Position { offset: ByteSize::new(offset as u64), ..self.position.clone() };
        Self { position, ..self.clone() }
    }

    /// The same writer on another node: the state comes as bytes out of a database.
    pub(super) fn moved_to(&self, store: Arc<dyn ResumableStore>) -> Self {
        let state = WriteState::new(Bytes::copy_from_slice(self.position.state.as_bytes()));
        Self { store, key: self.key, position: Position { state, ..self.position.clone() } }
    }
}

/// The chunk size from which on chunks are stored by themselves.
pub(super) fn least<H: ResumableHarness>(harness: &H) -> usize {
    usize::try_from(harness.store().append_hints().least.bytes()).unwrap()
}

/// The appends of a writer that was shut out are refused, or made where they do no harm.
pub(super) fn assert_harmless(answer: &Result<(), AppendError>) {
    assert!(matches!(answer, Ok(()) | Err(AppendError::Gone)), "a late chunk: {answer:?}");
}

pub(crate) async fn resume_01_nothing_can_be_read_before_the_blob_is_completed<H: ResumableHarness>(
    harness: &H,
) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(10 + least + 10, 1);
    let mut writer = Writer::begin(harness).await;
    assert_absent(&*blobs, &writer.key, "a blob that was begun").await;
    for range in [0..10, 10..10 + least, 10 + least..body.len()] {
        let is_last = range.end == body.len();
        writer.append_as(&body.slice(range), is_last).await.unwrap();
        assert_absent(&*blobs, &writer.key, "a blob with a chunk").await;
        writer.sync().await;
        assert_absent(&*blobs, &writer.key, "a blob whose chunks are durable").await;
    }
    writer.complete().await.unwrap();
    assert_holds(&*blobs, &writer.key, &body, "the blob").await;
}

pub(crate) async fn resume_02_a_completed_blob_is_read_whole_whatever_its_chunks<H: ResumableHarness>(
    harness: &H,
) {
    let hints = harness.store().append_hints();
    let preferred = usize::try_from(hints.preferred.bytes()).unwrap();
    let least = least(harness);
    let below = (least - 1).max(1);
    let mut bodies = vec![
        vec![],
        vec![1],
        vec![below],
        vec![least],
        vec![least, 1],
        vec![1, least + 1],
        vec![below, below, 3],
        vec![least + 1, below],
    ];
    if preferred > least {
        bodies.extend([vec![preferred, preferred + 1], vec![preferred - 1, 2]]);
    }
    for (index, lengths) in bodies.into_iter().enumerate() {
        // A writer may not know that a chunk is the last.
        let ways: &[bool] = if lengths.len() == 1 { &[false, true] } else { &[index % 2 == 0] };
        for knows_the_end in ways {
            let body = noise(lengths.iter().sum(), 2);
            let mut writer = Writer::begin(harness).await;
            let mut offset = 0;
            for length in &lengths {
                let chunk = body.slice(offset..offset + length);
                offset += length;
                writer.append_as(&chunk, *knows_the_end && offset == body.len()).await.unwrap();
            }
            writer.sync().await;
            writer.complete().await.unwrap();
            let what = format!("a blob of {lengths:?}, its end known: {knows_the_end}");
            assert_holds(&*harness.blobs(), &writer.key, &body, &what).await;
        }
    }
}

pub(crate) async fn resume_03_a_chunk_goes_behind_the_offset_whatever_others_appended<H: ResumableHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(least + 5_000, 3);
    let mut writer = Writer::begin(harness).await;
    writer.append(&body.slice(..least + 10)).await.unwrap();
    let mut other = writer.clone();
    for length in [3_000, 50, 4_000] {
        other.append(&noise(length, 98)).await.unwrap();
    }
    let mut writer = writer.shut_out(&other.position.state);
    writer.append(&body.slice(least + 10..least + 1_000)).await.unwrap();
    writer.append_as(&body.slice(least + 1_000..), true).await.unwrap();
    writer.complete().await.unwrap();
    assert_holds(&*harness.blobs(), &writer.key, &body, "a blob that others appended to").await;
}

pub(crate) async fn resume_04_of_two_chunks_at_one_position_the_later_counts<H: ResumableHarness>(
    harness: &H,
) {
    let least = least(harness);
    let sizes = [(10, 20), (20, 10), (10, least + 5), (least + 5, 10), (least + 9, least + 5)];
    for (first, second) in sizes {
        let body = noise(7 + second + 100, 4);
        let mut writer = Writer::begin(harness).await;
        writer.append(&body.slice(..7)).await.unwrap();
        writer.clone().append(&noise(first, 97)).await.unwrap();
        writer.append(&body.slice(7..7 + second)).await.unwrap();
        writer.append_as(&body.slice(7 + second..), true).await.unwrap();
        writer.complete().await.unwrap();
        let what = format!("a blob with {second} bytes in the place of {first}");
        assert_holds(&*harness.blobs(), &writer.key, &body, &what).await;
    }
}

pub(crate) async fn resume_05_a_writer_that_was_shut_out_does_no_harm<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(100 + 3_000 + least, 5);
    let mut late = Writer::begin(harness).await;
    late.append(&body.slice(..100)).await.unwrap();
    // This writer stands still; another takes over.
    let mut writer = late.shut_out(&late.position.state);
    writer.append(&body.slice(100..3_100)).await.unwrap();
    for length in [10, 3_000, least + 9] {
        assert_harmless(&late.clone().append(&noise(length, 96)).await);
    }
    writer.append_as(&body.slice(3_100..), true).await.unwrap();
    assert_harmless(&late.clone().append(&noise(4_000, 95)).await);
    writer.complete().await.unwrap();
    assert_holds(&*blobs, &writer.key, &body, "a blob with a late writer").await;
    let answer = late.complete().await;
    let refused = matches!(answer, Err(CompleteError::Incomplete | CompleteError::Gone));
    assert!(refused, "completed by a late writer: {answer:?}");
    assert_holds(&*blobs, &writer.key, &body, "a blob that a late writer completed").await;
}

pub(crate) async fn resume_06_appends_that_do_not_count_are_never_mixed_up_with_those_that_do<
    H: ResumableHarness,
>(
    harness: &H,
) {
    let least = least(harness);
    for (answered, length) in [(0, 500), (1, 500), (3, 500), (0, least + 1), (1, least + 1)] {
        let body = noise(50 + 2 * length + 9, 6);
        let mut counted = Writer::begin(harness).await;
        counted.append(&body.slice(..50)).await.unwrap();
        let mut lost = counted.clone();
        for _ in 0..answered {
            lost.append(&noise(length, 94)).await.unwrap();
        }
        let mut writer = counted.shut_out(&lost.position.state);
        writer.append(&body.slice(50..50 + length)).await.unwrap();
        // The last append of the writer before was on its way all the time.
        assert_harmless(&lost.append(&noise(length, 93)).await);
        writer.append(&body.slice(50 + length..50 + 2 * length)).await.unwrap();
        writer.append_as(&body.slice(50 + 2 * length..), true).await.unwrap();
        writer.complete().await.unwrap();
        let what = format!("a blob with {answered} lost chunks of {length} bytes and one too late");
        assert_holds(&*harness.blobs(), &writer.key, &body, &what).await;
    }
    // Whatever a store does with many small chunks, it does not do it to those of another writer.
    let body = noise(40 * 100, 6);
    let mut writer = Writer::begin(harness).await;
    for start in (0..body.len()).step_by(100) {
        let mut late = writer.clone();
        writer = writer.shut_out(&writer.position.state);
        writer.append(&body.slice(start..start + 100)).await.unwrap();
        assert_harmless(&late.append(&noise(100, 92)).await);
    }
    writer.complete().await.unwrap();
    assert_holds(&*harness.blobs(), &writer.key, &body, "a blob of 40 writers").await;
}

pub(crate) async fn resume_07_nothing_can_be_appended_after_the_end<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 10, 7);
    let begun = Writer::begin(harness).await;
    let mut writer = begun.clone();
    writer.append(&body.slice(..least)).await.unwrap();
    let midway = writer.clone();
    writer.append_as(&body.slice(least..), true).await.unwrap();
    writer.complete().await.unwrap();
    let stored = harness.debris().await;
    let latest = writer.shut_out(&writer.position.state);
    for late in [&begun, &midway, &writer, &latest] {
        for (length, is_last) in [(10, false), (10, true), (least, false)] {
            let answer = late.clone().append_as(&noise(length, 91), is_last).await;
            assert!(matches!(answer, Err(AppendError::Gone)), "a chunk after the end: {answer:?}");
            assert_holds(&*blobs, &writer.key, &body, "a blob with a chunk after its end").await;
        }
    }
    assert_eq!(harness.debris().await, stored, "what is left of late chunks");
    blobs.delete(&writer.key).await.unwrap();
    for (length, is_last) in [(10, false), (10, true), (least, false)] {
        let answer = latest.clone().append_as(&noise(length, 90), is_last).await;
        assert!(matches!(answer, Err(AppendError::Gone)), "a chunk of a deleted blob: {answer:?}");
    }
    assert_eq!(harness.debris().await, 0, "what is left of late chunks");
}

pub(crate) async fn resume_08_completing_again_is_no_error<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 10, 8);
    let mut writer = Writer::begin(harness).await;
    writer.append(&body.slice(..least)).await.unwrap();
    let midway = writer.clone();
    writer.append_as(&body.slice(least..), true).await.unwrap();
    let later = writer.shut_out(&writer.position.state);
    for writer in [&writer, &writer, &later] {
        writer.complete().await.unwrap();
        assert_holds(&*blobs, &writer.key, &body, "a blob that is completed again and again").await;
    }
    let other =
        Writer { position: Position { fence: later.position.fence, ..midway.position.clone() }, ..midway };
    let answer = other.complete().await;
    assert!(matches!(answer, Err(CompleteError::Incomplete)), "completed with another size: {answer:?}");
    assert_holds(&*blobs, &writer.key, &body, "a blob that was to have another size").await;
}

pub(crate) async fn resume_17_another_node_goes_on_with_the_bytes_of_the_state<H: ResumableHarness>(
    harness: &H,
) {
    let least = least(harness);
    let body = noise(10 + 20 + least + 30, 17);
    let mut writer = Writer::begin(harness).await.moved_to(harness.another_node());
    for range in [0..10, 10..30, 30..30 + least, 30 + least..body.len()] {
        let mut lost = writer.moved_to(harness.another_node());
        lost.append(&noise(40, 89)).await.unwrap();
        writer = writer.moved_to(harness.another_node()).shut_out(&lost.position.state);
        let before = writer.position.state.clone();
        writer.append(&body.slice(range)).await.unwrap();
        writer = writer.moved_to(harness.store());
        writer.sync().await;
        writer.prune(&before).await;
    }
    writer.moved_to(harness.another_node()).complete().await.unwrap();
    writer.moved_to(harness.store()).complete().await.unwrap();
    assert_holds(&*harness.blobs(), &writer.key, &body, "a blob of many nodes").await;
}

pub(crate) async fn resume_18_many_small_chunks_make_one_blob<H: ResumableHarness>(harness: &H) {
    let body = noise(120 * 97, 18);
    let mut writer = Writer::begin(harness).await;
    for (index, start) in (0..body.len()).step_by(97).enumerate() {
        writer.append(&body.slice(start..start + 97)).await.unwrap();
        if index % 50 == 0 {
            writer.sync().await;
        }
    }
    writer.complete().await.unwrap();
    assert_holds(&*harness.blobs(), &writer.key, &body, "a blob of 120 chunks").await;
}

pub(crate) async fn resume_21_what_no_position_tells_of_is_not_in_the_blob<H: ResumableHarness>(harness: &H) {
    let (blobs, least) = (harness.blobs(), least(harness));
    let body = noise(least + 20, 21);
    let mut other = Writer::begin(harness).await;
    let mut writer = Writer::begin_at(harness, other.key).await;
    other.append(&noise(least + 900, 88)).await.unwrap();
    writer.append(&body.slice(..least)).await.unwrap();
    writer.append_as(&body.slice(least..), true).await.unwrap();
    let mut further = writer.clone();
    for length in [5_000, 20] {
        further.append(&noise(length, 87)).await.unwrap();
    }
    writer.complete().await.unwrap();
    assert_holds(&*blobs, &writer.key, &body, "a blob with bytes behind its end").await;
    let late = other.append(&noise(least, 86)).await;
    assert!(matches!(late, Err(AppendError::Gone)), "a chunk of another write to the key: {late:?}");
    assert_holds(&*blobs, &writer.key, &body, "a blob that was begun twice").await;
    blobs.delete(&writer.key).await.unwrap();
    assert_eq!(harness.debris().await, 0, "what is left when everything is deleted");
}
