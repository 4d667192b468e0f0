//! The rules of the ports hold through the decorators.

use crate::harness::Observed;
use crate::harness::fallback::Fallback;
use crate::harness::traced::Traced;

mod database {
    fm_contract::database!(super::Observed<fm_memory::harness::Tables>);
}

mod database_with_traced_jobs {
    fm_contract::database!(super::Traced<fm_memory::harness::Tables>);
}

mod session_store {
    fm_contract::session_store!(super::Observed<fm_memory::harness::Sessions>);
}

mod rate_limiter {
    fm_contract::rate_limiter!(super::Observed<fm_memory::harness::Limits>);
}

mod blob_store {
    fm_contract::blob_store!(super::Observed<fm_memory::harness::Blobs>);
}

mod resumable_store {
    fm_contract::resumable_store!(super::Observed<fm_memory::harness::Blobs>);
}

mod direct_store {
    fm_contract::direct_store!(super::Observed<fm_memory::harness::Blobs>);
}

mod fallback_store {
    fm_contract::blob_store!(super::Fallback<fm_memory::harness::Blobs, false>);
}

mod fallback_store_of_blobs_before {
    fm_contract::blob_store!(super::Fallback<fm_memory::harness::Blobs, true>);
}

mod fallback_resumable {
    fm_contract::resumable_store!(super::Fallback<fm_memory::harness::Blobs, false>);
}

mod fallback_resumable_of_blobs_before {
    fm_contract::resumable_store!(super::Fallback<fm_memory::harness::Blobs, true>);
}
