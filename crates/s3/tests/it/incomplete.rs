//! Bytes that are too few for a part, against a real server: where they are, and that none is lost, left or mixed up.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobStore as _, Bucket, GetBlob, ListBlobs as _};
use fm_domain::uploads::{AppendError, Chunk, CompleteError, ResumableStore, WriteState};
use fm_s3::{S3BlobStore, S3Settings, S3Timeouts};
use fm_s3_testing::S3Server;
use futures_util::TryStreamExt as _;
use tempfile::TempDir;

use crate::server::server;
use crate::support::{at, cut_after, hint, json, key, read, settings};

const PART: usize = S3BlobStore::PART_SIZE;

/// A store with its buckets, on a server of its own.
struct Fixture {
    server: S3Server,
    store: S3BlobStore,
    _folder: TempDir,
}

/// A blob that is being written: what it has, and where it goes on.
#[derive(Clone)]
struct Writer {
    store: Arc<dyn ResumableStore>,
    key: BlobKey,
    state: WriteState,
    bytes: Vec<u8>,
}

impl Fixture {
    async fn fresh() -> Self {
        let (server, folder) = server();
        // No fault is waited for here.
        let settings = S3Settings { timeouts: S3Timeouts::STANDARD, ..settings(&server.endpoint()) };
        let store = S3BlobStore::new(&settings).unwrap();
        store.ensure_buckets().await.unwrap();
        Self { server, store, _folder: folder }
    }

    async fn writer(&self, key: BlobKey) -> Writer {
        let store: Arc<dyn ResumableStore> = Arc::new(self.store.clone());
        let state = store.begin(&key, &hint(None).content_type).await.unwrap();
        Writer { store, key, state, bytes: Vec::new() }
    }

    /// How many incomplete parts there are, of any blob.
    fn incomplete(&self) -> usize {
        self.server.names_kept().unwrap().iter().filter(|name| name.contains(".incomplete-")).count()
    }

    fn kept(&self) -> usize {
        self.server.files_kept().unwrap()
    }

    async fn assert_holds(&self, key: &BlobKey, bytes: &[u8]) {
        let got = read(self.store.get(key, None).await.unwrap()).await.unwrap();
        assert!(got == bytes, "{} bytes instead of {}", got.len(), bytes.len());
    }
}

impl Writer {
    async fn append(&mut self, bytes: impl Into<Bytes>, is_last: bool) -> Result<(), AppendError> {
        let bytes = bytes.into();
        let position = at(&self.state, self.bytes.len());
        let chunk = Chunk { bytes: bytes.clone().into(), is_last };
        self.state = self.store.append(&self.key, &position, chunk).await?;
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn complete(&self) -> Result<(), CompleteError> {
        let stored = self.store.complete(&self.key, &at(&self.state, self.bytes.len())).await?;
        assert_eq!(stored.size.bytes(), self.bytes.len() as u64);
        Ok(())
    }

    fn pending(&self) -> usize {
        json(&self.state)["pending"].as_array().unwrap().len()
    }
}

/// The append of a writer that was shut out: what it would go on from may be removed already.
fn assert_harmless(answer: &Result<(), AppendError>) {
    assert!(matches!(answer, Ok(()) | Err(AppendError::Gone)), "a late chunk: {answer:?}");
}

/// Numbers that look random, the same for each seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let (start, step) = (self.below(256), 1 + self.below(250));
        (0..length).map(|at| u8::try_from((start + at * step + at / 251) % 256).unwrap()).collect()
    }
}

#[tokio::test]
async fn incomplete_parts_are_seen_by_no_reader() {
    let fixture = Fixture::fresh().await;
    let mut writer = fixture.writer(key()).await;
    for _ in 0..3 {
        writer.append("too little", false).await.unwrap();
    }
    assert_eq!(fixture.incomplete(), 3);
    let listed: Vec<_> = fixture.store.list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    assert_eq!(listed, []);
    assert!(matches!(fixture.store.get(&writer.key, None).await, Err(GetBlob::NotFound)));
    assert_eq!(fixture.store.head(&writer.key).await.unwrap(), None);
}

#[tokio::test]
async fn the_33rd_incomplete_part_is_one_with_those_before_it() {
    let fixture = Fixture::fresh().await;
    let mut writer = fixture.writer(key()).await;
    for number in 0..32_u8 {
        writer.append(vec![number; 1000], false).await.unwrap();
    }
    assert_eq!((writer.pending(), fixture.incomplete()), (32, 32));
    let before = writer.state.clone();
    assert_eq!(writer.store.read_back(&before).bytes(), 32_000);
    writer.append("one more", false).await.unwrap();
    assert_eq!((writer.pending(), fixture.incomplete()), (1, 33));
    writer.store.prune(&writer.key, &before, &writer.state).await.unwrap();
    assert_eq!(fixture.incomplete(), 1, "what was merged is pruned, and nothing else");
    writer.append("the end", true).await.unwrap();
    writer.complete().await.unwrap();
    fixture.assert_holds(&writer.key, &writer.bytes).await;
    assert_eq!(fixture.kept(), 1);
}

