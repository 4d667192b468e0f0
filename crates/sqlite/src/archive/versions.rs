//! Rows of old versions.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use fm_domain::archive::VersionPlace;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{Sha256, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, UserId};
use fm_domain::tree::{Label, Version};
use serde_json::{Value, json};
use uuid::Uuid;

use super::nodes::{hex, media_type};
use crate::error::{corrupt, store_error};
use crate::rows::{Bytes, Id, number, size, stored_size};

/// Those of one drive.
const PAGE: &str = "SELECT file_versions.* FROM file_versions JOIN nodes ON nodes.id = file \
    JOIN users ON users.id = drive AND users.removed_at IS NULL \
    WHERE drive = ?1 AND nodes.id >= ?2 AND (file, number) > (?2, ?3) ORDER BY file, number LIMIT ?4";

/// Those of all drives.
const WALK: &str = "SELECT file_versions.* FROM file_versions JOIN nodes ON nodes.id = file \
    JOIN users ON users.id = drive AND users.removed_at IS NULL \
    WHERE (file, number) > (?1, ?2) ORDER BY file, number LIMIT ?3";

/// One statement for any number of versions, given as JSON; ids and hashes in hexadecimal digits.
pub(super) const INSERT: &str = "INSERT INTO file_versions (file, number, content_type, charset, size, sha256, blob, created_by, \
        created_at, replaced_at, is_pinned, label) \
    SELECT unhex(value ->> 'file'), value ->> 'number', value ->> 'content_type', value ->> 'charset', value ->> 'size', \
        unhex(value ->> 'sha256'), unhex(value ->> 'blob'), unhex(value ->> 'created_by'), value ->> 'created_at', \
        value ->> 'replaced_at', value ->> 'is_pinned', value ->> 'label' \
    FROM json_each(?1)";

/// A page of the versions of a drive.
pub(super) fn page(
    connection: &mut SqliteConnection,
    drive: DriveId,
    after: Option<VersionPlace>,
    limit: u32,
) -> PortResult<Vec<Version>> {
    let (file, number) = place(after);
    let rows: Vec<VersionRow> = diesel::sql_query(PAGE)
        .bind::<Binary, _>(Id::of(drive.uuid()))
        .bind::<Binary, _>(file)
        .bind::<BigInt, _>(number)
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .map_err(store_error)?;
    rows.into_iter().map(VersionRow::into_version).collect()
}

/// A page of the versions of all drives.
pub(crate) fn walk(
    connection: &mut SqliteConnection,
    after: Option<VersionPlace>,
    limit: u32,
) -> PortResult<Vec<Version>> {
    let (file, number) = place(after);
    let rows: Vec<VersionRow> = diesel::sql_query(WALK)
        .bind::<Binary, _>(file)
        .bind::<BigInt, _>(number)
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .map_err(store_error)?;
    rows.into_iter().map(VersionRow::into_version).collect()
}

/// Before the first: UUIDv7 begin with the time, so none of them is nil.
fn place(after: Option<VersionPlace>) -> (Id, i64) {
    after.map_or((Id::of(Uuid::nil()), 0), |(file, number)| (Id::of(file.uuid()), i64::from(number.number())))
}

/// A version, as it is read.
#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Binary)]
    file: Id,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    content_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    charset: Option<String>,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    sha256: Option<Bytes<32>>,
    #[diesel(sql_type = Binary)]
    blob: Id,
    #[diesel(sql_type = Binary)]
    created_by: Id,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    replaced_at: i64,
    #[diesel(sql_type = BigInt)]
    is_pinned: i64,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
}

impl VersionRow {
    fn into_version(self) -> PortResult<Version> {
        let label = self.label.map(|text| text.parse().map_err(corrupt("file_versions.label")));
        Ok(Version {
            file: FileId::new(self.file.uuid()),
            number: VersionNumber::new(number("file_versions.number", self.number)?),
            content_type: media_type(
                "file_versions.content_type",
                &self.content_type,
                self.charset.as_deref(),
            )?,
            size: size("file_versions.size", self.size)?,
            sha256: self.sha256.map(|hash| Sha256::new(hash.0)),
            blob: BlobId::new(self.blob.uuid()),
            created_by: UserId::new(self.created_by.uuid()),
            created_at: Timestamp::from_unix_micros(self.created_at),
            replaced_at: Timestamp::from_unix_micros(self.replaced_at),
            is_pinned: self.is_pinned != 0,
            label: label.transpose()?,
        })
    }
}

/// The row of a version, as [`INSERT`] reads it.
pub(super) fn row(version: &Version) -> Value {
    json!({
        "file": hex(version.file.uuid()),
        "number": version.number.number(),
        "content_type": version.content_type.as_str(),
        "charset": version.content_type.charset().map(ToString::to_string),
        "size": stored_size(version.size),
        "sha256": version.sha256.map(|hash| hash.to_string()),
        "blob": hex(version.blob.uuid()),
        "created_by": hex(version.created_by.uuid()),
        "created_at": version.created_at.unix_micros(),
        "replaced_at": version.replaced_at.unix_micros(),
        "is_pinned": i64::from(version.is_pinned),
        "label": version.label.as_ref().map(Label::as_str),
    })
}
