//! What operators and clients ask of the deployment itself.

mod check_readiness;
#[cfg(test)]
mod fixture;
mod listing;
mod patience;
mod show_capabilities;
mod sweep_orphans;
mod verify;

pub use check_readiness::{CheckReadiness, Readiness};
pub use show_capabilities::{Capabilities, ShowCapabilities};
pub use sweep_orphans::{SweepOrphans, SweepOrphansCommand, SweepOrphansError, SweptOrphans};
pub use verify::{FileBlob, Finding, Findings, Verified, VerifyBlobs, VerifyCommand, Wrong};

#[cfg(test)]
mod tests;