#[tokio::test]
async fn completing_makes_what_is_pending_the_last_part_and_leaves_nothing_beside_the_blob() {
    let fixture = Fixture::fresh().await;
    for (parts, pending) in [(0, 0), (0, 2), (1, 0), (1, 2)] {
        let key = key();
        let stale = fixture.writer(key).await;
        let mut writer = fixture.writer(key).await;
        for _ in 0..parts {
            writer.append(vec![3; PART], false).await.unwrap();
        }
        for number in 0..pending {
            writer.append(vec![number; 777], false).await.unwrap();
        }
        // Another writer, whose parts are not completed.
        stale.clone().append("of another upload", false).await.unwrap();
        for _again in 0..2 {
            writer.complete().await.unwrap();
            fixture.assert_holds(&key, &writer.bytes).await;
            assert_eq!(fixture.kept(), 1, "{parts} parts and {pending} pending");
        }
        let late = writer.clone().append("late", false).await;
        assert!(matches!(late, Err(AppendError::Gone)), "{late:?}");
        let late = stale.clone().append("late", true).await;
        assert!(matches!(late, Err(AppendError::Gone)), "{late:?}");
        writer.bytes.push(0);
        assert!(matches!(writer.complete().await, Err(CompleteError::Incomplete)));
        fixture.store.delete(&key).await.unwrap();
        assert_eq!(fixture.kept(), 0);
    }
}

#[tokio::test]
async fn a_deleted_blob_takes_no_more_bytes_and_can_not_be_completed() {
    let fixture = Fixture::fresh().await;
    let mut writer = fixture.writer(key()).await;
    let empty = writer.clone();
    writer.append("too little", false).await.unwrap();
    fixture.store.delete(&writer.key).await.unwrap();
    assert_eq!(fixture.kept(), 0);
    for writer in [&empty, &writer] {
        for is_last in [false, true] {
            let late = writer.clone().append("late", is_last).await;
            assert!(matches!(late, Err(AppendError::Gone)), "{late:?}");
        }
        let late = writer.complete().await;
        assert!(matches!(late, Err(CompleteError::Gone)), "{late:?}");
        assert_eq!(fixture.kept(), 0, "a late write leaves nothing");
    }
}

#[tokio::test]
async fn writers_that_do_not_know_of_each_other_never_use_the_same_name() {
    let fixture = Fixture::fresh().await;
    for (first, second) in [("small", "also small"), ("small", "large"), ("large", "small")] {
        let of = |text: &str, fill: u8| vec![fill; if text == "large" { PART } else { 1000 }];
        let key = key();
        let mut begun = fixture.writer(key).await;
        begun.append("the beginning", false).await.unwrap();
        let mut old = begun.clone();
        old.append(of(first, 1), false).await.unwrap();
        // The old writer's state was not saved beyond the beginning, and another append of it is under way.
        let mut new = Writer { state: begun.store.rewind(&begun.state, &old.state), ..begun.clone() };
        new.append(of(second, 2), false).await.unwrap();
        assert_harmless(&old.append(of(second, 3), false).await);
        // The same without an answer: only the beginning is known of.
        let mut newest = Writer { state: begun.store.rewind(&begun.state, &new.state), ..begun.clone() };
        newest.append(of(first, 4), false).await.unwrap();
        assert_harmless(&new.append(of(first, 5), false).await);
        // One that began at the same time, which no state tells of.
        let mut other = fixture.writer(key).await;
        other.append(of(first, 6), false).await.unwrap();
        other.append(of(second, 7), false).await.unwrap();
        newest.append("the end", true).await.unwrap();
        newest.complete().await.unwrap();
        fixture.assert_holds(&key, &newest.bytes).await;
        assert_eq!(fixture.kept(), 1, "what the others left");
        fixture.store.delete(&key).await.unwrap();
    }
}

