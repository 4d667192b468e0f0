//! Rows of `nodes`: files and folders.

use diesel::prelude::*;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileName, MediaType, Placeholder, Revision, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId};
use fm_domain::tree::{Ancestor, Folder, Item, ItemKind};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::nodes;
use crate::value::{Moment, bigint, count, integer, sha256, size};

/// An item, living or in the trash, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = nodes, check_for_backend(diesel::pg::Pg))]
pub(crate) struct NodeRow {
    id: Uuid,
    drive_id: Uuid,
    parent_id: Option<Uuid>,
    kind: String,
    name: String,
    content_type: Option<String>,
    charset: Option<String>,
    size_bytes: Option<i64>,
    sha256: Option<Vec<u8>>,
    blob_id: Option<Uuid>,
    thumbnail_state: Option<String>,
    thumbnail_blob_id: Option<Uuid>,
    thumbnail_width: Option<i32>,
    thumbnail_height: Option<i32>,
    thumbnail_failures: i32,
    thumbnail_placeholder: Option<Vec<u8>>,
    version: i32,
    content_at: Moment,
    modified_at: Moment,
    revision: i64,
    trashed_from: Option<Uuid>,
    created_at: Moment,
    updated_at: Moment,
}

/// The columns of a [`NodeRow`] in its order, out of the table that is called so in the statement.
macro_rules! node_columns {
    ($of:literal) => {
        node_columns!(
            @ $of id drive_id parent_id kind name content_type charset size_bytes sha256 blob_id thumbnail_state
            thumbnail_blob_id thumbnail_width thumbnail_height thumbnail_failures thumbnail_placeholder version
            content_at modified_at revision trashed_from created_at; updated_at
        )
    };
    (@ $of:literal $($column:ident)+; $last:ident) => {
        concat!($($of, ".", stringify!($column), ", ",)+ $of, ".", stringify!($last))
    };
}
pub(crate) use node_columns;

impl NodeRow {
    /// The item that the row holds.
    pub(crate) fn into_item(self) -> PortResult<Item> {
        match self.kind.parse::<ItemKind>().map_err(corrupt("nodes.kind"))? {
            ItemKind::File => self.into_file().map(Item::File),
            ItemKind::Folder => self.into_folder().map(Item::Folder),
        }
    }

    /// The file that the row of a file holds.
    pub(crate) fn into_file(self) -> PortResult<File> {
        let parent = self.parent().ok_or_else(|| missing("nodes.parent_id"))?;
        let essence = self.content_type.as_deref().ok_or_else(|| missing("nodes.content_type"))?;
        Ok(File {
            thumbnail: self.thumbnail()?,
            content_type: content_type(essence.to_owned(), self.charset.as_deref()),
            id: FileId::new(self.id),
            owner: DriveId::new(self.drive_id).owner(),
            parent,
            name: FileName::from_trusted(self.name),
            size: size("nodes.size_bytes", self.size_bytes.ok_or_else(|| missing("nodes.size_bytes"))?)?,
            sha256: self.sha256.map(|bytes| sha256("nodes.sha256", &bytes)).transpose()?,
            blob: BlobId::new(self.blob_id.ok_or_else(|| missing("nodes.blob_id"))?),
            version: version_number("nodes.version", self.version)?,
            revision: Revision::new(count("nodes.revision", self.revision)?),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            content_at: self.content_at.0,
            modified_at: self.modified_at.0,
        })
    }

    fn into_folder(self) -> PortResult<Folder> {
        Ok(Folder {
            id: NodeId::new(self.id),
            drive: DriveId::new(self.drive_id),
            parent: self.parent(),
            name: name(self.name),
            revision: Revision::new(count("nodes.revision", self.revision)?),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            modified_at: self.modified_at.0,
        })
    }

    /// The folder that it lies in, or of a top of the trash the one that it was in.
    fn parent(&self) -> Option<NodeId> {
        self.parent_id.or(self.trashed_from).map(NodeId::new)
    }

