//! Signed URLs: what lets a browser fetch a blob without any other credentials.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{BlobKey, Disposition};
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::files::{FileName, MediaType, Sha256};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkTarget {
    /// The blob.
    pub key: BlobKey,
    /// The type to answer with, as its text has it: with the charset. Safe for browsers (LINK-06).
    pub content_type: MediaType,
    /// Shown or saved.
    pub disposition: Disposition,
    /// What to call it when it is saved.
    pub filename: FileName,
    /// The hash of the bytes, where it is known.
    pub sha256: Option<Sha256>,
}

/// A link to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DownloadLink {
    /// What it leads to.
    pub target: LinkTarget,
    /// From when on its life is counted, at most now: equal links of one window have equal times, and so equal URLs.
    pub issued_at: Timestamp,
    /// Until when it works, to the second.
    pub expires_at: Timestamp,
}

/// Characters that no URL has (RFC 3986, section 2) and that JSON escapes. So are all beyond ASCII encoded.
const NOT_OF_A_URL: &AsciiSet = &CONTROLS.add(b'"').add(b'\\');

/// An absolute URL that carries its own authority. Never shown. Clones share its text.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(Arc<str>);

impl SignedUrl {
    /// Takes a signed URL. Characters that no URL has are percent-encoded, so that its text stands in JSON and in a header as it is, however
    /// often it is written.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(Cow::<str>::from(utf8_percent_encode(url, NOT_OF_A_URL)).into())
    }

    /// The URL, for its user alone: ASCII without control characters, `"` and `\`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUrl(…)")
    }
}

/// Signs URLs that a store (or we, on its behalf) serves.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SignDownload: Send + Sync {
    /// Signs. Cheap enough to be called a hundred times for one list; equal links give equal URLs (LINK-02), and links
    /// that differ in anything different ones (LINK-07, LINK-10).
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl>;
}

#[cfg(test)]
mod tests;
