//! The adapters, held to every rule of their ports, and the use cases killed on them.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

mod blobs;
mod folder_sessions;

/// Every use case, killed at every call of a port: blobs and sessions are ours, the database is the reference.
mod kill_points {
    use fm_memory::harness::Tables;

    use super::blobs::Blobs;
    use super::folder_sessions::Sessions;

    fm_resilience::kill_points!(Tables, Blobs, Sessions);
}
