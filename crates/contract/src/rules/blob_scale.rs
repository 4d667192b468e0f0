//! BLOB: what a store holds in memory, how it lists many blobs, and whether it leaves the runtime to others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, Bucket};
use fm_domain::body::{ByteSize, ByteStream};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::blob::{assert_absent, hint, key};
use crate::fakes::present;
use crate::fixture::body::{collect, noise, stream_of};
use crate::fixture::poll::beats_beside;
use crate::fixture::{ATTEMPTS, MANY, offered, soon};
use crate::harness::BlobStoreHarness;
use crate::runtime::limits;

const CHUNK: usize = 64 * 1024;

/// What the operating system buffers at most between a store and its reader.
const SOCKETS: usize = 16 * 1024 * 1024;

/// How many ticks a store may keep the runtime without a pause: 100 milliseconds on an idle machine.
const LONGEST_POLL: u64 = 100;

/// How often the runtime is free at least while a blob is written or read.
const FEWEST_BEATS: usize = 8;

/// What no list holds more of at a time.
const PAGE: usize = 1_000;

/// A body of this many bytes that takes up the memory of one chunk.
fn long(length: usize) -> ByteStream {
    let chunk = noise(CHUNK, 1);
    let chunks =
        (0..length.div_ceil(CHUNK)).map(move |number| Ok(chunk.slice(..CHUNK.min(length - number * CHUNK))));
    stream::iter(chunks).boxed()
}

/// Bytes that count as alive until the last who holds them drops them.
struct Alive {
    bytes: Vec<u8>,
    alive: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Alive {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.alive.fetch_sub(self.bytes.len(), Ordering::SeqCst);
    }
}

/// A body that never ends once it has given this many bytes, with how many it gave and how many of them were alive at
/// most.
fn watched(length: usize) -> (ByteStream, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let [given, alive, most]: [Arc<AtomicUsize>; 3] = std::array::from_fn(|_| Arc::default());
    let (give, peak) = (Arc::clone(&given), Arc::clone(&most));
    let chunks = (0..length.div_ceil(CHUNK)).map(move |_| {
        let now = alive.fetch_add(CHUNK, Ordering::SeqCst) + CHUNK;
        peak.fetch_max(now, Ordering::SeqCst);
        give.fetch_add(CHUNK, Ordering::SeqCst);
        Ok(Bytes::from_owner(Alive { bytes: vec![7; CHUNK], alive: Arc::clone(&alive) }))
    });
    (stream::iter(chunks).chain(stream::pending()).boxed(), given, most)
}

/// Keeps many small blobs.
async fn many<H: BlobStoreHarness>(harness: &H) -> BTreeSet<BlobKey> {
    let blobs = harness.blobs();
    let keys: BTreeSet<BlobKey> = (0..MANY).map(|_| key()).collect();
    let (body, hint) = (Bytes::from_static(b"small"), hint(Some(5)));
    stream::iter(&keys)
        .map(|key| blobs.put(key, stream_of(&body, 5), &hint))
        .buffer_unordered(16)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    keys
}

pub(crate) async fn blob_18_a_list_tells_when_each_blob_was_written<H: BlobStoreHarness>(harness: &H) {
    // Listing is an optional capability.
    let Some(list) = harness.lister() else { return };
    let key = key();
    harness.blobs().put(&key, stream_of(&noise(10, 18), 10), &hint(None)).await.unwrap();
    let listed: Vec<_> = list.list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    let [blob] = listed.as_slice() else { panic!("one blob was written: {listed:?}") };
    assert_eq!((blob.key, blob.size), (key, ByteSize::new(10)));
    let present = present();
    let off = present.since(blob.written_at).max(blob.written_at.since(present));
    assert!(off < Duration::from_mins(5), "written at {}, which is {off:?} off", blob.written_at);
}

pub(crate) async fn blob_19_a_list_of_many_blobs_is_whole_and_holds_a_page_at_most<H: BlobStoreHarness>(
    harness: &H,
) {
    let Some(list) = harness.lister() else { return };
    let blobs = harness.blobs();
    let keys = many(harness).await;
    let listed: Vec<_> = list.list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    assert_eq!(listed.len(), keys.len(), "how many blobs were listed");
    assert_eq!(listed.iter().map(|blob| blob.key).collect::<BTreeSet<_>>(), keys, "each once");

    // All go while the list is read: it still gives what it held, and that is a page.
    let mut listing = list.list(Bucket::Files).await.unwrap();
    listing.try_next().await.unwrap().unwrap();
    stream::iter(&keys)
        .map(|key| blobs.delete(key))
        .buffer_unordered(16)
        .try_collect::<Vec<()>>()
        .await
        .unwrap();
    let held = listing.try_collect::<Vec<_>>().await.unwrap().len();
    assert!(held < PAGE, "the list held {held} blobs that were gone");
}

