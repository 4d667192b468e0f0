//! The store: its parts, and what a client's request does to them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobKey, BlobStore, CompleteParts, DirectStore, PartLimits, PartTag, PartWrite, StoredBlob, WriteId,
    WritePart, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_memory::MemoryBlobStore;
use uuid::Uuid;

use super::Fault;
use crate::mutants::in_memory::{keep, memory};

#[derive(Clone)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) tag: String,
    pub(super) bytes: Bytes,
    /// How many parts came before it.
    pub(super) arrival: u64,
}

#[derive(Default)]
pub(super) struct Writes {
    /// By key and write, and then by number.
    pub(super) open: BTreeMap<(BlobKey, String), BTreeMap<u32, Part>>,
    /// Bytes that no key leads to.
    pub(super) lost: usize,
    /// Parts that no blob has, under the keys that delete them.
    pub(super) left: Vec<BlobKey>,
    pub(super) tags: u64,
}

pub(super) struct FakeStore {
    pub(super) blobs: MemoryBlobStore,
    pub(super) writes: Mutex<Writes>,
    pub(super) fault: Fault,
}

pub(super) const LEAST: usize = 1024;

impl FakeStore {
    pub(super) fn new(fault: Fault) -> Self {
        Self { blobs: memory(), writes: Mutex::default(), fault }
    }

    pub(super) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    pub(super) fn writes(&self) -> MutexGuard<'_, Writes> {
        self.writes.lock().unwrap()
    }

    /// The parts that are named, in order.
    pub(super) fn named(&self, came: &BTreeMap<u32, Part>, named: &[WrittenPart]) -> Option<Vec<Part>> {
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
        match self.fault {
            Fault::OrdersNumbersAsText => found.sort_by_key(|part| part.number.to_string()),
            Fault::OrdersPartsByTheirArrival => found.sort_by_key(|part| part.arrival),
            Fault::OrdersPartsByTheList => {}
            _ => found.sort_by_key(|part| part.number),
        }
        let small = found.iter().rev().skip(usize::from(!self.is(Fault::RefusesASmallLastPart)));
        let small = small.filter(|part| part.bytes.len() < LEAST).count();
        (small == 0).then_some(found)
    }

    /// What a client's request does.
    pub(super) async fn receive(
        &self,
        write: &PartWrite,
        number: u32,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        let whole = self.blobs.head(&write.key).await?.is_some();
        if self.is(Fault::TakesPartsAfterTheEnd) && whole {
            keep(&self.blobs, &write.key, vec![bytes]).await;
            return Ok(PartTag::new(String::new()));
        }
        if self.is(Fault::ShowsPartsAtOnce) {
            keep(&self.blobs, &write.key, vec![bytes.clone()]).await;
        }
        let mut writes = self.writes();
        let id = (write.key, write.id.as_str().to_owned());
        if self.is(Fault::BeginsWhatItDoesNotKnow) && !whole {
            writes.open.entry(id.clone()).or_default();
        }
        writes.tags += 1;
        let arrival = writes.tags;
        let tag = format!("tag {arrival}");
        let parts = writes.open.get_mut(&id).ok_or(WritePart::Gone)?;
        match parts.get(&number) {
            Some(first) if self.is(Fault::KeepsTheFirstOfTwo) => {
                return Ok(PartTag::new(first.tag.clone()));
            }
            _ => parts.insert(number, Part { number, tag: tag.clone(), bytes, arrival }),
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
        let is_left = self.is(Fault::LeavesWhatIsNotNamed) && came.len() > parts.len();
        let found = self.named(&came, parts).ok_or(CompleteParts::Mismatch)?;
        let pieces: Vec<Bytes> = found.into_iter().map(|part| part.bytes).collect();
        let whole: usize = pieces.iter().map(Bytes::len).sum();
        let matches = whole as u64 == size.bytes() || self.is(Fault::NamesAreNotLookedAt);
        if matches || self.is(Fault::ShowsWhatDidNotMatch) {
            keep(&self.blobs, &write.key, pieces).await;
        }
        if !matches {
            return Err(CompleteParts::Mismatch);
        }
        if is_left {
            self.writes().left.push(write.key);
        }
        let others = self.is(Fault::KeepsOtherWritesToTheKey);
        self.writes().open.retain(|open, _| if others { *open != id } else { open.0 != write.key });
        Ok(StoredBlob { size })
    }
}
