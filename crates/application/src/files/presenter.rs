//! A file as its owner sees it: with signed URLs.

use std::sync::Arc;
use std::time::Duration;

use crate::files::url_validity::UrlValidity;
use crate::ports::{Ports, Settings};
use fm_domain::blobs::{BlobKey, Disposition, DownloadLink, LinkTarget, SignDownload, SignedUrl};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::previews::{PictureFormat, PreviewPicture};

/// A file with the URLs that lead to its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// The file.
    pub file: File,
    /// Leads to the bytes, as an attachment.
    pub download: SignedUrl,
    /// The beginning of the time in which the URLs work: it changes when they do.
    pub valid_from: Timestamp,
    /// Until when the URLs work.
    pub expires_at: Timestamp,
    /// Leads to the thumbnail, where there is one.
    pub thumbnail: Option<SignedUrl>,
}

impl FileView {
    /// The file's entity tag (RFC 9110, section 8.8.3), without the quotes: it changes with the revision, the thumbnail and
    /// the URLs, so that "not modified" never leaves dead URLs. It begins with `r` and the revision.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(&self.file, self.valid_from)
    }
}

/// Makes views.
#[derive(Clone)]
pub(crate) struct FilePresenter {
    links: Arc<dyn SignDownload>,
    clock: Arc<dyn Clock>,
    life: Duration,
}

impl FilePresenter {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { links: ports.links.clone(), clock: ports.clock.clone(), life: settings.signed_url_ttl }
    }

    /// The file as it is seen now.
    pub(crate) async fn view(&self, file: File) -> PortResult<FileView> {
        let window = self.window(&file);
        let download = content_link(&file, Disposition::Attachment, window.from, window.until);
        let download = self.links.sign(&download).await?;
        let thumbnail = match file.thumbnail.blob() {
            Some(blob) => Some(self.links.sign(&thumbnail_link(&file, blob, window)).await?),
            None => None,
        };
        Ok(FileView { file, download, valid_from: window.from, expires_at: window.until, thumbnail })
    }

    /// A URL of the bytes in the present window.
    pub(crate) async fn content(&self, file: &File, disposition: Disposition) -> PortResult<SignedUrl> {
        let window = self.window(file);
        self.links.sign(&content_link(file, disposition, window.from, window.until)).await
    }

    /// A URL of the thumbnail in the present window.
    pub(super) async fn thumbnail(&self, file: &File, blob: BlobId) -> PortResult<SignedUrl> {
        self.links.sign(&thumbnail_link(file, blob, self.window(file))).await
    }

    /// A URL of a preview in the present window, and how long it still works.
    pub(super) async fn preview(
        &self,
        file: &File,
        picture: &PreviewPicture,
    ) -> PortResult<(SignedUrl, Duration)> {
        let now = self.clock.now();
        let window = UrlValidity::at(now, file.id, self.life);
        let link = picture_link(file, BlobKey::thumbnail(picture.blob), picture.format, window);
        Ok((self.links.sign(&link).await?, window.until.since(now)))
    }

    fn window(&self, file: &File) -> UrlValidity {
        UrlValidity::at(self.clock.now(), file.id, self.life)
    }
}

/// A link to the bytes of a file: safe for browsers, whatever was asked for.
pub(super) fn content_link(
    file: &File,
    disposition: Disposition,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> DownloadLink {
    let target = LinkTarget {
        key: BlobKey::file(file.blob),
        content_type: file.content_type.safe(),
        disposition: disposition.allowed_for(&file.content_type),
        filename: file.name.clone(),
        sha256: file.sha256,
    };
    DownloadLink { target, issued_at, expires_at }
}

/// A link to the thumbnail of a file.
fn thumbnail_link(file: &File, blob: BlobId, window: UrlValidity) -> DownloadLink {
    picture_link(file, BlobKey::thumbnail(blob), PictureFormat::Png, window)
}

/// A link to a picture that we made of a file, which is called like it.
fn picture_link(file: &File, key: BlobKey, format: PictureFormat, window: UrlValidity) -> DownloadLink {
    let target = LinkTarget {
        key,
        content_type: format.media_type(),
        disposition: Disposition::Inline,
        filename: file.name.with_extension(format.extension()),
        sha256: None,
    };
    DownloadLink { target, issued_at: window.from, expires_at: window.until }
}

fn etag(file: &File, valid_from: Timestamp) -> String {
    let thumbnail = match file.thumbnail {
        ThumbnailState::None => "n".to_owned(),
        ThumbnailState::Pending => "p".to_owned(),
        ThumbnailState::Failed { .. } => "f".to_owned(),
        ThumbnailState::Ready { blob, .. } => blob.uuid().as_simple().to_string(),
    };
    // The hash of a direct upload comes later.
    let unread = if file.sha256.is_none() { "u" } else { "" };
    format!("r{}-{thumbnail}{unread}-{:x}", file.revision.number(), valid_from.unix_seconds())
}

#[cfg(test)]
mod tests;
