//! The suite on the reference adapters.

use std::sync::Arc;

use fm_contract::IdSourceHarness;
use fm_domain::ids::IdSource;
use fm_memory::SequentialIds;

mod database {
    fm_contract::database!(fm_memory::harness::Tables);
}

mod archive {
    fm_contract::archive!(fm_memory::harness::Tables);
}

mod session_store {
    fm_contract::session_store!(fm_memory::harness::Sessions);
}

mod cached_session_store {
    fm_contract::session_store!(fm_memory::harness::CachedSessions);
}

mod session_signal {
    fm_contract::session_signal!(fm_memory::harness::SessionSignals);
}

mod rate_limiter {
    fm_contract::rate_limiter!(fm_memory::harness::Limits);
}

mod blob_store {
    fm_contract::blob_store!(fm_memory::harness::Blobs);
}

mod resumable_store {
    fm_contract::resumable_store!(fm_memory::harness::Blobs);
}

mod direct_store {
    fm_contract::direct_store!(fm_memory::harness::Blobs);
}

struct Ids(Arc<SequentialIds>);

impl IdSourceHarness for Ids {
    fn fresh() -> Self {
        Self(Arc::new(SequentialIds::new()))
    }

    fn ids(&self) -> Arc<dyn IdSource> {
        self.0.clone()
    }
}

mod id_source {
    fm_contract::id_source!(super::Ids);
}
