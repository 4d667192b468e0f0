//! Rows of items.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use fm_domain::archive::{ArchivedNode, ArchivedTrash, TrashColumns};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileName, MediaType, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId};
use fm_domain::tree::{Folder, Item, ItemKind, Seq};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::repos::blobs::STORED;
use crate::rows::{Bytes, Id, number, placeholder, size, stored_number, stored_size};

/// A top of the trash has no parent, but the folder that it was in.
const PAGE: &str = "SELECT nodes.id, nodes.kind, coalesce(parent, trashed_from, drive) AS parent, nodes.name, content_type, charset, \
        nodes.size, sha256, blob, thumbnail, thumbnail_blob, thumbnail_width, thumbnail_height, thumbnail_failures, \
        thumbnail_placeholder, version, content_at, modified_at, revision, changed_seq, trash, trashed_at, trashed_path, \
        nodes.created_at, updated_at, thumbnails.size AS thumbnail_size \
    FROM nodes JOIN users ON users.id = drive AND users.removed_at IS NULL \
    LEFT JOIN blobs AS thumbnails ON thumbnails.id = thumbnail_blob AND thumbnails.state = ?4 \
    WHERE drive = ?1 AND nodes.id > ?2 AND nodes.id <> drive ORDER BY nodes.id LIMIT ?3";

/// One statement for any number of items, given as JSON; ids and hashes in hexadecimal digits.
pub(super) const INSERT: &str = "INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, content_type, charset, \
        family, size, sha256, blob, thumbnail, thumbnail_blob, thumbnail_width, thumbnail_height, thumbnail_failures, \
        thumbnail_placeholder, version, content_at, modified_at, revision, changed_seq, trash, trashed_from, trashed_at, \
        trashed_path, created_at, updated_at) \
    SELECT unhex(value ->> 'id'), unhex(value ->> 'drive'), unhex(value ->> 'parent'), value ->> 'kind', value ->> 'name', \
        value ->> 'name_sort', value ->> 'name_search', value ->> 'content_type', value ->> 'charset', value ->> 'family', \
        value ->> 'size', unhex(value ->> 'sha256'), unhex(value ->> 'blob'), value ->> 'thumbnail', \
        unhex(value ->> 'thumbnail_blob'), value ->> 'thumbnail_width', value ->> 'thumbnail_height', \
        value ->> 'thumbnail_failures', unhex(value ->> 'thumbnail_placeholder'), value ->> 'version', value ->> 'content_at', \
        value ->> 'modified_at', value ->> 'revision', value ->> 'changed_seq', unhex(value ->> 'trash'), unhex(value ->> 'trashed_from'), \
        value ->> 'trashed_at', value ->> 'trashed_path', value ->> 'created_at', value ->> 'updated_at' \
    FROM json_each(?1)";

/// A page of the items of a drive.
pub(super) fn page(
    connection: &mut SqliteConnection,
    drive: DriveId,
    after: Option<NodeId>,
    limit: u32,
) -> PortResult<Vec<ArchivedNode>> {
    let rows: Vec<NodeRow> = diesel::sql_query(PAGE)
        .bind::<Binary, _>(Id::of(drive.uuid()))
        // UUIDv7 begin with the time, so none of them is nil.
        .bind::<Binary, _>(Id::of(after.map_or(Uuid::nil(), NodeId::uuid)))
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Text, _>(STORED)
        .load(connection)
        .map_err(store_error)?;
    rows.into_iter().map(|row| row.into_node(drive)).collect()
}

/// An item, as it is read.
#[derive(QueryableByName)]
struct NodeRow {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    parent: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    content_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    charset: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    size: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    sha256: Option<Bytes<32>>,
    #[diesel(sql_type = Nullable<Binary>)]
    blob: Option<Id>,
    #[diesel(sql_type = Nullable<Text>)]
    thumbnail: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    thumbnail_blob: Option<Id>,
    #[diesel(sql_type = Nullable<BigInt>)]
    thumbnail_width: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    thumbnail_height: Option<i64>,
    #[diesel(sql_type = BigInt)]
    thumbnail_failures: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    thumbnail_placeholder: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    content_at: i64,
    #[diesel(sql_type = BigInt)]
    modified_at: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_seq: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    trash: Option<Id>,
    #[diesel(sql_type = Nullable<BigInt>)]
    trashed_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    trashed_path: Option<String>,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    thumbnail_size: Option<i64>,
}

impl NodeRow {
    fn into_node(self, drive: DriveId) -> PortResult<ArchivedNode> {
        let kind: ItemKind = self.kind.parse().map_err(corrupt("nodes.kind"))?;
        Ok(ArchivedNode {
            changed: Seq::new(number("nodes.changed_seq", self.changed_seq)?),
            trash: self.trash()?,
            thumbnail_size: self.thumbnail_size.map(|bytes| size("blobs.size", bytes)).transpose()?,
            item: match kind {
                ItemKind::Folder => self.folder(drive)?.into(),
                ItemKind::File => self.file(drive)?.into(),
            },
        })
    }

    fn trash(&self) -> PortResult<Option<ArchivedTrash>> {
        let columns = TrashColumns {
            top: self.trash.map(|top| NodeId::new(top.uuid())),
            at: self.trashed_at.map(Timestamp::from_unix_micros),
            path: self.trashed_path.as_deref(),
        };
        columns.read(NodeId::new(self.id.uuid())).map_err(corrupt("nodes.trashed_at"))
    }

    fn name(&self) -> PortResult<FileName> {
        FileName::from_stored(&self.name).map_err(corrupt("nodes.name"))
    }

