//! Rows of items.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use fm_domain::archive::{ArchivedNode, ArchivedTrash, TrashColumns};
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileName, MediaType, Revision, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId};
use fm_domain::tree::{Folder, Item, ItemKind, Seq};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::blobs::STORED;
use crate::error::corrupt;
use crate::lease::PgLease;
use crate::rows::placeholder;
use crate::value::{Moment, bigint, count, sha256, size};

/// A top of the trash has no parent, but the folder that it was in.
const PAGE: &str = "SELECT nodes.id, nodes.kind, coalesce(parent_id, trashed_from, drive_id) AS parent_id, nodes.name, \
        content_type, charset, nodes.size_bytes, sha256, blob_id, thumbnail_state, thumbnail_blob_id, thumbnail_width, \
        thumbnail_height, thumbnail_failures, thumbnail_placeholder, version, content_at, modified_at, revision, \
        changed_seq, trash_id, trashed_at, trashed_path, nodes.created_at, updated_at, \
        thumbnails.size_bytes AS thumbnail_size \
    FROM nodes JOIN users ON users.id = drive_id AND users.removed_at IS NULL \
    LEFT JOIN blobs AS thumbnails ON thumbnails.id = thumbnail_blob_id AND thumbnails.state = $4 \
    WHERE drive_id = $1 AND nodes.id > $2 AND nodes.id <> drive_id ORDER BY nodes.id LIMIT $3";

/// One statement for any number of items.
pub(super) const INSERT: &str = "INSERT INTO nodes (id, drive_id, parent_id, kind, name, name_sort, name_search, \
        content_type, charset, size_bytes, sha256, blob_id, thumbnail_state, thumbnail_blob_id, thumbnail_width, \
        thumbnail_height, thumbnail_failures, thumbnail_placeholder, version, content_at, modified_at, revision, \
        changed_seq, trash_id, trashed_from, trashed_at, trashed_path, created_at, updated_at) \
    SELECT id, drive_id, parent_id, kind, name, name_sort, name_search, content_type, charset, size_bytes, \
        decode(sha256, 'hex'), blob_id, thumbnail_state, thumbnail_blob_id, thumbnail_width, thumbnail_height, \
        thumbnail_failures, decode(thumbnail_placeholder, 'hex'), version, content_at, modified_at, revision, \
        changed_seq, trash_id, trashed_from, trashed_at, trashed_path, created_at, updated_at \
    FROM json_to_recordset($1) AS rows (id uuid, drive_id uuid, parent_id uuid, kind text, name text, name_sort text, \
        name_search text, content_type text, charset text, size_bytes bigint, sha256 text, blob_id uuid, \
        thumbnail_state text, thumbnail_blob_id uuid, thumbnail_width integer, thumbnail_height integer, \
        thumbnail_failures integer, thumbnail_placeholder text, version integer, content_at timestamptz, \
        modified_at timestamptz, revision bigint, changed_seq bigint, trash_id uuid, trashed_from uuid, \
        trashed_at timestamptz, trashed_path text, created_at timestamptz, updated_at timestamptz)";

/// A page of the items of a drive.
pub(super) async fn page(
    lease: &mut PgLease,
    drive: DriveId,
    after: Option<NodeId>,
    limit: u32,
) -> PortResult<Vec<ArchivedNode>> {
    let query = diesel::sql_query(PAGE)
        .bind::<SqlUuid, _>(drive.uuid())
        // UUIDv7 begin with the time, so none of them is nil.
        .bind::<SqlUuid, _>(after.map_or(Uuid::nil(), NodeId::uuid))
        .bind::<BigInt, _>(i64::from(limit))
        .bind::<Text, _>(STORED);
    let rows: Vec<NodeRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(|row| row.into_node(drive)).collect()
}

/// An item, as it is read.
#[derive(QueryableByName)]
struct NodeRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    parent_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    content_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    charset: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    size_bytes: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    sha256: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    blob_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    thumbnail_state: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    thumbnail_blob_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    thumbnail_width: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    thumbnail_height: Option<i32>,
    #[diesel(sql_type = Integer)]
    thumbnail_failures: i32,
    #[diesel(sql_type = Nullable<Binary>)]
    thumbnail_placeholder: Option<Vec<u8>>,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    content_at: Moment,
    #[diesel(sql_type = Timestamptz)]
    modified_at: Moment,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_seq: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    trash_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    trashed_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Text>)]
    trashed_path: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Moment,
    #[diesel(sql_type = Timestamptz)]
    updated_at: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    thumbnail_size: Option<i64>,
}

impl NodeRow {
    fn into_node(self, drive: DriveId) -> PortResult<ArchivedNode> {
        let kind: ItemKind = self.kind.parse().map_err(corrupt("nodes.kind"))?;
        Ok(ArchivedNode {
            changed: Seq::new(count("nodes.changed_seq", self.changed_seq)?),
            trash: self.trash()?,
            thumbnail_size: self.thumbnail_size.map(|bytes| size("blobs.size_bytes", bytes)).transpose()?,
            item: match kind {
                ItemKind::Folder => self.folder(drive)?.into(),
                ItemKind::File => self.file(drive)?.into(),
            },
        })
    }

    fn trash(&self) -> PortResult<Option<ArchivedTrash>> {
        let columns = TrashColumns {
            top: self.trash_id.map(NodeId::new),
            at: self.trashed_at.map(|moment| moment.0),
            path: self.trashed_path.as_deref(),
        };
        columns.read(NodeId::new(self.id)).map_err(corrupt("nodes.trashed_at"))
    }

