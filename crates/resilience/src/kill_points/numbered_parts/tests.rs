//! The rules of a store that writes blobs over many requests.

use fm_contract::ResumableHarness;
use fm_domain::clock::Timestamp;
use fm_memory::{ManualClock, MemoryBlobStore};

use super::*;

struct Numbered {
    memory: MemoryBlobStore,
    store: Arc<NumberedParts>,
}

#[async_trait]
impl ResumableHarness for Numbered {
    async fn fresh() -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
        let memory = MemoryBlobStore::new(Arc::new(clock));
        let store = Arc::new(NumberedParts::new(Arc::new(memory.clone())));
        Self { memory, store }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        self.store.clone()
    }

    async fn debris(&self) -> usize {
        self.memory.count() + self.store.unfinished()
    }
}

fm_contract::resumable_store!(Numbered);