    fn thumbnail(&self) -> PortResult<ThumbnailState> {
        let pixels = |number: i32| u32::try_from(number).map_err(corrupt("nodes.thumbnail_width"));
        let ready = (self.thumbnail_blob_id, self.thumbnail_width, self.thumbnail_height);
        Ok(match (self.thumbnail_state.as_deref().unwrap_or_default(), ready) {
            ("none", _) => ThumbnailState::None,
            ("pending", _) => ThumbnailState::Pending,
            ("failed", _) => ThumbnailState::Failed {
                times: u32::try_from(self.thumbnail_failures).map_err(corrupt("nodes.thumbnail_failures"))?,
            },
            ("ready", (Some(blob), Some(width), Some(height))) => ThumbnailState::Ready {
                blob: BlobId::new(blob),
                width: pixels(width)?,
                height: pixels(height)?,
                placeholder: placeholder(self.thumbnail_placeholder.as_deref())?,
            },
            (other, _) => {
                let source = format!("{other} is no state, or lacks its blob").into();
                return Err(PortError::Corrupt { what: "nodes.thumbnail_state", source });
            }
        })
    }
}

/// What stands in for a picture out of its column.
pub(crate) fn placeholder(hash: Option<&[u8]>) -> PortResult<Option<Placeholder>> {
    let wrong = || corrupt("nodes.thumbnail_placeholder")("has no bytes, or too many");
    hash.map(|hash| Placeholder::new(hash).ok_or_else(wrong)).transpose()
}

fn missing(what: &'static str) -> PortError {
    corrupt(what)("a file lacks it")
}

/// The name of an item; none of a root.
fn name(text: String) -> Option<FileName> {
    (!text.is_empty()).then(|| FileName::from_trusted(text))
}

/// The folder that a row holds which has only this much of it.
pub(crate) fn ancestor(id: Uuid, text: String) -> Ancestor {
    Ancestor { id: NodeId::new(id), name: name(text) }
}

/// A charset that a later version writes and that is none here counts as none.
pub(super) fn content_type(essence: String, charset: Option<&str>) -> MediaType {
    MediaType::from_trusted(essence, charset.and_then(|name| name.parse().ok()))
}

/// The number of a content out of its column.
pub(super) fn version_number(what: &'static str, number: i32) -> PortResult<VersionNumber> {
    u32::try_from(number).map(VersionNumber::new).map_err(corrupt(what))
}

/// The state of a thumbnail, as it is written: all of it at once.
#[expect(clippy::struct_field_names, reason = "the columns are called so")]
#[derive(AsChangeset)]
#[diesel(table_name = nodes, treat_none_as_null = true)]
pub(crate) struct ThumbnailRow {
    pub(super) thumbnail_state: &'static str,
    pub(super) thumbnail_blob_id: Option<Uuid>,
    pub(super) thumbnail_width: Option<i32>,
    pub(super) thumbnail_height: Option<i32>,
    pub(super) thumbnail_failures: i32,
    pub(super) thumbnail_placeholder: Option<Vec<u8>>,
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
            thumbnail_placeholder: state.placeholder().map(|hash| hash.as_bytes().to_vec()),
        }
    }
}

/// Everything of a file that an edit of it may replace, as it is written: all but its folder.
#[derive(AsChangeset)]
#[diesel(table_name = nodes, treat_none_as_null = true)]
pub(crate) struct FileEdit {
    name: String,
    name_sort: String,
    name_search: String,
    content_type: String,
    charset: Option<String>,
    size_bytes: i64,
    sha256: Option<Vec<u8>>,
    blob_id: Uuid,
    version: i32,
    content_at: Moment,
    modified_at: Moment,
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
            version: integer(file.version.number()),
            content_at: Moment(file.content_at),
            modified_at: Moment(file.modified_at),
            revision: bigint(file.revision.number()),
            updated_at: Moment(file.updated_at),
        }
    }
}

/// Everything of an item that a move replaces, as it is written.
#[derive(AsChangeset)]
#[diesel(table_name = nodes)]
pub(crate) struct NodePlace {
    parent_id: Uuid,
    name: String,
    name_sort: String,
    name_search: String,
    modified_at: Moment,
    revision: i64,
    updated_at: Moment,
}

impl NodePlace {
    /// The columns of this item, which is to be in this folder under this name.
    pub(crate) fn of(item: &Item, parent: NodeId, name: &FileName) -> Self {
        let modified_at = match item {
            Item::Folder(folder) => folder.modified_at,
            Item::File(file) => file.modified_at,
        };
        Self {
            parent_id: parent.uuid(),
            name: name.as_str().to_owned(),
            name_sort: name.sort_key(),
            name_search: name.search_key(),
            modified_at: Moment(modified_at),
            revision: bigint(item.revision().number()),
            updated_at: Moment(item.updated_at()),
        }
    }
}
