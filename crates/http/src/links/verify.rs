//! A signed URL, checked.

use std::sync::Arc;
use std::time::Duration;

use super::{SelfSignedLinks, SelfSignedParts};
use fm_application::wiring::{Ports, Settings};
use fm_domain::blobs::{LinkTarget, PartLink};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::ids::{BlobId, UploadId};
use fm_domain::mac::MacSigner;

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
#[derive(Clone)]
pub struct LinkVerifier {
    macs: Arc<dyn MacSigner>,
    clock: Arc<dyn Clock>,
    serves_blobs: bool,
    receives_parts: bool,
}

impl LinkVerifier {
    /// Checks by these MACs and this clock. No link is valid that the store serves itself.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            macs: ports.macs.clone(),
            clock: ports.clock.clone(),
            serves_blobs: settings.serves_blobs,
            receives_parts: ports.direct.as_ref().is_some_and(|direct| direct.receiver.is_some()),
        }
    }

    /// What the link of this blob leads to.
    pub fn download(&self, blob: BlobId, token: &str) -> Result<VerifiedLink, Forbidden> {
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

    /// What the link of this part allows to send.
    pub fn part(&self, upload: UploadId, number: u32, token: &str) -> Result<PartLink, Forbidden> {
        if !self.receives_parts {
            return Err(Forbidden);
        }
        let link = SelfSignedParts::open(upload, number, token, self.macs.as_ref()).ok_or(Forbidden)?;
        if link.expires_at <= self.clock.now() { Err(Forbidden) } else { Ok(link) }
    }
}

#[cfg(test)]
mod tests;
