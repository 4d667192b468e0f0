//! The body of a request as it comes: counted, hashed where asked for, cut off when it stalls.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::web::{self, Bytes};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::files::Sha256;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256 as Hasher};
use tokio::time::{Instant, timeout};

use super::wait_allowance::WaitAllowance;

/// The body of a request.
pub(super) struct Source {
    payload: web::Payload,
    bounds: Bounds,
    read: u64,
    allowance: WaitAllowance,
    hasher: Option<Hasher>,
    failure: Option<BodyError>,
}

/// What a body may cost.
pub(super) struct Bounds {
    /// Bytes at most.
    pub(super) limit: u64,
    /// The limit that a refusal names.
    pub(super) told_limit: ByteSize,
    /// How long it may pause while it is waited for, and how long it may take over too few bytes.
    pub(super) stall: Duration,
    /// Whether it is hashed.
    pub(super) hashed: bool,
}

impl Source {
    pub(super) fn new(payload: web::Payload, bounds: Bounds) -> Self {
        let hasher = bounds.hashed.then(Hasher::new);
        let allowance = WaitAllowance::new(bounds.stall);
        Self { payload, bounds, read: 0, allowance, hasher, failure: None }
    }

    /// The next bytes; `None` when all have come. The time of the sender is counted from this call on, so that it is not
    /// blamed for time in which the server asked for no bytes. After an error every call returns the same error.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        if let Some(failure) = &self.failure {
            return Some(Err(failure.clone()));
        }
        let next = self.receive().await?.and_then(|bytes| self.count(bytes));
        self.failure = next.as_ref().err().cloned();
        Some(next)
    }

    /// The hash of all that came, if it was to be hashed.
    pub(super) fn hash(&mut self) -> Option<Sha256> {
        self.hasher.take().map(|hasher| Sha256::new(hasher.finalize().into()))
    }

    async fn receive(&mut self) -> Option<Result<Bytes, BodyError>> {
        let asked = Instant::now();
        match timeout(self.allowance.left(), self.payload.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(bytes))) => {
                self.allowance.note(asked.elapsed(), bytes.len());
                Some(Ok(bytes))
            }
            Ok(Some(Err(error))) => Some(Err(broken(&error))),
            Err(_elapsed) => Some(Err(BodyError::Stalled)),
        }
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, BodyError> {
        self.read += bytes.len() as u64;
        if self.read > self.bounds.limit {
            return Err(BodyError::TooLarge { limit: self.bounds.told_limit });
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&bytes);
        }
        Ok(bytes)
    }
}

/// What an error of the server's stream means.
fn broken(error: &PayloadError) -> BodyError {
    match error {
        PayloadError::EncodingCorrupted => BodyError::Malformed("the chunks of the body are broken"),
        _ => BodyError::Aborted,
    }
}
