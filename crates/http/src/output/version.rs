//! Versions of files as clients see them.

use std::time::Duration;

use fm_api_types::{Download, Secret, Version, VersionAuthor};
use fm_application::files::FileView;
use fm_application::tree::VersionView;
use fm_domain::tree::Label;

/// The present content of a file.
pub(crate) fn current_version(view: &FileView, author: VersionAuthor) -> Version {
    let file = &view.file;
    Version {
        number: file.version.number(),
        current: true,
        content_type: file.content_type.as_str().to_owned(),
        size: file.size.bytes(),
        sha256: file.sha256.map(|hash| hash.to_string()),
        created_at: file.content_at.into(),
        created_by: author,
        expires_at: None,
        pinned: false,
        label: None,
        download: Download { url: Secret::new(view.download.expose()), expires_at: view.expires_at.into() },
    }
}

/// A content that a file had before, which is kept so long after it was replaced.
pub(crate) fn old_version(view: &VersionView, author: VersionAuthor, kept: Duration) -> Version {
    let version = &view.version;
    let expires_at = version.replaced_at.plus(kept);
    Version {
        number: version.number.number(),
        current: false,
        content_type: version.content_type.as_str().to_owned(),
        size: version.size.bytes(),
        sha256: version.sha256.map(|hash| hash.to_string()),
        created_at: version.created_at.into(),
        created_by: author,
        expires_at: (!version.is_pinned).then(|| expires_at.into()),
        pinned: version.is_pinned,
        label: version.label.as_ref().map(|label| Label::as_str(label).to_owned()),
        download: Download {
            url: Secret::new(view.download.expose()),
            expires_at: view.url_expires_at.into(),
        },
    }
}
