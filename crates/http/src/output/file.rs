//! Files as clients see them.

use fm_application::files::{FileList, FileView};
use fm_domain::blobs::SignedUrl;
use fm_domain::files::{Sha256, ThumbnailState};
use fm_domain::ids::FileId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// A file.
#[derive(Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileJson<'a> {
    #[schema(value_type = String, format = Uuid, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10")]
    id: FileId,
    /// What it is called.
    #[schema(example = "café.png", max_length = 255)]
    name: &'a str,
    /// What its bytes are, by what they begin with.
    #[schema(example = "image/png")]
    content_type: &'a str,
    /// Bytes.
    #[schema(example = 48213)]
    size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits; null while those of a direct upload have not been read yet.
    #[schema(value_type = Option<String>, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: Option<Sha256>,
    /// When it was uploaded.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Time,
    /// When its owner last edited it.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    updated_at: Time,
    thumbnail: ThumbnailJson<'a>,
    download: DownloadJson<'a>,
}

/// How a file's thumbnail stands. The last three are null unless it is ready.
#[derive(Serialize, ToSchema)]
#[schema(as = Thumbnail)]
struct ThumbnailJson<'a> {
    /// `pending`, `ready`, `none` (not a picture) or `failed` (a picture that can't be decoded safely).
    #[schema(example = "ready")]
    status: &'static str,
    /// A signed URL that shows it.
    #[schema(example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a12?token=…")]
    url: Option<&'a str>,
    /// Pixels.
    #[schema(example = 64)]
    width: Option<u32>,
    /// Pixels.
    #[schema(example = 43)]
    height: Option<u32>,
}

/// Where a file's bytes are, for whoever has the URL.
#[derive(Serialize, ToSchema)]
#[schema(as = Download)]
struct DownloadJson<'a> {
    /// A signed URL that saves them.
    #[schema(example = "https://files.example/v1/blobs/0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a11?token=…")]
    url: &'a str,
    /// Until when the URLs work.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T13:00:00.000000Z")]
    expires_at: Time,
}

impl<'a> FileJson<'a> {
    pub(crate) fn of(view: &'a FileView) -> Self {
        let file = &view.file;
        let (width, height) = match file.thumbnail {
            ThumbnailState::Ready { width, height, .. } => (Some(width), Some(height)),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed => (None, None),
        };
        Self {
            id: file.id,
            name: file.name.as_str(),
            content_type: file.content_type.as_str(),
            size: file.size.bytes(),
            sha256: file.sha256,
            created_at: Time(file.created_at),
            updated_at: Time(file.updated_at),
            thumbnail: ThumbnailJson {
                status: file.thumbnail.as_str(),
                url: view.thumbnail.as_ref().map(SignedUrl::expose),
                width,
                height,
            },
            download: DownloadJson { url: view.download.expose(), expires_at: Time(view.expires_at) },
        }
    }
}

/// A page of files.
#[derive(Serialize, ToSchema)]
#[schema(as = FileList)]
pub(crate) struct FileListJson<'a> {
    items: Vec<FileJson<'a>>,
    /// What to send as `cursor` for the next page; null on the last one.
    next_cursor: Option<&'a str>,
}

impl<'a> FileListJson<'a> {
    pub(crate) fn of(list: &'a FileList) -> Self {
        Self {
            items: list.items.iter().map(FileJson::of).collect(),
            next_cursor: list.next_cursor.as_deref(),
        }
    }
}
