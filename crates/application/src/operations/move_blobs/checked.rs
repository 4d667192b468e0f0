//! Bytes that are hashed on their way, and end with an error unless they are those that are recorded: no store makes a blob of
//! them then.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sha2::Digest as _;

use crate::operations::verify::Wrong;
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::files::Sha256;

/// What is wrong with the bytes, once they have passed.
pub(super) type Verdict = Arc<OnceLock<Wrong>>;

struct Check {
    bytes: ByteStream,
    hash: sha2::Sha256,
    length: u64,
    size: ByteSize,
    recorded: Option<Sha256>,
    verdict: Verdict,
    has_ended: bool,
}

/// The same bytes; what is wrong with them is in the verdict. Without a recorded hash their number alone is checked.
pub(super) fn checked(bytes: ByteStream, size: ByteSize, recorded: Option<Sha256>) -> (ByteStream, Verdict) {
    let verdict = Verdict::default();
    let check = Check {
        bytes,
        hash: sha2::Sha256::new(),
        length: 0,
        size,
        recorded,
        verdict: Arc::clone(&verdict),
        has_ended: false,
    };
    (stream::unfold(check, Check::next).fuse().boxed(), verdict)
}

impl Check {
    async fn next(mut self) -> Option<(Result<Bytes, BodyError>, Self)> {
        if self.has_ended {
            return None;
        }
        let next = match self.bytes.next().await {
            Some(Ok(bytes)) => {
                self.length = self.length.saturating_add(bytes.len() as u64);
                self.hash.update(&bytes);
                return Some((Ok(bytes), self));
            }
            Some(Err(error)) => {
                self.tell(Wrong::Unreadable(match &error {
                    BodyError::Source(reason) => reason.to_string(),
                    other => other.to_string(),
                }));
                error
            }
            None => {
                let wrong = self.wrong()?;
                self.tell(wrong);
                BodyError::DigestMismatch
            }
        };
        self.has_ended = true;
        Some((Err(next), self))
    }

    fn tell(&self, wrong: Wrong) {
        // It is told once: nothing follows an error.
        let _first = self.verdict.set(wrong);
    }

    fn wrong(&mut self) -> Option<Wrong> {
        if self.length != self.size.bytes() {
            return Some(Wrong::Size { recorded: self.size, stored: ByteSize::new(self.length) });
        }
        let recorded = self.recorded?;
        let stored = Sha256::new(self.hash.finalize_reset().into());
        (stored != recorded).then_some(Wrong::Hash { recorded, stored })
    }
}
