//! Files as clients see them.

use fm_api_types::{Download, File, FileList, Secret, Thumbnail};
use fm_application::files::{self, FileView};
use fm_domain::files::ThumbnailState;

/// A file with its signed URLs.
pub(crate) fn file(view: &FileView) -> File {
    let file = &view.file;
    let (width, height) = match file.thumbnail {
        ThumbnailState::Ready { width, height, .. } => (Some(width), Some(height)),
        ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
    };
    File {
        id: file.id.uuid(),
        name: file.name.as_str().to_owned(),
        content_type: file.content_type.as_str().to_owned(),
        size: file.size.bytes(),
        sha256: file.sha256.map(|hash| hash.to_string()),
        created_at: file.created_at.into(),
        updated_at: file.updated_at.into(),
        thumbnail: Thumbnail {
            status: file.thumbnail.as_str().to_owned(),
            url: view.thumbnail.as_ref().map(|url| Secret::new(url.expose())),
            width,
            height,
        },
        download: Download { url: Secret::new(view.download.expose()), expires_at: view.expires_at.into() },
    }
}

/// A page of files.
pub(crate) fn file_list(list: files::FileList) -> FileList {
    FileList { items: list.items.iter().map(file).collect(), next_cursor: list.next_cursor }
}
