//! Uploads and their parts.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::blobs::{PartTag, WriteId, WrittenPart};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{CharsetCheck, FileName, Sha256};
use fm_domain::ids::{BlobId, FileId, NodeId, UploadId, UserId};
use fm_domain::tree::{Placing, Precondition, TreePath};
use fm_domain::uploads::{Epoch, HashState, Upload, UploadStatus, WriteState};

use super::{Bytes, Id, number, size, stored_number, stored_size};
use crate::error::corrupt;
use crate::schema::{upload_parts, uploads};

/// A row of `uploads`. As a change it replaces everything that may change.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = uploads, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct UploadRow {
    id: Id,
    #[diesel(skip_update)]
    owner: Id,
    #[diesel(skip_update)]
    transport: String,
    blob: Id,
    name: String,
    parent: Option<Id>,
    path: String,
    on_conflict: String,
    precondition: Option<String>,
    strict_parent: bool,
    modified_at: Option<i64>,
    claimed_type: Option<String>,
    promised_sha256: Option<Bytes<32>>,
    metadata: String,
    #[diesel(skip_update)]
    idempotency_key: Option<String>,
    length_bytes: Option<i64>,
    offset_bytes: i64,
    reserved_bytes: i64,
    epoch: i64,
    is_locked: bool,
    write_state: Option<Vec<u8>>,
    write_name: Option<String>,
    hash_state: Vec<u8>,
    charset_check: Option<Vec<u8>>,
    head: Vec<u8>,
    status: String,
    file: Option<Id>,
    #[diesel(skip_update)]
    created_at: i64,
    expires_at: i64,
}

impl From<&Upload> for UploadRow {
    fn from(upload: &Upload) -> Self {
        let (status, file) = match upload.status {
            UploadStatus::Open => ("open", None),
            UploadStatus::Complete(file) => ("complete", Some(Id::of(file.uuid()))),
            UploadStatus::Expired => ("expired", None),
        };
        Self {
            id: Id::of(upload.id.uuid()),
            owner: Id::of(upload.owner.uuid()),
            transport: upload.transport.as_str().to_owned(),
            blob: Id::of(upload.blob.uuid()),
            name: upload.name.as_str().to_owned(),
            parent: upload.placing.parent.map(|parent| Id::of(parent.uuid())),
            path: TreePath::render(upload.placing.path.names()),
            on_conflict: upload.placing.on_conflict.as_str().to_owned(),
            precondition: upload.placing.precondition.as_ref().map(ToString::to_string),
            strict_parent: upload.placing.strict_parent,
            modified_at: upload.placing.modified_at.map(Timestamp::unix_micros),
            claimed_type: upload.claimed_type.as_ref().map(ToString::to_string),
            promised_sha256: upload.promised.map(|hash| Bytes(*hash.as_bytes())),
            metadata: upload.metadata.clone(),
            idempotency_key: upload.key.as_ref().map(|key| key.as_str().to_owned()),
            length_bytes: upload.length.map(stored_size),
            offset_bytes: stored_size(upload.offset),
            reserved_bytes: stored_size(upload.reserved),
            epoch: stored_number(upload.epoch.number()),
            is_locked: upload.is_locked,
            write_state: upload.state.as_ref().map(|state| state.as_bytes().to_vec()),
            write_name: upload.write.as_ref().map(|write| write.as_str().to_owned()),
            hash_state: upload.hash.to_bytes().into(),
            charset_check: upload.charset_check.as_ref().map(|check| check.to_bytes().into()),
            head: upload.head.to_vec(),
            status: status.to_owned(),
            file,
            created_at: upload.created_at.unix_micros(),
            expires_at: upload.expires_at.unix_micros(),
        }
    }
}

impl TryFrom<UploadRow> for Upload {
    type Error = PortError;

    fn try_from(row: UploadRow) -> PortResult<Self> {
        let status = status(&row)?;
        let placing = placing(&row)?;
        let claimed = row.claimed_type.map(|text| text.parse().map_err(corrupt("uploads.claimed_type")));
        let key = row.idempotency_key.map(|text| text.parse().map_err(corrupt("uploads.idempotency_key")));
        Ok(Self {
            id: UploadId::new(row.id.uuid()),
            owner: UserId::new(row.owner.uuid()),
            transport: row.transport.parse().map_err(corrupt("uploads.transport"))?,
            blob: BlobId::new(row.blob.uuid()),
            name: FileName::from_stored(&row.name).map_err(corrupt("uploads.name"))?,
            placing,
            claimed_type: claimed.transpose()?,
            promised: row.promised_sha256.map(|hash| Sha256::new(hash.0)),
            metadata: row.metadata,
            key: key.transpose()?,
            length: row.length_bytes.map(|bytes| size("uploads.length_bytes", bytes)).transpose()?,
            offset: size("uploads.offset_bytes", row.offset_bytes)?,
            reserved: size("uploads.reserved_bytes", row.reserved_bytes)?,
            epoch: Epoch::new(number("uploads.epoch", row.epoch)?),
            is_locked: row.is_locked,
            state: row.write_state.map(|bytes| WriteState::new(bytes.into())),
            write: row.write_name.map(WriteId::new),
            hash: HashState::from_bytes(&row.hash_state).map_err(corrupt("uploads.hash_state"))?,
            // One that a later version writes is as good as none: the charset stays unknown.
            charset_check: row.charset_check.and_then(|bytes| CharsetCheck::from_bytes(&bytes).ok()),
            head: row.head.into(),
            status,
            created_at: Timestamp::from_unix_micros(row.created_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
        })
    }
}

fn placing(row: &UploadRow) -> PortResult<Placing> {
    let precondition = row.precondition.as_deref().map(str::parse::<Precondition>);
    Ok(Placing {
        parent: row.parent.map(|parent| NodeId::new(parent.uuid())),
        path: TreePath::of_stored(&row.path).map_err(corrupt("uploads.path"))?,
        on_conflict: row.on_conflict.parse().map_err(corrupt("uploads.on_conflict"))?,
        precondition: precondition.transpose().map_err(corrupt("uploads.precondition"))?,
        strict_parent: row.strict_parent,
        modified_at: row.modified_at.map(Timestamp::from_unix_micros),
    })
}

fn status(row: &UploadRow) -> PortResult<UploadStatus> {
    match (row.status.as_str(), row.file) {
        ("open", _) => Ok(UploadStatus::Open),
        ("expired", _) => Ok(UploadStatus::Expired),
        ("complete", Some(file)) => Ok(UploadStatus::Complete(FileId::new(file.uuid()))),
        _ => Err(corrupt("uploads.status")("is no status, or lacks its file")),
    }
}

/// A row of `upload_parts`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = upload_parts, check_for_backend(Sqlite))]
pub(crate) struct PartRow {
    upload: Id,
    number: i64,
    size: i64,
    tag: String,
}

impl PartRow {
    /// The row that holds this part.
    pub(crate) fn of(upload: UploadId, part: &WrittenPart) -> Self {
        Self {
            upload: Id::of(upload.uuid()),
            number: part.number.into(),
            size: stored_size(part.size),
            tag: part.tag.as_str().to_owned(),
        }
    }
}

impl TryFrom<PartRow> for WrittenPart {
    type Error = PortError;

    fn try_from(row: PartRow) -> PortResult<Self> {
        Ok(Self {
            number: number("upload_parts.number", row.number)?,
            size: size("upload_parts.size", row.size)?,
            tag: PartTag::new(row.tag),
        })
    }
}
