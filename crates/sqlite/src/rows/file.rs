//! Files.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileName, MediaType, Revision, Sha256, ThumbnailState};
use fm_domain::ids::{BlobId, FileId, UserId};

use super::{Bytes, Id, number, size, stored_number, stored_size};
use crate::error::corrupt;
use crate::schema::files;

/// A row of `files`. As a change it replaces everything that an edit may replace.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = files, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct FileRow {
    id: Id,
    #[diesel(skip_update)]
    owner: Id,
    name: String,
    name_sort: String,
    name_search: String,
    content_type: String,
    charset: Option<String>,
    family: String,
    size: i64,
    sha256: Option<Bytes<32>>,
    blob: Id,
    thumbnail: String,
    thumbnail_blob: Option<Id>,
    thumbnail_width: Option<i64>,
    thumbnail_height: Option<i64>,
    thumbnail_failures: i64,
    revision: i64,
    #[diesel(skip_update)]
    created_at: i64,
    updated_at: i64,
}

/// The state of a thumbnail, as a change.
#[derive(AsChangeset)]
#[diesel(table_name = files, treat_none_as_null = true)]
pub(crate) struct ThumbnailRow {
    thumbnail: String,
    thumbnail_blob: Option<Id>,
    thumbnail_width: Option<i64>,
    thumbnail_height: Option<i64>,
    thumbnail_failures: i64,
}

impl From<&ThumbnailState> for ThumbnailRow {
    fn from(state: &ThumbnailState) -> Self {
        let (width, height) = match *state {
            ThumbnailState::Ready { width, height, .. } => (Some(width.into()), Some(height.into())),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
        };
        Self {
            thumbnail: state.as_str().to_owned(),
            thumbnail_blob: state.blob().map(|blob| Id::of(blob.uuid())),
            thumbnail_width: width,
            thumbnail_height: height,
            thumbnail_failures: state.failures().into(),
        }
    }
}

impl From<&File> for FileRow {
    fn from(file: &File) -> Self {
        let state = ThumbnailRow::from(&file.thumbnail);
        Self {
            id: Id::of(file.id.uuid()),
            owner: Id::of(file.owner.uuid()),
            name: file.name.as_str().to_owned(),
            name_sort: file.name.sort_key(),
            name_search: file.name.search_key(),
            content_type: file.content_type.as_str().to_owned(),
            charset: file.content_type.charset().map(ToString::to_string),
            family: file.content_type.family().to_owned(),
            size: stored_size(file.size),
            sha256: file.sha256.map(|hash| Bytes(*hash.as_bytes())),
            blob: Id::of(file.blob.uuid()),
            thumbnail: state.thumbnail,
            thumbnail_blob: state.thumbnail_blob,
            thumbnail_width: state.thumbnail_width,
            thumbnail_height: state.thumbnail_height,
            thumbnail_failures: state.thumbnail_failures,
            revision: stored_number(file.revision.number()),
            created_at: file.created_at.unix_micros(),
            updated_at: file.updated_at.unix_micros(),
        }
    }
}

impl TryFrom<FileRow> for File {
    type Error = PortError;

    fn try_from(row: FileRow) -> PortResult<Self> {
        let thumbnail = thumbnail(&row)?;
        Ok(Self {
            id: FileId::new(row.id.uuid()),
            owner: UserId::new(row.owner.uuid()),
            name: FileName::from_trusted(row.name),
            content_type: content_type(row.content_type, row.charset.as_deref()),
            size: size("files.size", row.size)?,
            sha256: row.sha256.map(|hash| Sha256::new(hash.0)),
            blob: BlobId::new(row.blob.uuid()),
            thumbnail,
            revision: Revision::new(number("files.revision", row.revision)?),
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

/// A charset that a later version writes and that is none here counts as none.
fn content_type(essence: String, charset: Option<&str>) -> MediaType {
    MediaType::from_trusted(essence, charset.and_then(|name| name.parse().ok()))
}

fn thumbnail(row: &FileRow) -> PortResult<ThumbnailState> {
    match (row.thumbnail.as_str(), row.thumbnail_blob, row.thumbnail_width, row.thumbnail_height) {
        ("none", ..) => Ok(ThumbnailState::None),
        ("pending", ..) => Ok(ThumbnailState::Pending),
        ("failed", ..) => {
            Ok(ThumbnailState::Failed { times: number("files.thumbnail_failures", row.thumbnail_failures)? })
        }
        ("ready", Some(blob), Some(width), Some(height)) => Ok(ThumbnailState::Ready {
            blob: BlobId::new(blob.uuid()),
            width: number("files.thumbnail_width", width)?,
            height: number("files.thumbnail_height", height)?,
        }),
        _ => Err(corrupt("files.thumbnail")("is not a state of a thumbnail")),
    }
}
