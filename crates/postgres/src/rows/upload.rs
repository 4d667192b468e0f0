//! Rows of `uploads` and `upload_parts`.

use diesel::prelude::*;
use fm_domain::blobs::{PartTag, WriteId, WrittenPart};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{CharsetCheck, FileName};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{BlobId, FileId, NodeId, UploadId, UserId};
use fm_domain::tree::{Placing, Precondition, TreePath};
use fm_domain::uploads::{Epoch, HashState, Upload, UploadStatus, WriteState};
use uuid::Uuid;

use crate::error::corrupt;
use crate::schema::{upload_parts, uploads};
use crate::value::{Moment, bigint, count, sha256, size, text};

/// An upload, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = uploads, check_for_backend(diesel::pg::Pg))]
pub(crate) struct UploadRow {
    id: Uuid,
    owner_id: Uuid,
    transport: String,
    blob_id: Uuid,
    name: String,
    claimed_type: Option<String>,
    promised_sha256: Option<Vec<u8>>,
    metadata: String,
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
    file_id: Option<Uuid>,
    created_at: Moment,
    expires_at: Moment,
    parent_id: Option<Uuid>,
    path: String,
    on_conflict: String,
    strict_parent: bool,
    modified_at: Option<Moment>,
    precondition: Option<String>,
}

impl UploadRow {
    /// The upload that the row holds.
    pub(crate) fn into_upload(self) -> PortResult<Upload> {
        let promised = self.promised_sha256.as_deref();
        let key = self.idempotency_key.as_deref().map(str::parse::<IdempotencyKey>);
        let precondition = self.precondition.as_deref().map(str::parse::<Precondition>);
        let placing = Placing {
            parent: self.parent_id.map(NodeId::new),
            path: TreePath::of_stored(&self.path).map_err(corrupt("uploads.path"))?,
            on_conflict: self.on_conflict.parse().map_err(corrupt("uploads.on_conflict"))?,
            precondition: precondition.transpose().map_err(corrupt("uploads.precondition"))?,
            strict_parent: self.strict_parent,
            modified_at: self.modified_at.map(|moment| moment.0),
        };
        Ok(Upload {
            placing,
            status: status(&self.status, self.file_id)?,
            id: UploadId::new(self.id),
            owner: UserId::new(self.owner_id),
            transport: self.transport.parse().map_err(corrupt("uploads.transport"))?,
            blob: BlobId::new(self.blob_id),
            name: FileName::from_stored(&self.name).map_err(corrupt("uploads.name"))?,
            claimed_type: self
                .claimed_type
                .map(|text| text.parse().map_err(corrupt("uploads.claimed_type")))
                .transpose()?,
            promised: promised.map(|bytes| sha256("uploads.promised_sha256", bytes)).transpose()?,
            metadata: self.metadata,
            key: key.transpose().map_err(corrupt("uploads.idempotency_key"))?,
            length: self.length_bytes.map(|bytes| size("uploads.length_bytes", bytes)).transpose()?,
            offset: size("uploads.offset_bytes", self.offset_bytes)?,
            reserved: size("uploads.reserved_bytes", self.reserved_bytes)?,
            epoch: Epoch::new(count("uploads.epoch", self.epoch)?),
            is_locked: self.is_locked,
            state: self.write_state.map(|bytes| WriteState::new(bytes.into())),
            write: self.write_name.map(WriteId::new),
            hash: HashState::from_bytes(&self.hash_state).map_err(corrupt("uploads.hash_state"))?,
            // One that a later version writes is as good as none: the charset stays unknown.
            charset_check: self.charset_check.and_then(|bytes| CharsetCheck::from_bytes(&bytes).ok()),
            head: self.head.into(),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
        })
    }
}

fn status(status: &str, file: Option<Uuid>) -> PortResult<UploadStatus> {
    match (status, file) {
        ("open", _) => Ok(UploadStatus::Open),
        ("expired", _) => Ok(UploadStatus::Expired),
        ("complete", Some(file)) => Ok(UploadStatus::Complete(FileId::new(file))),
        (other, _) => {
            let source = format!("{other} is no status, or lacks its file").into();
            Err(PortError::Corrupt { what: "uploads.status", source })
        }
    }
}