    fn folder(&self, drive: DriveId) -> PortResult<Folder> {
        let at = Timestamp::from_unix_micros;
        Ok(Folder {
            id: NodeId::new(self.id.uuid()),
            drive,
            parent: Some(NodeId::new(self.parent.uuid())),
            name: Some(self.name()?),
            revision: Revision::new(number("nodes.revision", self.revision)?),
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
            modified_at: at(self.modified_at),
        })
    }

    fn file(&self, drive: DriveId) -> PortResult<File> {
        let (Some(essence), Some(bytes), Some(blob)) = (&self.content_type, self.size, self.blob) else {
            return Err(corrupt("nodes.blob")("a file lacks its content"));
        };
        let at = Timestamp::from_unix_micros;
        Ok(File {
            id: FileId::new(self.id.uuid()),
            owner: drive.owner(),
            parent: NodeId::new(self.parent.uuid()),
            name: self.name()?,
            content_type: media_type("nodes.content_type", essence, self.charset.as_deref())?,
            size: size("nodes.size", bytes)?,
            sha256: self.sha256.map(|hash| Sha256::new(hash.0)),
            blob: BlobId::new(blob.uuid()),
            version: VersionNumber::new(number("nodes.version", self.version)?),
            thumbnail: self.thumbnail()?,
            revision: Revision::new(number("nodes.revision", self.revision)?),
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
            content_at: at(self.content_at),
            modified_at: at(self.modified_at),
        })
    }

    fn thumbnail(&self) -> PortResult<ThumbnailState> {
        let ready = (self.thumbnail_blob, self.thumbnail_width, self.thumbnail_height);
        Ok(match (self.thumbnail.as_deref(), ready) {
            (Some("none"), _) => ThumbnailState::None,
            (Some("pending"), _) => ThumbnailState::Pending,
            (Some("failed"), _) => {
                ThumbnailState::Failed { times: number("nodes.thumbnail_failures", self.thumbnail_failures)? }
            }
            (Some("ready"), (Some(blob), Some(width), Some(height))) => ThumbnailState::Ready {
                blob: BlobId::new(blob.uuid()),
                width: number("nodes.thumbnail_width", width)?,
                height: number("nodes.thumbnail_height", height)?,
                placeholder: placeholder(self.thumbnail_placeholder.as_deref())?,
            },
            _ => return Err(corrupt("nodes.thumbnail")("is not a state of a thumbnail")),
        })
    }
}

/// A type out of its columns. A charset that a later version writes and that is none here counts as none.
pub(super) fn media_type(what: &'static str, essence: &str, charset: Option<&str>) -> PortResult<MediaType> {
    let essence: MediaType = essence.parse().map_err(corrupt(what))?;
    Ok(essence.or_charset(charset.and_then(|name| name.parse().ok())))
}

/// An id, as [`INSERT`] reads it.
pub(super) fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

/// The row of an item, as [`INSERT`] reads it.
pub(super) fn row(archived: &ArchivedNode) -> Value {
    let ArchivedNode { item, changed, .. } = archived;
    let (trash, (parent, from)) = (archived.trash_columns(), archived.folder_columns());
    let hexed = |id: Option<NodeId>| id.map(|id| hex(id.uuid()));
    let mut row = json!({
        "id": hex(item.id().uuid()),
        "drive": hex(item.drive().uuid()),
        "parent": hexed(parent),
        "kind": item.kind().as_str(),
        "name": item.name().map(FileName::as_str).unwrap_or_default(),
        "name_sort": item.name().map(FileName::sort_key).unwrap_or_default(),
        "name_search": item.name().map(FileName::search_key).unwrap_or_default(),
        "thumbnail_failures": 0,
        "version": 1,
        "revision": stored_number(item.revision().number()),
        "changed_seq": stored_number(changed.number()),
        "trash": hexed(trash.top),
        "trashed_from": hexed(from),
        "trashed_at": trash.at.map(Timestamp::unix_micros),
        "trashed_path": trash.path,
        "updated_at": item.updated_at().unix_micros(),
    });
    match item {
        Item::Folder(folder) => {
            row["created_at"] = json!(folder.created_at.unix_micros());
            row["content_at"] = json!(folder.created_at.unix_micros());
            row["modified_at"] = json!(folder.modified_at.unix_micros());
        }
        Item::File(file) => write_file(&mut row, file),
    }
    row
}

fn write_file(row: &mut Value, file: &File) {
    row["created_at"] = json!(file.created_at.unix_micros());
    row["content_at"] = json!(file.content_at.unix_micros());
    row["modified_at"] = json!(file.modified_at.unix_micros());
    row["content_type"] = json!(file.content_type.as_str());
    row["charset"] = json!(file.content_type.charset().map(ToString::to_string));
    row["family"] = json!(file.content_type.family());
    row["size"] = json!(stored_size(file.size));
    row["sha256"] = json!(file.sha256.map(|hash| hash.to_string()));
    row["blob"] = json!(hex(file.blob.uuid()));
    row["version"] = json!(file.version.number());
    row["thumbnail"] = json!(file.thumbnail.as_str());
    row["thumbnail_failures"] = json!(file.thumbnail.failures());
    if let ThumbnailState::Ready { blob, width, height, placeholder } = file.thumbnail {
        row["thumbnail_blob"] = json!(hex(blob.uuid()));
        row["thumbnail_width"] = json!(width);
        row["thumbnail_height"] = json!(height);
        row["thumbnail_placeholder"] = json!(placeholder.map(|hash| hex::encode(hash.as_bytes())));
    }
}
