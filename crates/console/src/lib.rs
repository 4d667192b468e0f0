//! The console: the pages of the file manager inside the binary, and what a browser may do with them.
//!
//! Its sources are in `console/`, where `npm run build` writes `dist` and the list of its files. This crate knows no HTTP
//! library: `fm-http` serves what it holds.

mod coding;
mod embedded;
mod files;
mod policy;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

pub use coding::Coding;
use embedded::Embedded;
pub use policy::ContentSources;

/// Digits of a tag: 128 bits of a SHA-256.
const TAG_DIGITS: usize = 32;

/// The console of one deployment.
pub struct Console {
    page: Asset,
    files: HashMap<&'static str, Asset>,
    policy: String,
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Console {
    /// The console below this path, empty or `/path`, which the proxy before the program takes off; its pages read files from
    /// these sources.
    #[must_use]
    pub fn new(base_path: &str, sources: &ContentSources) -> Self {
        let policy = policy::policy(sources);
        let files = files::FILES.iter().map(|file| (file.path, Asset::new(file, ""))).collect();
        Self { page: page(base_path, &policy), files, policy }
    }

    /// The page that shows every path of the console.
    #[must_use]
    pub const fn page(&self) -> &Asset {
        &self.page
    }

    /// The file at this path, without a slash at its beginning: `assets/app-….js`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&Asset> {
        self.files.get(path)
    }

    /// The value of `Content-Security-Policy` for the page.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }
}

/// The page, whose links begin with the base path. Its tag changes with its policy too: what a browser has of the page comes
/// with the fields of the answer that it came in.
fn page(base_path: &str, policy: &str) -> Asset {
    let built = Asset::new(&files::PAGE, policy);
    if base_path.is_empty() {
        return built;
    }
    let text = String::from_utf8_lossy(files::PAGE.plain).replace("=\"/", &format!("=\"{base_path}/"));
    let plain = Bytes::from(text);
    Asset { tag: tag(&plain, policy), plain, compressed: None, ..built }
}

/// A file as clients get it.
pub struct Asset {
    content_type: &'static str,
    tag: String,
    is_immutable: bool,
    plain: Bytes,
    compressed: Option<Compressed>,
}

struct Compressed {
    gzip: Bytes,
    brotli: Bytes,
}

/// The bytes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// How they are encoded.
    pub coding: Coding,
    /// The opaque part of their strong entity tag: that of the file, and the coding behind it.
    pub tag: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl Asset {
    /// A file that was built; its tag depends on this context as well.
    fn new(file: &Embedded, context: &str) -> Self {
        Self {
            content_type: file.content_type,
            tag: tag(file.plain, context),
            // Its name has a hash of its contents.
            is_immutable: file.path.starts_with("assets/"),
            plain: Bytes::from_static(file.plain),
            compressed: Some(Compressed {
                gzip: Bytes::from_static(file.gzip),
                brotli: Bytes::from_static(file.brotli),
            }),
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Whether what is at its path never changes.
    #[must_use]
    pub const fn is_immutable(&self) -> bool {
        self.is_immutable
    }

    /// The opaque part of its entity tag, which that of each coding begins with.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The file in this coding, or as it is where it is not there in this coding.
    #[must_use]
    pub fn encoded(&self, wanted: Coding) -> Encoded {
        let (coding, bytes) = match (wanted, &self.compressed) {
            (Coding::Gzip, Some(compressed)) => (Coding::Gzip, &compressed.gzip),
            (Coding::Brotli, Some(compressed)) => (Coding::Brotli, &compressed.brotli),
            (Coding::Identity, _) | (_, None) => (Coding::Identity, &self.plain),
        };
        let tag = match coding.name() {
            Some(name) => format!("{}-{name}", self.tag),
            None => self.tag.clone(),
        };
        Encoded { coding, tag, bytes: bytes.clone() }
    }
}

fn tag(bytes: &[u8], context: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hash.update(context);
    let mut tag = hex::encode(hash.finalize());
    tag.truncate(TAG_DIGITS);
    tag
}
