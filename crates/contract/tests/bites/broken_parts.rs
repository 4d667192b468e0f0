//! Stores that are written to in parts, with one fault.
//!
//! The honest one keeps parts by their numbers and gives them tags, as S3 does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::PartUploadHarness;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, CompleteParts, GetBlob, PartLimits,
    PartPlace, PartTag, PartUpload, PartWrite, PutBlob, PutHint, StoredBlob, WriteId, WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_memory::{ManualClock, MemoryBlobStore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::{bites, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ShowsWhatIsDurable,
    RangesAreOneByteShort,
    RefusesASmallLastPart,
    KeepsTheFirstOfTwo,
    WritesAtPlacesWithoutFences,
    TakesPartsAfterTheEnd,
    CompletesOnce,
    CompletesAgainWithAnySize,
    LooksAtNoTags,
    ShowsWhatDidNotMatch,
    OrdersNumbersAsText,
    NamesAreNotLookedAt,
    KeepsOtherWritesToTheKey,
    DiscardsWholeBlobsAlone,
    BeginsWhatItDoesNotKnow,
    KeepsOnePieceAlone,
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
    /// By key and write, and then by what tells parts apart.
    open: BTreeMap<(BlobKey, String), BTreeMap<String, Part>>,
    /// Bytes that no key leads to.
    lost: usize,
    tags: u64,
}

struct Toy {
    blobs: MemoryBlobStore,
    writes: Mutex<Writes>,
    fault: Fault,
}

const LEAST: usize = 1024;

impl Toy {
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
    fn named(&self, came: &BTreeMap<String, Part>, named: &[WrittenPart]) -> Option<Vec<Part>> {
        let mut found = Vec::new();
        if self.is(Fault::NamesAreNotLookedAt) {
            found.extend(came.values().cloned());
            found.sort_by_key(|part: &Part| part.number);
            return Some(found);
        }
        for name in named {
            let part = came.values().find(|part| part.number == name.number || self.at_places());
            let part = if self.at_places() { came.values().nth(found.len()) } else { part };
            let part = part?;
            if part.tag != name.tag.as_str() && !self.is(Fault::LooksAtNoTags) && !self.at_places() {
                return None;
            }
            found.push(part.clone());
        }
        if self.is(Fault::OrdersNumbersAsText) {
            found.sort_by_key(|part| part.number.to_string());
        }
        let small = found.iter().rev().skip(usize::from(!self.is(Fault::RefusesASmallLastPart)));
        let small = small.filter(|part| part.bytes.len() < LEAST).count();
        (small == 0 || self.at_places()).then_some(found)
    }

    fn at_places(&self) -> bool {
        self.is(Fault::WritesAtPlacesWithoutFences)
    }
}

#[async_trait]
impl PartUpload for Toy {
    fn part_limits(&self) -> PartLimits {
        let least = ByteSize::new(LEAST as u64);
        let most = if self.is(Fault::NamesNoSensibleLimits) { 1000 } else { 16 << 20 };
        PartLimits { least, preferred: least, most: ByteSize::new(most), most_parts: 10_000 }
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        let id = Uuid::now_v7().to_string();
        self.writes().open.insert((*key, id.clone()), BTreeMap::new());
        Ok(WriteId::new(id))
    }

    async fn write(
        &self,
        write: &PartWrite,
        place: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart> {
        if self.is(Fault::LosesWhatWasCutOff) {
            self.writes().lost += 1;
        }
        tokio::task::yield_now().await;
        if self.is(Fault::LosesWhatWasCutOff) {
            self.writes().lost -= 1;
        }
        let whole = self.blobs.head(&write.key).await?.is_some();
        if self.is(Fault::TakesPartsAfterTheEnd) && whole {
            self.put(&write.key, bytes.into_pieces()).await;
            return Ok(Some(PartTag::new(String::new())));
        }
        let mut writes = self.writes();
        let id = (write.key, write.id.as_str().to_owned());
        if self.is(Fault::BeginsWhatItDoesNotKnow) && !whole {
            writes.open.entry(id.clone()).or_default();
        }
        writes.tags += 1;
        let tag = format!("tag {}", writes.tags);
        let parts = writes.open.get_mut(&id).ok_or(WritePart::Gone)?;
        let name = if self.at_places() {
            format!("{:020}", place.offset.bytes())
        } else {
            format!("{:020}", place.number)
        };
        let part = Part { number: place.number, tag: tag.clone(), bytes: bytes.pieces().concat().into() };
        match parts.get(&name) {
            Some(first) if self.is(Fault::KeepsTheFirstOfTwo) => {
                return Ok(Some(PartTag::new(first.tag.clone())));
            }
            _ => parts.insert(name, part),
        };
        Ok((!self.at_places()).then(|| PartTag::new(tag)))
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        if self.is(Fault::ShowsWhatIsDurable) {
            let id = (write.key, write.id.as_str().to_owned());
            let parts = self.writes().open.get(&id).cloned();
            let Some(parts) = parts else { return Ok(()) };
            self.put(&write.key, parts.into_values().map(|part| part.bytes).collect()).await;
        }
        Ok(())
    }

    async fn complete(
        &self,
        write: &PartWrite,
        _fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
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

    async fn keep(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        _content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        let size = ByteSize::new(bytes.len() as u64);
        let mut pieces = bytes.into_pieces();
        if self.is(Fault::KeepsOnePieceAlone) {
            pieces.truncate(1);
        }
        self.put(key, pieces).await;
        Ok(StoredBlob { size })
    }
}

#[async_trait]
impl BlobStore for Toy {
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

    async fn discard(&self, key: &BlobKey) -> PortResult<()> {
        if !self.is(Fault::DiscardsWholeBlobsAlone) {
            self.writes().open.retain(|open, _| open.0 != *key);
        }
        self.blobs.discard(key).await
    }

    fn limits(&self) -> BlobLimits {
        self.blobs.limits()
    }

    async fn ping(&self) -> PortResult<()> {
        self.blobs.ping().await
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Toy>);

        #[async_trait]
        impl PartUploadHarness for $name {
            async fn fresh() -> Self {
                let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
                let blobs = MemoryBlobStore::new(Arc::new(clock));
                Self(Arc::new(Toy { blobs, writes: Mutex::default(), fault: $fault }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                self.0.clone()
            }

            fn parts(&self) -> Arc<dyn PartUpload> {
                self.0.clone()
            }

            async fn debris(&self) -> usize {
                let writes = self.0.writes();
                self.0.blobs.count() + writes.open.len() + writes.lost
            }
        }
    };
}

bites! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => part_upload, [];
    a_store_that_shows_what_is_durable: broken(Fault::ShowsWhatIsDurable) => part_upload, ["PART-01"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => part_upload,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-06", "PART-08", "PART-09", "PART-11",
            "PART-12"];
    a_store_that_refuses_a_small_last_part: broken(Fault::RefusesASmallLastPart) => part_upload,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-06", "PART-08", "PART-09", "PART-10",
            "PART-11"];
    a_store_that_keeps_the_first_of_two: broken(Fault::KeepsTheFirstOfTwo) => part_upload, ["PART-03"];
    a_store_that_writes_at_places_without_fences: broken(Fault::WritesAtPlacesWithoutFences) => part_upload,
        ["PART-04"];
    a_store_that_takes_parts_after_the_end: broken(Fault::TakesPartsAfterTheEnd) => part_upload,
        ["PART-05", "PART-09"];
    a_store_that_completes_once: broken(Fault::CompletesOnce) => part_upload, ["PART-06"];
    a_store_that_completes_again_with_any_size: broken(Fault::CompletesAgainWithAnySize) => part_upload,
        ["PART-06"];
    a_store_that_looks_at_no_tags: broken(Fault::LooksAtNoTags) => part_upload, ["PART-07"];
    a_store_that_shows_what_did_not_match: broken(Fault::ShowsWhatDidNotMatch) => part_upload, ["PART-07"];
    a_store_that_orders_numbers_as_text: broken(Fault::OrdersNumbersAsText) => part_upload, ["PART-08"];
    a_store_that_looks_at_no_names: broken(Fault::NamesAreNotLookedAt) => part_upload,
        ["PART-04", "PART-07", "PART-09"];
    a_store_that_keeps_other_writes_to_the_key: broken(Fault::KeepsOtherWritesToTheKey) => part_upload,
        ["PART-09"];
    a_store_that_discards_whole_blobs_alone: broken(Fault::DiscardsWholeBlobsAlone) => part_upload,
        ["PART-07", "PART-10", "PART-13"];
    a_store_that_begins_what_it_does_not_know: broken(Fault::BeginsWhatItDoesNotKnow) => part_upload,
        ["PART-05", "PART-10", "PART-11"];
    a_store_that_keeps_one_piece_alone: broken(Fault::KeepsOnePieceAlone) => part_upload, ["PART-12"];
    a_store_that_loses_what_was_cut_off: broken(Fault::LosesWhatWasCutOff) => part_upload, ["PART-13"];
    a_store_that_names_no_sensible_limits: broken(Fault::NamesNoSensibleLimits) => part_upload, ["PART-14"];
}

passes_decorated! {
    a_decorated_store_breaks_no_rule: broken(Fault::None) => part_upload
}
