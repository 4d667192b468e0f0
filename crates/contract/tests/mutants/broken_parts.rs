//! Stores that make blobs of parts that clients send, with one fault.
//!
//! The honest one keeps parts by their numbers and gives them tags, as S3 does. Others receive parts by offsets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::DirectHarness;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, CompleteParts, DirectStore, GetBlob,
    PartLimits, PartReceiver, PartTag, PartWrite, PutBlob, PutHint, StoredBlob, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_memory::{ManualClock, MemoryBlobStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ShowsPartsAtOnce,
    RangesAreOneByteShort,
    RefusesASmallLastPart,
    KeepsTheFirstOfTwo,
    TakesPartsAfterTheEnd,
    CompletesOnce,
    CompletesAgainWithAnySize,
    LooksAtNoTags,
    ShowsWhatDidNotMatch,
    OrdersNumbersAsText,
    NamesAreNotLookedAt,
    KeepsOtherWritesToTheKey,
    DeletesWholeBlobsAlone,
    BeginsWhatItDoesNotKnow,
    LosesWhatWasCutOff,
    NamesNoSensibleLimits,
}

#[derive(Clone)]
struct Part {
    number: u32,
    tag: String,
    bytes: Bytes,
}

#[derive(Default)]
struct Writes {
    /// By key and write, and then by number.
    open: BTreeMap<(BlobKey, String), BTreeMap<u32, Part>>,
    /// Bytes that no key leads to.
    lost: usize,
    tags: u64,
}

struct FakeStore {
    blobs: MemoryBlobStore,
    writes: Mutex<Writes>,
    fault: Fault,
}

const LEAST: usize = 1024;

impl FakeStore {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap()
    }

    async fn put(&self, key: &BlobKey, pieces: Vec<Bytes>) {
        let body = stream::iter(pieces.into_iter().map(Ok)).boxed();
        let hint = PutHint { length: None, content_type: "text/plain".parse().unwrap() };
        self.blobs.put(key, body, &hint).await.unwrap();
    }

    /// The parts that are named, in order.
    fn named(&self, came: &BTreeMap<u32, Part>, named: &[WrittenPart]) -> Option<Vec<Part>> {
        let mut found = Vec::new();
        if self.is(Fault::NamesAreNotLookedAt) {
            found.extend(came.values().cloned());
            found.sort_by_key(|part: &Part| part.number);
            return Some(found);
        }
        for name in named {
            let part = came.values().find(|part| part.number == name.number)?;
            if part.tag != name.tag.as_str() && !self.is(Fault::LooksAtNoTags) {
                return None;
            }
            found.push(part.clone());
        }
        if self.is(Fault::OrdersNumbersAsText) {
            found.sort_by_key(|part| part.number.to_string());
        }
        let small = found.iter().rev().skip(usize::from(!self.is(Fault::RefusesASmallLastPart)));
        let small = small.filter(|part| part.bytes.len() < LEAST).count();
        (small == 0).then_some(found)
    }

    /// What a client's request does.
    async fn receive(&self, write: &PartWrite, number: u32, bytes: Bytes) -> Result<PartTag, WritePart> {
        let whole = self.blobs.head(&write.key).await?.is_some();
        if self.is(Fault::TakesPartsAfterTheEnd) && whole {
            self.put(&write.key, vec![bytes]).await;
            return Ok(PartTag::new(String::new()));
        }
        if self.is(Fault::ShowsPartsAtOnce) {
            self.put(&write.key, vec![bytes.clone()]).await;
        }
        let mut writes = self.writes();
        let id = (write.key, write.id.as_str().to_owned());
        if self.is(Fault::BeginsWhatItDoesNotKnow) && !whole {
            writes.open.entry(id.clone()).or_default();
        }
        writes.tags += 1;
        let tag = format!("tag {}", writes.tags);
        let parts = writes.open.get_mut(&id).ok_or(WritePart::Gone)?;
        match parts.get(&number) {
            Some(first) if self.is(Fault::KeepsTheFirstOfTwo) => {
                return Ok(PartTag::new(first.tag.clone()));
            }
            _ => parts.insert(number, Part { number, tag: tag.clone(), bytes }),
        };
        Ok(PartTag::new(tag))
    }
}

#[async_trait]
impl DirectStore for FakeStore {
    fn part_limits(&self) -> PartLimits {
        let least = ByteSize::new(LEAST as u64);
        let most = if self.is(Fault::NamesNoSensibleLimits) { 1000 } else { 16 << 20 };
        PartLimits { least, most: ByteSize::new(most), most_parts: 10_000 }
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        let id = Uuid::now_v7().to_string();
        self.writes().open.insert((*key, id.clone()), BTreeMap::new());
        Ok(WriteId::new(id))
    }

