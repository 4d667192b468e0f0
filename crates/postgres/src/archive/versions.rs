//! Rows of old versions.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use fm_domain::archive::VersionPlace;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::{BlobId, DriveId, FileId, UserId};
use fm_domain::tree::{Label, Version};
use serde_json::{Value, json};
use uuid::Uuid;

use super::nodes::{bytes, media_type, number};
use crate::error::corrupt;
use crate::lease::PgLease;
use crate::value::{Moment, integer, sha256, size};

/// Those of one drive.
const PAGE: &str = "SELECT file_versions.* FROM file_versions JOIN nodes ON nodes.id = file_id \
    JOIN users ON users.id = drive_id AND users.removed_at IS NULL \
    WHERE drive_id = $1 AND nodes.id >= $2 AND (file_id, number) > ($2, $3) ORDER BY file_id, number LIMIT $4";

/// Those of all drives.
const WALK: &str = "SELECT file_versions.* FROM file_versions JOIN nodes ON nodes.id = file_id \
    JOIN users ON users.id = drive_id AND users.removed_at IS NULL \
    WHERE (file_id, number) > ($1, $2) ORDER BY file_id, number LIMIT $3";

/// One statement for any number of versions.
pub(super) const INSERT: &str = "INSERT INTO file_versions (file_id, number, content_type, charset, size_bytes, sha256, blob_id, \
        created_by, created_at, replaced_at, is_pinned, label) \
    SELECT file_id, number, content_type, charset, size_bytes, decode(sha256, 'hex'), blob_id, created_by, created_at, \
        replaced_at, is_pinned, label \
    FROM json_to_recordset($1) AS rows (file_id uuid, number integer, content_type text, charset text, size_bytes bigint, \
        sha256 text, blob_id uuid, created_by uuid, created_at timestamptz, replaced_at timestamptz, is_pinned boolean, \
        label text)";

/// A page of the versions of a drive.
pub(super) async fn page(
    lease: &mut PgLease,
    drive: DriveId,
    after: Option<VersionPlace>,
    limit: u32,
) -> PortResult<Vec<Version>> {
    let (file, number) = place(after);
    let query = diesel::sql_query(PAGE)
        .bind::<SqlUuid, _>(drive.uuid())
        .bind::<SqlUuid, _>(file)
        .bind::<Integer, _>(number)
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<VersionRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(VersionRow::into_version).collect()
}

/// A page of the versions of all drives.
pub(crate) async fn walk(
    lease: &mut PgLease,
    after: Option<VersionPlace>,
    limit: u32,
) -> PortResult<Vec<Version>> {
    let (file, number) = place(after);
    let query = diesel::sql_query(WALK)
        .bind::<SqlUuid, _>(file)
        .bind::<Integer, _>(number)
        .bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<VersionRow> = lease.run(|connection| query.load(connection)).await?;
    rows.into_iter().map(VersionRow::into_version).collect()
}

/// Before the first: UUIDv7 begin with the time, so none of them is nil.
fn place(after: Option<VersionPlace>) -> (Uuid, i32) {
    after.map_or((Uuid::nil(), 0), |(file, number)| (file.uuid(), integer(number.number())))
}

/// A version, as it is read.
#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    content_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    charset: Option<String>,
    #[diesel(sql_type = BigInt)]
    size_bytes: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    sha256: Option<Vec<u8>>,
    #[diesel(sql_type = SqlUuid)]
    blob_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    created_by: Uuid,
    #[diesel(sql_type = Timestamptz)]
    created_at: Moment,
    #[diesel(sql_type = Timestamptz)]
    replaced_at: Moment,
    #[diesel(sql_type = Bool)]
    is_pinned: bool,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
}

impl VersionRow {
    fn into_version(self) -> PortResult<Version> {
        let content_type =
            media_type("file_versions.content_type", &self.content_type, self.charset.as_deref())?;
        let hash = self.sha256.as_deref().map(|bytes| sha256("file_versions.sha256", bytes));
        let label = self.label.map(|text| text.parse().map_err(corrupt("file_versions.label")));
        Ok(Version {
            file: FileId::new(self.file_id),
            number: number("file_versions.number", self.number).map(VersionNumber::new)?,
            content_type,
            size: size("file_versions.size_bytes", self.size_bytes)?,
            sha256: hash.transpose()?,
            blob: BlobId::new(self.blob_id),
            created_by: UserId::new(self.created_by),
            created_at: self.created_at.0,
            replaced_at: self.replaced_at.0,
            is_pinned: self.is_pinned,
            label: label.transpose()?,
        })
    }
}

/// The row of a version, as [`INSERT`] reads it.
pub(super) fn row(version: &Version) -> Value {
    json!({
        "file_id": version.file,
        "number": version.number.number(),
        "content_type": version.content_type.as_str(),
        "charset": version.content_type.charset().map(ToString::to_string),
        "size_bytes": bytes(version.size),
        "sha256": version.sha256.map(|hash| hash.to_string()),
        "blob_id": version.blob,
        "created_by": version.created_by,
        "created_at": version.created_at.to_string(),
        "replaced_at": version.replaced_at.to_string(),
        "is_pinned": version.is_pinned,
        "label": version.label.as_ref().map(Label::as_str),
    })
}
