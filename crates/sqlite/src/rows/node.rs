//! Items: files and folders.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileName, MediaType, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId, UserId};
use fm_domain::tree::{Folder, Item, ItemKind, Seq};

use super::{Bytes, Id, number, placeholder, size, stored_number, stored_size};
use crate::error::corrupt;
use crate::schema::nodes;

/// What is read of a row of `nodes`.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = nodes, check_for_backend(Sqlite))]
pub(crate) struct NodeRow {
    id: Id,
    drive: Id,
    parent: Option<Id>,
    kind: String,
    name: String,
    content_type: Option<String>,
    charset: Option<String>,
    size: Option<i64>,
    sha256: Option<Bytes<32>>,
    blob: Option<Id>,
    thumbnail: Option<String>,
    thumbnail_blob: Option<Id>,
    thumbnail_width: Option<i64>,
    thumbnail_height: Option<i64>,
    thumbnail_failures: i64,
    thumbnail_placeholder: Option<Vec<u8>>,
    version: i64,
    content_at: i64,
    modified_at: i64,
    revision: i64,
    pub(crate) trash: Option<Id>,
    trashed_from: Option<Id>,
    created_at: i64,
    updated_at: i64,
}

/// What is written of a row of `nodes`. As a change it replaces everything that an edit of a file may replace.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = nodes, treat_none_as_null = true)]
pub(crate) struct NewNodeRow {
    id: Id,
    #[diesel(skip_update)]
    drive: Id,
    #[diesel(skip_update)]
    parent: Option<Id>,
    #[diesel(skip_update)]
    kind: String,
    name: String,
    name_sort: String,
    name_search: String,
    content_type: Option<String>,
    charset: Option<String>,
    family: Option<String>,
    size: Option<i64>,
    sha256: Option<Bytes<32>>,
    blob: Option<Id>,
    thumbnail: Option<String>,
    thumbnail_blob: Option<Id>,
    thumbnail_width: Option<i64>,
    thumbnail_height: Option<i64>,
    thumbnail_failures: i64,
    thumbnail_placeholder: Option<Vec<u8>>,
    version: i64,
    content_at: i64,
    modified_at: i64,
    revision: i64,
    #[diesel(skip_update)]
    changed_seq: i64,
    #[diesel(skip_update)]
    created_at: i64,
    updated_at: i64,
}

/// Where an item is and what it is called, as a change.
#[derive(AsChangeset)]
#[diesel(table_name = nodes, treat_none_as_null = true)]
pub(crate) struct PlaceRow {
    parent: Option<Id>,
    name: String,
    name_sort: String,
    name_search: String,
    modified_at: i64,
    revision: i64,
    changed_seq: i64,
    updated_at: i64,
}

/// The state of a thumbnail, as a change.
#[derive(AsChangeset)]
#[diesel(table_name = nodes, treat_none_as_null = true)]
pub(crate) struct ThumbnailRow {
    thumbnail: Option<String>,
    thumbnail_blob: Option<Id>,
    thumbnail_width: Option<i64>,
    thumbnail_height: Option<i64>,
    thumbnail_failures: i64,
    thumbnail_placeholder: Option<Vec<u8>>,
}

impl ThumbnailRow {
    /// That of a folder.
    const NONE: Self = Self {
        thumbnail: None,
        thumbnail_blob: None,
        thumbnail_width: None,
        thumbnail_height: None,
        thumbnail_failures: 0,
        thumbnail_placeholder: None,
    };
}

impl From<&ThumbnailState> for ThumbnailRow {
    fn from(state: &ThumbnailState) -> Self {
        let (width, height) = match *state {
            ThumbnailState::Ready { width, height, .. } => (Some(width.into()), Some(height.into())),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
        };
        Self {
            thumbnail: Some(state.as_str().to_owned()),
            thumbnail_blob: state.blob().map(|blob| Id::of(blob.uuid())),
            thumbnail_width: width,
            thumbnail_height: height,
            thumbnail_failures: state.failures().into(),
            thumbnail_placeholder: state.placeholder().map(|hash| hash.as_bytes().to_vec()),
        }
    }
}

