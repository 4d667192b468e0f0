//! A stream that is counted and hashed while it passes, and cut where it grows too long.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sha2::Digest as _;

use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::files::{Charset, CharsetCheck, Sha256};

/// How long a body may grow.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The largest body.
    pub max: ByteSize,
    /// What the owner's quota has room for.
    pub quota: Option<ByteSize>,
}

impl Limit {
    fn check(self, size: u64) -> Result<(), BodyError> {
        if size > self.max.bytes() {
            return Err(BodyError::TooLarge { limit: self.max });
        }
        if self.quota.is_some_and(|quota| size > quota.bytes()) {
            return Err(BodyError::QuotaExceeded);
        }
        Ok(())
    }
}

/// What passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metered {
    /// How many bytes.
    pub size: ByteSize,
    /// Their hash.
    pub sha256: Sha256,
    /// The charset of a text, where it was looked for and found.
    pub charset: Option<Charset>,
}

/// Tells what passed, once it has passed whole.
pub struct Meter {
    result: Arc<Mutex<Option<Metered>>>,
}

struct State {
    source: ByteStream,
    hash: sha2::Sha256,
    charset: Option<CharsetCheck>,
    size: u64,
    limit: Limit,
    length: Option<ByteSize>,
    expected: Option<Sha256>,
    result: Arc<Mutex<Option<Metered>>>,
}

impl Meter {
    /// Wraps `source`, and looks for the charset of its text if `charset` says so. A body that is longer or shorter
    /// than `length`, or has another hash than `expected`, ends with an error, never as if it were whole.
    #[must_use]
    pub fn wrap(
        source: ByteStream,
        limit: Limit,
        length: Option<ByteSize>,
        expected: Option<Sha256>,
        charset: Option<CharsetCheck>,
    ) -> (Self, ByteStream) {
        let result = Arc::new(Mutex::new(None));
        let state = State {
            source,
            hash: sha2::Sha256::new(),
            charset,
            size: 0,
            limit,
            length,
            expected,
            result: Arc::clone(&result),
        };
        let metered = stream::unfold(Some(state), |state| async move {
            let mut state = state?;
            match state.step().await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(state))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        (Self { result }, metered.boxed())
    }

    /// What passed, if the body ended as it should.
    pub fn result(&self) -> Option<Metered> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    async fn step(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(bytes) = self.source.next().await.transpose()? else {
            self.finish()?;
            return Ok(None);
        };
        self.size += bytes.len() as u64;
        self.limit.check(self.size)?;
        if self.length.is_some_and(|length| self.size > length.bytes()) {
            return Err(BodyError::Malformed("the body is longer than declared"));
        }
        self.hash.update(&bytes);
        if let Some(charset) = &mut self.charset {
            charset.update(&bytes);
        }
        Ok(Some(bytes))
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        if self.length.is_some_and(|length| self.size < length.bytes()) {
            return Err(BodyError::Aborted);
        }
        let sha256 = Sha256::new(self.hash.finalize_reset().into());
        if self.expected.is_some_and(|expected| expected != sha256) {
            return Err(BodyError::DigestMismatch);
        }
        let charset = self.charset.as_ref().and_then(CharsetCheck::finish);
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Metered { size: ByteSize::new(self.size), sha256, charset });
        Ok(())
    }
}

/// Takes chunks off the stream until they hold at least `wanted` bytes, or it ends.
pub async fn head(stream: &mut ByteStream, wanted: usize) -> Result<Vec<Bytes>, BodyError> {
    let mut head = Vec::new();
    let mut size = 0;
    while size < wanted {
        let Some(bytes) = stream.next().await.transpose()? else { break };
        size += bytes.len();
        head.push(bytes);
    }
    Ok(head)
}

#[cfg(test)]
mod tests;
