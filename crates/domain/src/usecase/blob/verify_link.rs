//! A signed URL, checked.

use std::sync::Arc;
use std::time::Duration;

use crate::blob::{LinkTarget, SelfSignedLinks};
use crate::clock::{Clock, Timestamp};
use crate::ids::BlobId;
use crate::mac::MacSigner;
use crate::usecase::{Ports, Settings};

/// What a genuine, living link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLink {
    /// The blob and how to serve it.
    pub target: LinkTarget,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// What is left of its life, in whole seconds.
    pub max_age: Duration,
}

/// The link was tampered with, has expired, or is not served here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is not valid")]
pub struct Forbidden;

/// Checks the URLs that we signed ourselves.
pub struct VerifyLink {
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    serves_blobs: bool,
}

impl VerifyLink {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { macs: ports.macs.clone(), clock: ports.clock.clone(), serves_blobs: settings.serves_blobs }
    }

    /// What the link of this blob leads to.
    pub fn run(&self, blob: BlobId, token: &str) -> Result<VerifiedLink, Forbidden> {
        if !self.serves_blobs {
            return Err(Forbidden);
        }
        let now = self.clock.now();
        let (target, expires_at) = SelfSignedLinks::open(blob, token, self.macs.as_ref()).ok_or(Forbidden)?;
        if now >= expires_at {
            return Err(Forbidden);
        }
        let left = expires_at.unix_seconds().saturating_sub(now.unix_seconds());
        let max_age = Duration::from_secs(u64::try_from(left).unwrap_or(0));
        Ok(VerifiedLink { target, expires_at, max_age })
    }
}