    fn name(&self) -> PortResult<FileName> {
        FileName::from_stored(&self.name).map_err(corrupt("nodes.name"))
    }

    fn folder(self, drive: DriveId) -> PortResult<Folder> {
        Ok(Folder {
            name: Some(self.name()?),
            id: NodeId::new(self.id),
            drive,
            parent: Some(NodeId::new(self.parent_id)),
            revision: Revision::new(count("nodes.revision", self.revision)?),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            modified_at: self.modified_at.0,
        })
    }

    fn file(self, drive: DriveId) -> PortResult<File> {
        let (Some(essence), Some(bytes), Some(blob)) = (&self.content_type, self.size_bytes, self.blob_id)
        else {
            return Err(corrupt("nodes.blob_id")("a file lacks its content"));
        };
        Ok(File {
            id: FileId::new(self.id),
            owner: drive.owner(),
            parent: NodeId::new(self.parent_id),
            name: self.name()?,
            content_type: media_type("nodes.content_type", essence, self.charset.as_deref())?,
            size: size("nodes.size_bytes", bytes)?,
            sha256: self.sha256.as_deref().map(|bytes| sha256("nodes.sha256", bytes)).transpose()?,
            blob: BlobId::new(blob),
            version: number("nodes.version", self.version).map(VersionNumber::new)?,
            thumbnail: self.thumbnail()?,
            revision: Revision::new(count("nodes.revision", self.revision)?),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            content_at: self.content_at.0,
            modified_at: self.modified_at.0,
        })
    }

    fn thumbnail(&self) -> PortResult<ThumbnailState> {
        let ready = (self.thumbnail_blob_id, self.thumbnail_width, self.thumbnail_height);
        Ok(match (self.thumbnail_state.as_deref(), ready) {
            (Some("none"), _) => ThumbnailState::None,
            (Some("pending"), _) => ThumbnailState::Pending,
            (Some("failed"), _) => {
                ThumbnailState::Failed { times: number("nodes.thumbnail_failures", self.thumbnail_failures)? }
            }
            (Some("ready"), (Some(blob), Some(width), Some(height))) => ThumbnailState::Ready {
                blob: BlobId::new(blob),
                width: number("nodes.thumbnail_width", width)?,
                height: number("nodes.thumbnail_height", height)?,
                placeholder: placeholder(self.thumbnail_placeholder.as_deref())?,
            },
            _ => return Err(corrupt("nodes.thumbnail_state")("is no state, or lacks its blob")),
        })
    }
}

/// A number out of a column that is never negative.
pub(super) fn number(what: &'static str, number: i32) -> PortResult<u32> {
    u32::try_from(number).map_err(corrupt(what))
}

/// A type out of its columns. A charset that a later version writes and that is none here counts as none.
pub(super) fn media_type(what: &'static str, essence: &str, charset: Option<&str>) -> PortResult<MediaType> {
    let essence: MediaType = essence.parse().map_err(corrupt(what))?;
    Ok(essence.or_charset(charset.and_then(|name| name.parse().ok())))
}

/// The row of an item, as [`INSERT`] reads it.
pub(super) fn row(archived: &ArchivedNode) -> Value {
    let ArchivedNode { item, changed, .. } = archived;
    let (trash, (parent, from)) = (archived.trash_columns(), archived.folder_columns());
    let mut row = json!({
        "id": item.id(),
        "drive_id": item.drive(),
        "parent_id": parent,
        "kind": item.kind().as_str(),
        "name": item.name().map(FileName::as_str).unwrap_or_default(),
        "name_sort": item.name().map(FileName::sort_key).unwrap_or_default(),
        "name_search": item.name().map(FileName::search_key).unwrap_or_default(),
        "thumbnail_failures": 0,
        "version": 1,
        "revision": bigint(item.revision().number()),
        "changed_seq": bigint(changed.number()),
        "trash_id": trash.top,
        "trashed_from": from,
        "trashed_at": trash.at.map(|at| at.to_string()),
        "trashed_path": trash.path,
        "updated_at": item.updated_at().to_string(),
    });
    match item {
        Item::Folder(folder) => {
            row["created_at"] = json!(folder.created_at.to_string());
            row["content_at"] = json!(folder.created_at.to_string());
            row["modified_at"] = json!(folder.modified_at.to_string());
        }
        Item::File(file) => write_file(&mut row, file),
    }
    row
}

fn write_file(row: &mut Value, file: &File) {
    row["created_at"] = json!(file.created_at.to_string());
    row["content_at"] = json!(file.content_at.to_string());
    row["modified_at"] = json!(file.modified_at.to_string());
    row["content_type"] = json!(file.content_type.as_str());
    row["charset"] = json!(file.content_type.charset().map(ToString::to_string));
    row["size_bytes"] = json!(bytes(file.size));
    row["sha256"] = json!(file.sha256.map(|hash| hash.to_string()));
    row["blob_id"] = json!(file.blob);
    row["version"] = json!(file.version.number());
    row["thumbnail_state"] = json!(file.thumbnail.as_str());
    row["thumbnail_failures"] = json!(file.thumbnail.failures());
    if let ThumbnailState::Ready { blob, width, height, placeholder } = file.thumbnail {
        row["thumbnail_blob_id"] = json!(blob);
        row["thumbnail_width"] = json!(width);
        row["thumbnail_height"] = json!(height);
        row["thumbnail_placeholder"] = json!(placeholder.map(|hash| hex::encode(hash.as_bytes())));
    }
}

/// A size, as rows have it.
pub(super) fn bytes(size: ByteSize) -> i64 {
    bigint(size.bytes())
}
