//! Old versions of files.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{Sha256, VersionNumber};
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::tree::Version;

use super::node::content_type;
use super::{Bytes, Id, number, size, stored_size};
use crate::error::corrupt;
use crate::schema::file_versions;

/// A row of `file_versions`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = file_versions, check_for_backend(Sqlite))]
pub(crate) struct VersionRow {
    file: Id,
    number: i64,
    content_type: String,
    charset: Option<String>,
    size: i64,
    sha256: Option<Bytes<32>>,
    blob: Id,
    created_by: Id,
    created_at: i64,
    replaced_at: i64,
    is_pinned: bool,
    label: Option<String>,
}

impl From<&Version> for VersionRow {
    fn from(version: &Version) -> Self {
        Self {
            file: Id::of(version.file.uuid()),
            number: version.number.number().into(),
            content_type: version.content_type.as_str().to_owned(),
            charset: version.content_type.charset().map(ToString::to_string),
            size: stored_size(version.size),
            sha256: version.sha256.map(|hash| Bytes(*hash.as_bytes())),
            blob: Id::of(version.blob.uuid()),
            created_by: Id::of(version.created_by.uuid()),
            created_at: version.created_at.unix_micros(),
            replaced_at: version.replaced_at.unix_micros(),
            is_pinned: version.is_pinned,
            label: version.label.as_ref().map(|label| label.as_str().to_owned()),
        }
    }
}

impl TryFrom<VersionRow> for Version {
    type Error = PortError;

    fn try_from(row: VersionRow) -> PortResult<Self> {
        let label = row.label.map(|text| text.parse().map_err(corrupt("file_versions.label")));
        Ok(Self {
            file: FileId::new(row.file.uuid()),
            number: VersionNumber::new(number("file_versions.number", row.number)?),
            content_type: content_type(row.content_type, row.charset.as_deref()),
            size: size("file_versions.size", row.size)?,
            sha256: row.sha256.map(|hash| Sha256::new(hash.0)),
            blob: BlobId::new(row.blob.uuid()),
            created_by: UserId::new(row.created_by.uuid()),
            created_at: Timestamp::from_unix_micros(row.created_at),
            replaced_at: Timestamp::from_unix_micros(row.replaced_at),
            is_pinned: row.is_pinned,
            label: label.transpose()?,
        })
    }
}
