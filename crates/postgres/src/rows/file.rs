//! Rows of `files`.

use diesel::prelude::*;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileName, MediaType, Revision, ThumbnailState};
use fm_domain::ids::{BlobId, FileId, UserId};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::files;
use crate::value::{Moment, bigint, count, integer, sha256, size};

/// A file, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = files, check_for_backend(diesel::pg::Pg))]
pub(crate) struct FileRow {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    content_type: String,
    charset: Option<String>,
    size_bytes: i64,
    sha256: Option<Vec<u8>>,
    blob_id: Uuid,
    thumbnail_state: String,
    thumbnail_blob_id: Option<Uuid>,
    thumbnail_width: Option<i32>,
    thumbnail_height: Option<i32>,
    thumbnail_failures: i32,
    revision: i64,
    created_at: Moment,
    updated_at: Moment,
}

impl FileRow {
    /// The file that the row holds.
    pub(crate) fn into_file(self) -> PortResult<File> {
        Ok(File {
            thumbnail: self.thumbnail()?,
            id: FileId::new(self.id),
            owner: UserId::new(self.owner_id),
            name: FileName::from_trusted(self.name),
            content_type: content_type(self.content_type, self.charset.as_deref()),
            size: size("files.size_bytes", self.size_bytes)?,
            sha256: self.sha256.map(|bytes| sha256("files.sha256", &bytes)).transpose()?,
            blob: BlobId::new(self.blob_id),
            revision: Revision::new(count("files.revision", self.revision)?),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }

    fn thumbnail(&self) -> PortResult<ThumbnailState> {
        let pixels = |number: i32| u32::try_from(number).map_err(corrupt("files.thumbnail_width"));
        let ready = (self.thumbnail_blob_id, self.thumbnail_width, self.thumbnail_height);
        Ok(match (self.thumbnail_state.as_str(), ready) {
            ("none", _) => ThumbnailState::None,
            ("pending", _) => ThumbnailState::Pending,
            ("failed", _) => ThumbnailState::Failed {
                times: u32::try_from(self.thumbnail_failures).map_err(corrupt("files.thumbnail_failures"))?,
            },
            ("ready", (Some(blob), Some(width), Some(height))) => ThumbnailState::Ready {
                blob: BlobId::new(blob),
                width: pixels(width)?,
                height: pixels(height)?,
            },
            (other, _) => {
                let source = format!("{other} is no state, or lacks its blob").into();
                return Err(PortError::Corrupt { what: "files.thumbnail_state", source });
            }
        })
    }
}

/// A charset that a later version writes and that is none here counts as none.
fn content_type(essence: String, charset: Option<&str>) -> MediaType {
    MediaType::from_trusted(essence, charset.and_then(|name| name.parse().ok()))
}

/// How a thumbnail stands, as it is written: all of it at once.
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = files, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct ThumbnailRow {
    thumbnail_state: &'static str,
    thumbnail_blob_id: Option<Uuid>,
    thumbnail_width: Option<i32>,
    thumbnail_height: Option<i32>,
    thumbnail_failures: i32,
}

impl ThumbnailRow {
    /// The columns of this state.
    pub(crate) fn of(state: &ThumbnailState) -> Self {
        let (width, height) = match state {
            ThumbnailState::Ready { width, height, .. } => (Some(integer(*width)), Some(integer(*height))),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
        };
        Self {
            thumbnail_state: state.as_str(),
            thumbnail_blob_id: state.blob().map(BlobId::uuid),
            thumbnail_width: width,
            thumbnail_height: height,
            thumbnail_failures: integer(state.failures()),
        }
    }
}

/// Everything of a file that an edit may replace, as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = files, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct FileEdit {
    name: String,
    name_sort: String,
    name_search: String,
    content_type: String,
    charset: Option<String>,
    size_bytes: i64,
    sha256: Option<Vec<u8>>,
    blob_id: Uuid,
    revision: i64,
    updated_at: Moment,
}

impl FileEdit {
    /// The columns of this file.
    pub(crate) fn of(file: &File) -> Self {
        Self {
            name: file.name.as_str().to_owned(),
            name_sort: file.name.sort_key(),
            name_search: file.name.search_key(),
            content_type: file.content_type.as_str().to_owned(),
            charset: file.content_type.charset().map(ToString::to_string),
            size_bytes: bigint(file.size.bytes()),
            sha256: file.sha256.map(|hash| hash.as_bytes().to_vec()),
            blob_id: file.blob.uuid(),
            revision: bigint(file.revision.number()),
            updated_at: Moment(file.updated_at),
        }
    }
}

/// A whole file, as it is written first.
#[derive(Insertable)]
#[diesel(table_name = files, treat_none_as_default_value = false)]
pub(crate) struct NewFileRow {
    id: Uuid,
    owner_id: Uuid,
    created_at: Moment,
    #[diesel(embed)]
    edit: FileEdit,
    #[diesel(embed)]
    thumbnail: ThumbnailRow,
}

impl NewFileRow {
    /// The row that holds this file.
    pub(crate) fn of(file: &File) -> Self {
        Self {
            id: file.id.uuid(),
            owner_id: file.owner.uuid(),
            created_at: Moment(file.created_at),
            edit: FileEdit::of(file),
            thumbnail: ThumbnailRow::of(&file.thumbnail),
        }
    }
}
