//! All use cases on one adapter for every port.

use crate::accounts::Accounts;
use crate::administration::Administration;
use crate::audit::Audit;
use crate::blobs::Blobs;
use crate::files::Files;
use crate::jobs::{JobRegistry, Jobs};
use crate::limits::RateLimits;
use crate::operations::Operations;
use crate::sessions::Sessions;
use crate::tree::Tree;
use crate::uploads::{DirectUploads, ResumableUploads};

pub use crate::ports::{
    Busy, DirectPorts, FollowUps, MovePorts, PasswordQueue, Ports, Presence, Retention, Settings,
};

/// Every use case, ready to run.
pub struct UseCases {
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions.
    pub sessions: Sessions,
    /// What admins and operators do.
    pub administration: Administration,
    /// The audit trail.
    pub audit: Audit,
    /// Files.
    pub files: Files,
    /// The tree that files are in.
    pub tree: Tree,
    /// Blobs that we serve ourselves.
    pub blobs: Blobs,
    /// Resumable uploads, where they are offered.
    pub resumable: Option<ResumableUploads>,
    /// Direct uploads, where they are offered.
    pub direct: Option<DirectUploads>,
    /// Limits of what clients do.
    pub limits: RateLimits,
    /// Jobs.
    pub jobs: Jobs,
    /// What operators ask.
    pub operations: Operations,
}

impl UseCases {
    /// All use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self::with_jobs(ports, settings, &JobRegistry::standard())
    }

    /// The same, which know these jobs and no others.
    #[must_use]
    pub fn with_jobs(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        let ports = &Ports { follow_ups: registry.follow_ups(), ..ports.clone() };
        Self {
            accounts: Accounts::new(ports, settings),
            sessions: Sessions::new(ports, settings),
            administration: Administration::new(ports, settings, registry),
            audit: Audit::new(ports),
            files: Files::new(ports, settings),
            tree: Tree::new(ports, settings),
            blobs: Blobs::new(ports),
            resumable: ResumableUploads::new(ports, settings),
            direct: DirectUploads::new(ports, settings),
            limits: RateLimits::new(ports, settings),
            jobs: Jobs::new(ports, settings, registry),
            operations: Operations::new(ports, settings),
        }
    }
}

#[cfg(test)]
mod tests;