impl NewNodeRow {
    /// The row of a living folder that this change of its drive wrote last.
    fn of_folder(folder: &Folder, changed: Seq) -> Self {
        let name = |key: fn(&FileName) -> String| folder.name.as_ref().map(key).unwrap_or_default();
        let state = ThumbnailRow::NONE;
        Self {
            id: Id::of(folder.id.uuid()),
            drive: Id::of(folder.drive.uuid()),
            parent: folder.parent.map(|parent| Id::of(parent.uuid())),
            kind: ItemKind::Folder.as_str().to_owned(),
            name: name(ToString::to_string),
            name_sort: name(FileName::sort_key),
            name_search: name(FileName::search_key),
            content_type: None,
            charset: None,
            family: None,
            size: None,
            sha256: None,
            blob: None,
            thumbnail: state.thumbnail,
            thumbnail_blob: state.thumbnail_blob,
            thumbnail_width: state.thumbnail_width,
            thumbnail_height: state.thumbnail_height,
            thumbnail_failures: state.thumbnail_failures,
            thumbnail_placeholder: state.thumbnail_placeholder,
            version: VersionNumber::FIRST.number().into(),
            content_at: folder.created_at.unix_micros(),
            modified_at: folder.modified_at.unix_micros(),
            revision: stored_number(folder.revision.number()),
            changed_seq: stored_number(changed.number()),
            created_at: folder.created_at.unix_micros(),
            updated_at: folder.updated_at.unix_micros(),
        }
    }

    /// The row of a living file that this change of its drive wrote last.
    pub(crate) fn of_file(file: &File, changed: Seq) -> Self {
        let state = ThumbnailRow::from(&file.thumbnail);
        Self {
            id: Id::of(file.id.uuid()),
            drive: Id::of(file.drive().uuid()),
            parent: Some(Id::of(file.parent.uuid())),
            kind: ItemKind::File.as_str().to_owned(),
            name: file.name.as_str().to_owned(),
            name_sort: file.name.sort_key(),
            name_search: file.name.search_key(),
            content_type: Some(file.content_type.as_str().to_owned()),
            charset: file.content_type.charset().map(ToString::to_string),
            family: Some(file.content_type.family().to_owned()),
            size: Some(stored_size(file.size)),
            sha256: file.sha256.map(|hash| Bytes(*hash.as_bytes())),
            blob: Some(Id::of(file.blob.uuid())),
            thumbnail: state.thumbnail,
            thumbnail_blob: state.thumbnail_blob,
            thumbnail_width: state.thumbnail_width,
            thumbnail_height: state.thumbnail_height,
            thumbnail_failures: state.thumbnail_failures,
            thumbnail_placeholder: state.thumbnail_placeholder,
            version: file.version.number().into(),
            content_at: file.content_at.unix_micros(),
            modified_at: file.modified_at.unix_micros(),
            revision: stored_number(file.revision.number()),
            changed_seq: stored_number(changed.number()),
            created_at: file.created_at.unix_micros(),
            updated_at: file.updated_at.unix_micros(),
        }
    }

    /// The row of a living item that this change of its drive wrote last.
    pub(crate) fn of(item: &Item, changed: Seq) -> Self {
        match item {
            Item::Folder(folder) => Self::of_folder(folder, changed),
            Item::File(file) => Self::of_file(file, changed),
        }
    }
}

impl PlaceRow {
    /// The place of an item that this change of its drive wrote last.
    pub(crate) fn of(item: &Item, changed: Seq) -> Self {
        let row = NewNodeRow::of(item, changed);
        Self {
            parent: row.parent,
            name: row.name,
            name_sort: row.name_sort,
            name_search: row.name_search,
            modified_at: row.modified_at,
            revision: row.revision,
            changed_seq: row.changed_seq,
            updated_at: row.updated_at,
        }
    }
}

