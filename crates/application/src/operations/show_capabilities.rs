//! What this deployment offers.

use std::time::Duration;

use crate::ports::{Ports, Retention, Settings};
use crate::uploads::part_size;
use fm_domain::body::ByteSize;
use fm_domain::files::{FileName, MediaType};

/// The longest life of a signed URL: what SigV4 allows.
const MAX_SIGNED_URL: Duration = Duration::from_hours(7 * 24);

/// Limits and offers of this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an offer of its own, not a state")]
pub struct Capabilities {
    /// The largest file, by whichever is smaller: the configuration or the store.
    pub max_upload: ByteSize,
    /// The largest file of an upload that takes many requests.
    pub max_resumable: ByteSize,
    /// Whether resumable uploads are offered.
    pub resumable: bool,
    /// Whether direct uploads are offered.
    pub direct: bool,
    /// The size of the parts of a direct upload; larger ones where there would be more than 1,000 of them.
    pub part_size: Option<ByteSize>,
    /// How long an upload that takes many requests lives without a sign of life.
    pub upload_ttl: Duration,
    /// How much one user may keep.
    pub quota: Option<ByteSize>,
    /// The longest name of a file.
    pub name_max_chars: usize,
    /// The types that get thumbnails.
    pub thumbnail_formats: Vec<MediaType>,
    /// The life of the URLs in a file's body.
    pub signed_url: Duration,
    /// The longest life of a signed URL.
    pub max_signed_url: Duration,
    /// Whether anyone may register.
    pub registration_open: bool,
    /// How long the trash and old versions are kept.
    pub retention: Retention,
    /// Whether new names have to be ones that every system can hold.
    pub names_portable: bool,
}

/// Shows what this deployment offers.
pub struct ShowCapabilities {
    capabilities: Capabilities,
}

impl ShowCapabilities {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        let direct = ports.direct.as_ref().filter(|_| settings.direct_uploads);
        let capabilities = Capabilities {
            max_upload: settings.max_upload.min(ports.blobs.limits().max_blob),
            max_resumable: settings.max_resumable.min(ports.blobs.limits().max_blob),
            resumable: ports.resumable.is_some() && settings.resumable_uploads,
            direct: direct.is_some(),
            part_size: direct.map(|direct| part_size(ByteSize::ZERO, direct.store.part_limits())),
            upload_ttl: settings.upload_ttl,
            quota: settings.quota,
            name_max_chars: FileName::MAX_CHARS,
            thumbnail_formats: ports.thumbnailer.formats(),
            signed_url: settings.signed_url_ttl,
            max_signed_url: MAX_SIGNED_URL,
            registration_open: settings.registration_open,
            retention: settings.retention,
            names_portable: settings.names_portable,
        };
        Self { capabilities }
    }

    /// They never change while the process runs.
    #[must_use]
    pub const fn run(&self) -> &Capabilities {
        &self.capabilities
    }
}

#[cfg(test)]
mod tests;
