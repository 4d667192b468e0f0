//! The suite on decorated adapters, with no fault planned.

use fm_memory::harness::{Blobs, Sessions, Tables};
use fm_resilience::fault::Decorated;

mod database {
    fm_contract::database!(super::Decorated<super::Tables>);
}

mod session_store {
    fm_contract::session_store!(super::Decorated<super::Sessions>);
}

mod resumable_store {
    fm_contract::resumable_store!(super::Decorated<super::Blobs>);
}

mod direct_store {
    fm_contract::direct_store!(super::Decorated<super::Blobs>);
}

mod blob_store {
    fm_contract::blob_store!(super::Decorated<super::Blobs>);
}
