//! What operators and clients ask of the deployment itself.

mod check_readiness;
#[cfg(test)]
mod fixture;
mod listing;
mod move_blobs;
mod needed;
mod retry;
mod show_capabilities;
mod sweep_orphans;
mod verify;

pub use check_readiness::{CheckReadiness, Readiness};
pub use move_blobs::{MoveBlobs, MoveBlobsCommand, MoveBlobsError, MoveEvent, MovedBlobs};
pub use show_capabilities::{Capabilities, ShowCapabilities};
pub use sweep_orphans::{SweepOrphans, SweepOrphansCommand, SweepOrphansError, SweptOrphans};
pub use verify::{FileBlob, Finding, Findings, Verified, VerifyBlobs, VerifyCommand, VerifyEvent, Wrong};

use crate::ports::{Ports, Settings};

/// The use cases of operators and of clients that ask what the deployment can do.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Operations {
    pub check_readiness: CheckReadiness,
    pub capabilities: ShowCapabilities,
    pub verify_blobs: VerifyBlobs,
    pub sweep_orphans: SweepOrphans,
    pub move_blobs: MoveBlobs,
}

impl Operations {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            check_readiness: CheckReadiness::new(ports),
            capabilities: ShowCapabilities::new(ports, settings),
            verify_blobs: VerifyBlobs::new(ports),
            sweep_orphans: SweepOrphans::new(ports),
            move_blobs: MoveBlobs::new(ports),
        }
    }
}
