//! Rows of `file_versions`.

use diesel::prelude::*;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, FileId, UserId};
use fm_domain::tree::{Label, Version};
use uuid::Uuid;

use super::node::{content_type, version_number};
use crate::error::corrupt;
use crate::schema::file_versions;
use crate::value::{Moment, bigint, integer, sha256, size};

/// An old version of a file, as it is read and written.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = file_versions, check_for_backend(diesel::pg::Pg), treat_none_as_default_value = false)]
pub(crate) struct VersionRow {
    file_id: Uuid,
    number: i32,
    content_type: String,
    charset: Option<String>,
    size_bytes: i64,
    sha256: Option<Vec<u8>>,
    blob_id: Uuid,
    created_by: Uuid,
    created_at: Moment,
    replaced_at: Moment,
    is_pinned: bool,
    label: Option<String>,
}

impl VersionRow {
    /// The row that holds this version.
    pub(crate) fn of(version: &Version) -> Self {
        Self {
            file_id: version.file.uuid(),
            number: integer(version.number.number()),
            content_type: version.content_type.as_str().to_owned(),
            charset: version.content_type.charset().map(ToString::to_string),
            size_bytes: bigint(version.size.bytes()),
            sha256: version.sha256.map(|hash| hash.as_bytes().to_vec()),
            blob_id: version.blob.uuid(),
            created_by: version.created_by.uuid(),
            created_at: Moment(version.created_at),
            replaced_at: Moment(version.replaced_at),
            is_pinned: version.is_pinned,
            label: version.label.as_ref().map(|label| label.as_str().to_owned()),
        }
    }

    /// The version that the row holds.
    pub(crate) fn into_version(self) -> PortResult<Version> {
        let label = self.label.as_deref().map(str::parse::<Label>).transpose();
        Ok(Version {
            file: FileId::new(self.file_id),
            number: version_number("file_versions.number", self.number)?,
            content_type: content_type(self.content_type, self.charset.as_deref()),
            size: size("file_versions.size_bytes", self.size_bytes)?,
            sha256: self.sha256.map(|bytes| sha256("file_versions.sha256", &bytes)).transpose()?,
            blob: BlobId::new(self.blob_id),
            created_by: UserId::new(self.created_by),
            created_at: self.created_at.0,
            replaced_at: self.replaced_at.0,
            is_pinned: self.is_pinned,
            label: label.map_err(corrupt("file_versions.label"))?,
        })
    }
}