/// Everything of an upload that changes, as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = uploads, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct UploadEdit {
    blob_id: Uuid,
    name: String,
    claimed_type: Option<String>,
    promised_sha256: Option<Vec<u8>>,
    metadata: String,
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
    status: &'static str,
    file_id: Option<Uuid>,
    expires_at: Moment,
    parent_id: Option<Uuid>,
    path: String,
    on_conflict: &'static str,
    strict_parent: bool,
    modified_at: Option<Moment>,
    precondition: Option<String>,
}

impl UploadEdit {
    /// The columns of this upload.
    pub(crate) fn of(upload: &Upload) -> Self {
        let (status, file) = match upload.status {
            UploadStatus::Open => ("open", None),
            UploadStatus::Complete(file) => ("complete", Some(file.uuid())),
            UploadStatus::Expired => ("expired", None),
        };
        Self {
            blob_id: upload.blob.uuid(),
            name: upload.name.as_str().to_owned(),
            claimed_type: upload.claimed_type.as_ref().map(ToString::to_string),
            promised_sha256: upload.promised.map(|hash| hash.as_bytes().to_vec()),
            metadata: text(&upload.metadata),
            length_bytes: upload.length.map(|length| bigint(length.bytes())),
            offset_bytes: bigint(upload.offset.bytes()),
            reserved_bytes: bigint(upload.reserved.bytes()),
            epoch: bigint(upload.epoch.number()),
            is_locked: upload.is_locked,
            write_state: upload.state.as_ref().map(|state| state.as_bytes().to_vec()),
            write_name: upload.write.as_ref().map(|write| write.as_str().to_owned()),
            hash_state: upload.hash.to_bytes().into(),
            charset_check: upload.charset_check.as_ref().map(|check| check.to_bytes().into()),
            head: upload.head.to_vec(),
            status,
            file_id: file,
            expires_at: Moment(upload.expires_at),
            parent_id: upload.placing.parent.map(NodeId::uuid),
            path: TreePath::render(upload.placing.path.names()),
            on_conflict: upload.placing.on_conflict.as_str(),
            strict_parent: upload.placing.strict_parent,
            modified_at: upload.placing.modified_at.map(Moment),
            precondition: upload.placing.precondition.as_ref().map(ToString::to_string),
        }
    }
}

/// A whole upload, as it is written first.
#[derive(Insertable)]
#[diesel(table_name = uploads, treat_none_as_default_value = false)]
pub(crate) struct NewUploadRow {
    id: Uuid,
    owner_id: Uuid,
    transport: &'static str,
    idempotency_key: Option<String>,
    created_at: Moment,
    #[diesel(embed)]
    edit: UploadEdit,
}

impl NewUploadRow {
    /// The row that holds this upload.
    pub(crate) fn of(upload: &Upload) -> Self {
        Self {
            id: upload.id.uuid(),
            owner_id: upload.owner.uuid(),
            transport: upload.transport.as_str(),
            idempotency_key: upload.key.as_ref().map(|key| key.as_str().to_owned()),
            created_at: Moment(upload.created_at),
            edit: UploadEdit::of(upload),
        }
    }
}

/// A part, as it is read and written.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = upload_parts, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub(crate) struct PartRow {
    upload_id: Uuid,
    number: i64,
    size_bytes: i64,
    tag: String,
}

impl PartRow {
    /// The row that holds this part.
    pub(crate) fn of(upload: UploadId, part: &WrittenPart) -> Self {
        Self {
            upload_id: upload.uuid(),
            number: i64::from(part.number),
            size_bytes: bigint(part.size.bytes()),
            tag: part.tag.as_str().to_owned(),
        }
    }

    /// The part that the row holds.
    pub(crate) fn into_part(self) -> PortResult<WrittenPart> {
        Ok(WrittenPart {
            number: u32::try_from(self.number).map_err(corrupt("upload_parts.number"))?,
            size: size("upload_parts.size_bytes", self.size_bytes)?,
            tag: PartTag::new(self.tag),
        })
    }
}