    async fn complete(
        &self,
        write: &PartWrite,
        _fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if self.is(Fault::LosesWhatWasCutOff) {
            self.writes().lost += 1;
        }
        tokio::task::yield_now().await;
        if self.is(Fault::LosesWhatWasCutOff) {
            self.writes().lost -= 1;
        }
        let id = (write.key, write.id.as_str().to_owned());
        let came = self.writes().open.get(&id).cloned();
        let Some(came) = came else {
            return match self.blobs.head(&write.key).await? {
                Some(_) if self.is(Fault::CompletesOnce) => Err(CompleteParts::Gone),
                Some(head) if head.size == size || self.is(Fault::CompletesAgainWithAnySize) => {
                    Ok(StoredBlob { size })
                }
                Some(_) => Err(CompleteParts::Mismatch),
                None => Err(CompleteParts::Gone),
            };
        };
        let found = self.named(&came, parts).ok_or(CompleteParts::Mismatch)?;
        let pieces: Vec<Bytes> = found.into_iter().map(|part| part.bytes).collect();
        let whole: usize = pieces.iter().map(Bytes::len).sum();
        let matches = whole as u64 == size.bytes() || self.is(Fault::NamesAreNotLookedAt);
        if matches || self.is(Fault::ShowsWhatDidNotMatch) {
            self.put(&write.key, pieces).await;
        }
        if !matches {
            return Err(CompleteParts::Mismatch);
        }
        let others = self.is(Fault::KeepsOtherWritesToTheKey);
        self.writes().open.retain(|open, _| if others { *open != id } else { open.0 != write.key });
        Ok(StoredBlob { size })
    }
}

#[async_trait]
impl BlobStore for FakeStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.blobs.put(key, body, hint).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let mut reader = self.blobs.get(key, range).await?;
        if let (Some(range), true) = (reader.range, self.is(Fault::RangesAreOneByteShort)) {
            let mut bytes: Vec<u8> = reader.bytes.try_collect::<Vec<Bytes>>().await.unwrap().concat();
            bytes.truncate(usize::try_from(range.length() - 1).unwrap());
            reader.bytes = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        }
        Ok(reader)
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        if !self.is(Fault::DeletesWholeBlobsAlone) {
            self.writes().open.retain(|open, _| open.0 != *key);
        }
        self.blobs.delete(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.blobs.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.blobs.ping().await
    }
}

/// What is wrong with a store that receives parts by offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    LooksAtNoFencesOfParts,
    LooksAtNoFencesAtTheEnd,
    BelievesNoTagsButItsOwn,
    ShowsWhatIsDurable,
}

/// A store that receives parts by offsets.
struct Receiver {
    blobs: MemoryBlobStore,
    flaw: Flaw,
}

#[async_trait]
impl DirectStore for Receiver {
    fn part_limits(&self) -> PartLimits {
        self.blobs.part_limits()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> {
        DirectStore::begin(&self.blobs, key, content_type).await
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if self.flaw == Flaw::BelievesNoTagsButItsOwn
            && parts.iter().any(|part| part.tag.as_str().contains('\''))
        {
            return Err(CompleteParts::Mismatch);
        }
        let fence = if self.flaw == Flaw::LooksAtNoFencesAtTheEnd { u64::MAX } else { fence };
        DirectStore::complete(&self.blobs, write, fence, parts, size).await
    }
}

#[async_trait]
impl PartReceiver for Receiver {
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart> {
        let fence = if self.flaw == Flaw::LooksAtNoFencesOfParts { 1 } else { fence };
        self.blobs.write(write, offset, fence, bytes).await
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        if self.flaw == Flaw::ShowsWhatIsDurable {
            let body = stream::iter([Ok(Bytes::from_static(b"what there is"))]).boxed();
            let hint = PutHint { length: None, content_type: "text/plain".parse().unwrap() };
            self.blobs.put(&write.key, body, &hint).await.unwrap();
        }
        PartReceiver::sync(&self.blobs, write).await
    }
}

fn memory() -> MemoryBlobStore {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
    MemoryBlobStore::new(Arc::new(clock))
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<FakeStore>);