impl TryFrom<NodeRow> for Item {
    type Error = PortError;

    fn try_from(row: NodeRow) -> PortResult<Self> {
        match kind(&row.kind)? {
            ItemKind::Folder => folder(row).map(Self::Folder),
            ItemKind::File => File::try_from(row).map(Self::File),
        }
    }
}

impl TryFrom<NodeRow> for File {
    type Error = PortError;

    fn try_from(row: NodeRow) -> PortResult<Self> {
        let thumbnail = thumbnail(&row)?;
        let parent = row.parent.or(row.trashed_from);
        let (Some(parent), Some(blob), Some(bytes), Some(essence)) =
            (parent, row.blob, row.size, row.content_type)
        else {
            return Err(corrupt("nodes.kind")("a file lacks its content or its folder"));
        };
        Ok(Self {
            id: FileId::new(row.id.uuid()),
            owner: UserId::new(row.drive.uuid()),
            parent: NodeId::new(parent.uuid()),
            name: FileName::from_trusted(row.name),
            content_type: content_type(essence, row.charset.as_deref()),
            size: size("nodes.size", bytes)?,
            sha256: row.sha256.map(|hash| Sha256::new(hash.0)),
            blob: BlobId::new(blob.uuid()),
            version: VersionNumber::new(number("nodes.version", row.version)?),
            thumbnail,
            revision: Revision::new(number("nodes.revision", row.revision)?),
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            content_at: Timestamp::from_unix_micros(row.content_at),
            modified_at: Timestamp::from_unix_micros(row.modified_at),
        })
    }
}

fn folder(row: NodeRow) -> PortResult<Folder> {
    Ok(Folder {
        id: NodeId::new(row.id.uuid()),
        drive: DriveId::new(row.drive.uuid()),
        parent: row.parent.or(row.trashed_from).map(|parent| NodeId::new(parent.uuid())),
        name: folder_name(row.name),
        revision: Revision::new(number("nodes.revision", row.revision)?),
        created_at: Timestamp::from_unix_micros(row.created_at),
        updated_at: Timestamp::from_unix_micros(row.updated_at),
        modified_at: Timestamp::from_unix_micros(row.modified_at),
    })
}

/// The name of a folder; that of a root is stored as an empty one.
pub(crate) fn folder_name(stored: String) -> Option<FileName> {
    (!stored.is_empty()).then(|| FileName::from_trusted(stored))
}

/// The kind of an item.
pub(crate) fn kind(stored: &str) -> PortResult<ItemKind> {
    stored.parse().map_err(corrupt("nodes.kind"))
}

/// A charset that a later version writes and that is none here counts as none.
pub(crate) fn content_type(essence: String, charset: Option<&str>) -> MediaType {
    MediaType::from_trusted(essence, charset.and_then(|name| name.parse().ok()))
}

fn thumbnail(row: &NodeRow) -> PortResult<ThumbnailState> {
    match (row.thumbnail.as_deref(), row.thumbnail_blob, row.thumbnail_width, row.thumbnail_height) {
        (Some("none"), ..) => Ok(ThumbnailState::None),
        (Some("pending"), ..) => Ok(ThumbnailState::Pending),
        (Some("failed"), ..) => {
            Ok(ThumbnailState::Failed { times: number("nodes.thumbnail_failures", row.thumbnail_failures)? })
        }
        (Some("ready"), Some(blob), Some(width), Some(height)) => Ok(ThumbnailState::Ready {
            blob: BlobId::new(blob.uuid()),
            width: number("nodes.thumbnail_width", width)?,
            height: number("nodes.thumbnail_height", height)?,
            placeholder: placeholder(row.thumbnail_placeholder.as_deref())?,
        }),
        _ => Err(corrupt("nodes.thumbnail")("is not a state of a thumbnail")),
    }
}