#[tokio::test]
async fn a_blob_that_was_begun_twice_has_the_bytes_of_the_writer_that_completed_it_alone() {
    let fixture = Fixture::fresh().await;
    let key = key();
    let (mut one, mut other) = (fixture.writer(key).await, fixture.writer(key).await);
    one.append("one, ", false).await.unwrap();
    other.append("two, ", false).await.unwrap();
    other.append("two!", false).await.unwrap();
    one.append("one!", false).await.unwrap();
    one.complete().await.unwrap();
    fixture.assert_holds(&key, b"one, one!").await;
    assert_eq!(fixture.kept(), 1);
    let late = other.append("late", true).await;
    assert!(matches!(late, Err(AppendError::Gone)), "{late:?}");
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_anywhere_leaves_what_a_second_one_removes() {
    let fixture = Fixture::fresh().await;
    let mut left = 0;
    for polls in 1.. {
        assert!(polls < 10_000, "it is polled without an end");
        let key = key();
        let mut writer = fixture.writer(key).await;
        writer.append(vec![1; PART], false).await.unwrap();
        writer.append("too little", false).await.unwrap();
        writer.append("too little", false).await.unwrap();
        let cut = cut_after(polls, fixture.store.delete(&key)).await;
        left += usize::from(fixture.kept() > 0);
        fixture.store.delete(&key).await.unwrap();
        assert_eq!(fixture.kept(), 0, "after {polls} polls");
        if let Some(deleted) = cut {
            deleted.unwrap();
            break;
        }
    }
    assert!(left > 3, "only {left} left something");
}

/// What ten pieces with wrong checksums do: each begins where the upload is, and none counts.
#[tokio::test]
async fn tries_that_do_not_count_hold_no_more_than_the_largest_of_them() {
    let fixture = Fixture::fresh().await;
    let mut counted = fixture.writer(key()).await;
    counted.append(vec![7; PART], false).await.unwrap();
    counted.append("too little", false).await.unwrap();
    let before = fixture.server.bytes_kept().unwrap();
    let piece = 3 * PART + 1000;
    for number in 0..10 {
        let mut lost = counted.clone();
        for _ in 0..3 {
            lost.append(vec![number; PART], false).await.unwrap();
        }
        lost.append(vec![number; 1000], false).await.unwrap();
        let more = fixture.server.bytes_kept().unwrap() - before;
        assert!(more <= (piece + "too little".len()) as u64, "{more} bytes after {number} tries");
    }
    let mut done = counted.clone();
    done.append("the end", true).await.unwrap();
    done.complete().await.unwrap();
    fixture.assert_holds(&done.key, &done.bytes).await;
    assert_eq!(fixture.kept(), 1, "what does not count is gone with the upload");
}

/// The same by requests that others take the upload away from, each with an append that comes late.
#[tokio::test]
async fn requests_that_are_cut_off_leave_little_and_a_deletion_leaves_nothing() {
    let fixture = Fixture::fresh().await;
    for is_small in [false, true] {
        let mut counted = fixture.writer(key()).await;
        counted.append(vec![7; PART], false).await.unwrap();
        let before = fixture.server.bytes_kept().unwrap();
        let size = if is_small { 1000 } else { PART };
        for number in 0..12 {
            let mut lost = counted.clone();
            for _ in 0..3 {
                lost.append(vec![number; size], false).await.unwrap();
            }
            counted.state = counted.store.rewind(&counted.state, &lost.state);
            lost.append(vec![number; size], false).await.unwrap();
        }
        let more = fixture.server.bytes_kept().unwrap() - before;
        // The last of the requests with its late append, and what may still be on its way from the one before.
        let most = if is_small { 6 * 1000 } else { 5 * PART };
        assert!(more <= most as u64, "{more} bytes of pieces of {size}");
        let mut next = counted.clone();
        next.append("the end", true).await.unwrap();
        next.complete().await.unwrap();
        fixture.assert_holds(&next.key, &next.bytes).await;
        assert_eq!(fixture.kept(), 1);
        fixture.store.delete(&next.key).await.unwrap();

        let mut cancelled = fixture.writer(key()).await;
        for _ in 0..3 {
            let mut lost = cancelled.clone();
            lost.append(vec![1; size], false).await.unwrap();
            cancelled.state = cancelled.store.rewind(&cancelled.state, &lost.state);
            lost.append(vec![1; size], false).await.unwrap();
        }
        fixture.store.delete(&cancelled.key).await.unwrap();
        assert_eq!(fixture.kept(), 0);
    }
}

#[tokio::test]
async fn whatever_the_sizes_of_chunks_and_however_often_writers_change_the_bytes_are_exact() {
    for seed in [1, 2, 3] {
        let (mut dice, fixture) = (Dice(seed), Fixture::fresh().await);
        let mut counted = fixture.writer(key()).await;
        let (mut appends, mut rewinds) = (0, 0);
        while counted.bytes.len() < 3 * PART {
            let mut writer = counted.clone();
            for _ in 0..=dice.below(40) {
                let most = [100, 10_000, 300_000, PART + PART / 2][dice.below(40).saturating_sub(36)];
                let length = 1 + dice.below(most);
                writer.append(dice.bytes(length), false).await.unwrap();
                appends += 1;
            }
            if dice.below(3) > 0 {
                writer.store.prune(&writer.key, &counted.state, &writer.state).await.unwrap();
                counted = writer;
            } else {
                // Nothing of it counts, and its last append comes late.
                counted.state = writer.store.rewind(&counted.state, &writer.state);
                let length = 1 + dice.below(1000);
                counted.append(dice.bytes(length), false).await.unwrap();
                assert_harmless(&writer.append(dice.bytes(length), dice.below(2) == 0).await);
                rewinds += 1;
            }
        }
        if dice.below(2) == 0 {
            counted.append("the end", true).await.unwrap();
        }
        counted.complete().await.unwrap();
        fixture.assert_holds(&counted.key, &counted.bytes).await;
        assert!(appends > 50 && rewinds > 0, "{appends} appends and {rewinds} rewinds with seed {seed}");
        assert_eq!(fixture.kept(), 1);
        fixture.store.delete(&counted.key).await.unwrap();
        assert_eq!(fixture.kept(), 0);
    }
}