/// Waits until a put has taken this much of its body, and all of it is in the store but what the put may hold. However
/// long that takes: it fails when the put gets no further.
async fn is_written<H: BlobStoreHarness>(harness: &H, given: &AtomicUsize, length: usize, may_hold: usize) {
    let owed = length.saturating_sub(may_hold).saturating_sub(2 * CHUNK) as u64;
    let limit = limits().wait;
    let (mut furthest, mut since) = ((0, 0), Instant::now());
    loop {
        let taken = given.load(Ordering::SeqCst);
        let (mut stored, mut is_there) = (0, false);
        if taken >= length && harness.debris().await > 0 {
            // What is not in the store then was copied to be held.
            let told = offered("the bytes in the store", harness.stored_bytes().await);
            stored = told.unwrap_or_default();
            is_there = told.is_none_or(|told| told >= owed);
        }
        if is_there {
            return;
        }
        if (taken, stored) > furthest {
            (furthest, since) = ((taken, stored), Instant::now());
        }
        assert!(
            since.elapsed() < limit,
            "for {limit:?} it got no further than {taken} bytes taken of {length}, and {stored} stored where \
             {may_hold} may be held"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn blob_20_a_put_writes_while_the_body_comes<H: BlobStoreHarness>(harness: &H) {
    let Some(may_hold) = offered("the memory of a put", harness.held_at_most()) else { return };
    // More than it may hold: something has to be in the store by then.
    let length = (may_hold * 3 + harness.part_size() * 2).div_ceil(CHUNK) * CHUNK;
    for declared in [None, Some(length + 1)] {
        let (key, blobs, hint) = (key(), harness.blobs(), hint(declared));
        let (body, given, most) = watched(length);
        tokio::select! {
            ended = blobs.put(&key, body, &hint) => panic!("a body that never ends was stored: {ended:?}"),
            () = is_written(harness, &given, length, may_hold) => {}
        }
        let most = most.load(Ordering::SeqCst);
        assert!(
            most <= may_hold + 2 * CHUNK,
            "{most} bytes of the body were held where {may_hold} are allowed"
        );
        blobs.delete(&key).await.unwrap();
        assert_absent(harness, &key, "a put that was dropped").await;
        soon("removing what a dropped put left", async {
            while harness.debris().await > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

pub(crate) async fn blob_21_a_read_runs_ahead_of_its_reader_by_what_it_may_hold<H: BlobStoreHarness>(
    harness: &H,
) {
    let Some(may_hold) = offered("the memory of a read", harness.held_at_most()) else { return };
    let (key, blobs) = (key(), harness.blobs());
    // The half that stays is more than it may hold, so what comes of the other half was not held before.
    let length = (may_hold + SOCKETS) * 2;
    blobs.put(&key, long(length), &hint(Some(length))).await.unwrap();
    let mut reader = blobs.get(&key, None).await.unwrap();
    let mut came = reader.bytes.try_next().await.unwrap().unwrap().len();
    if offered("a blob that is damaged", harness.truncate(&key).await).is_none() {
        return;
    }
    let broke = loop {
        match reader.bytes.try_next().await {
            Ok(Some(chunk)) => came += chunk.len(),
            Ok(None) => break false,
            Err(_broken) => break true,
        }
    };
    assert!(broke || came < length, "all {length} bytes came, half of which were gone: they had been held");
}

pub(crate) async fn blob_22_puts_and_reads_leave_the_runtime_to_others<H: BlobStoreHarness>(harness: &H) {
    // A store that waits for nothing has no use for the runtime while it works.
    if offered("a store that waits", harness.held_at_most()).is_none() {
        return;
    }
    let (blobs, hint) = (harness.blobs(), hint(None));
    let length = (harness.part_size() * 3).max(8 * 1024 * 1024);
    let (mut blocked_in_put, mut blocked_in_get) = (u64::MAX, u64::MAX);
    let (mut free_in_put, mut free_in_get) = (0, 0);
    for _attempt in 0..ATTEMPTS {
        let key = key();
        let (stored, beats) = soon("a put", beats_beside(blobs.put(&key, long(length), &hint))).await;
        assert_eq!(stored.unwrap().size, ByteSize::new(length as u64));
        free_in_put = free_in_put.max(beats.count);
        blocked_in_put = blocked_in_put.min(beats.longest_poll);
        let read = async { collect(blobs.get(&key, None).await.unwrap().bytes).await.unwrap() };
        let (read, beats) = soon("a read", beats_beside(read)).await;
        assert_eq!(read.len(), length);
        free_in_get = free_in_get.max(beats.count);
        blocked_in_get = blocked_in_get.min(beats.longest_poll);
        if blocked_in_put.max(blocked_in_get) < LONGEST_POLL && free_in_put.min(free_in_get) >= FEWEST_BEATS {
            break;
        }
    }
    assert!(
        free_in_put >= FEWEST_BEATS,
        "the runtime was free {free_in_put} times while {length} bytes were written"
    );
    assert!(
        free_in_get >= FEWEST_BEATS,
        "the runtime was free {free_in_get} times while {length} bytes were read"
    );
    assert!(blocked_in_put < LONGEST_POLL, "each put blocked the runtime for {blocked_in_put} ticks or more");
    assert!(
        blocked_in_get < LONGEST_POLL,
        "each read blocked the runtime for {blocked_in_get} ticks or more"
    );
}
