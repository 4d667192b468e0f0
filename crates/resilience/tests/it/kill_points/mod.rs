//! Every use case, with a fault at every call of a port, on the reference adapters.

#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

mod harness;
mod mutants;
mod wrong_trees;
mod wrong_uploads;
mod wrong_workers;

use fm_memory::harness::{Blobs, Sessions, Tables};

/// Nodes of two versions on one queue.
mod versions {
    fm_resilience::job_versions!(super::Tables, super::Blobs, super::Sessions);
}

/// Killed before, during and after each call.
mod kills {
    fm_resilience::kill_points!(super::Tables, super::Blobs, super::Sessions);
}

/// Alive, while calls fail, lose their answers, lose races, are cut or are made twice.
mod faults {
    fm_resilience::fault_points!(super::Tables, super::Blobs, super::Sessions);
}

/// Standing still for longer than their leases, while others work.
mod pauses {
    fm_resilience::pause_points!(super::Tables, super::Blobs, super::Sessions);
}