        #[async_trait]
        impl DirectHarness for $name {
            async fn fresh() -> Self {
                Self(Arc::new(FakeStore { blobs: memory(), writes: Mutex::default(), fault: $fault }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                self.0.clone()
            }

            fn store(&self) -> Arc<dyn DirectStore> {
                self.0.clone()
            }

            fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
                None
            }

            async fn send(
                &self,
                write: &PartWrite,
                number: u32,
                _offset: ByteSize,
                bytes: Bytes,
            ) -> Result<PartTag, WritePart> {
                self.0.receive(write, number, bytes).await
            }

            async fn debris(&self) -> usize {
                let writes = self.0.writes();
                self.0.blobs.count() + writes.open.len() + writes.lost
            }
        }
    };
}

macro_rules! flawed {
    ($name:ident, $flaw:expr) => {
        struct $name(Arc<Receiver>);

        #[async_trait]
        impl DirectHarness for $name {
            async fn fresh() -> Self {
                Self(Arc::new(Receiver { blobs: memory(), flaw: $flaw }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                Arc::new(self.0.blobs.clone())
            }

            fn store(&self) -> Arc<dyn DirectStore> {
                self.0.clone()
            }

            fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
                Some(self.0.clone())
            }

            async fn debris(&self) -> usize {
                self.0.blobs.count()
            }
        }
    };
}

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => direct_store, [];
    a_store_that_shows_parts_at_once: broken(Fault::ShowsPartsAtOnce) => direct_store,
        ["PART-01", "PART-04", "PART-06", "PART-09", "PART-08", "PART-10"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => direct_store,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-07", "PART-09", "PART-10", "PART-11"];
    a_store_that_refuses_a_small_last_part: broken(Fault::RefusesASmallLastPart) => direct_store,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-07", "PART-09", "PART-08", "PART-10",
            "PART-11"];
    a_store_that_keeps_the_first_of_two: broken(Fault::KeepsTheFirstOfTwo) => direct_store, ["PART-03"];
    a_store_that_takes_parts_after_the_end: broken(Fault::TakesPartsAfterTheEnd) => direct_store,
        ["PART-04", "PART-09"];
    a_store_that_completes_once: broken(Fault::CompletesOnce) => direct_store, ["PART-05"];
    a_store_that_completes_again_with_any_size: broken(Fault::CompletesAgainWithAnySize) => direct_store,
        ["PART-05"];
    a_store_that_looks_at_no_tags: broken(Fault::LooksAtNoTags) => direct_store, ["PART-06"];
    a_store_that_shows_what_did_not_match: broken(Fault::ShowsWhatDidNotMatch) => direct_store, ["PART-06"];
    a_store_that_orders_numbers_as_text: broken(Fault::OrdersNumbersAsText) => direct_store, ["PART-07"];
    a_store_that_looks_at_no_names: broken(Fault::NamesAreNotLookedAt) => direct_store,
        ["PART-06", "PART-09"];
    a_store_that_keeps_other_writes_to_the_key: broken(Fault::KeepsOtherWritesToTheKey) => direct_store,
        ["PART-09"];
    a_store_that_deletes_whole_blobs_alone: broken(Fault::DeletesWholeBlobsAlone) => direct_store,
        ["PART-06", "PART-08", "PART-11"];
    a_store_that_begins_what_it_does_not_know: broken(Fault::BeginsWhatItDoesNotKnow) => direct_store,
        ["PART-04", "PART-08", "PART-10"];
    a_store_that_loses_what_was_cut_off: broken(Fault::LosesWhatWasCutOff) => direct_store, ["PART-11"];
    a_store_that_names_no_sensible_limits: broken(Fault::NamesNoSensibleLimits) => direct_store, ["PART-12"];
    a_receiver_without_a_flaw_breaks_no_rule: flawed(Flaw::None) => direct_store, [];
    a_receiver_that_looks_at_no_fences_of_parts: flawed(Flaw::LooksAtNoFencesOfParts) => direct_store,
        ["PART-13"];
    a_receiver_that_looks_at_no_fences_at_the_end: flawed(Flaw::LooksAtNoFencesAtTheEnd) => direct_store,
        ["PART-13"];
    a_receiver_that_believes_no_tags_but_its_own: flawed(Flaw::BelievesNoTagsButItsOwn) => direct_store,
        ["PART-13"];
    a_receiver_that_shows_what_is_durable: flawed(Flaw::ShowsWhatIsDurable) => direct_store,
        ["PART-01", "PART-08"];
}

passes_decorated! {
    a_decorated_store_breaks_no_rule: broken(Fault::None) => direct_store
}

passes_decorated! {
    a_decorated_receiver_breaks_no_rule: flawed(Flaw::None) => direct_store
}
