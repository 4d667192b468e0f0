//! Previews.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use fm_domain::blobs::BlobKey;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::{Preview, PreviewRepo};

use super::blobs::{STORED, mark_deleted};
use crate::error::store_error;
use crate::rows::{Id, id_list};
use crate::schema::previews;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// Another one that is ready stays.
const RECORD: &str = "INSERT INTO previews (original, size_name, blob, format, width, height) \
    SELECT id, ?3, ?4, ?5, ?6, ?7 FROM blobs WHERE id = ?1 AND state = ?2 \
    ON CONFLICT (original, size_name) DO UPDATE SET blob = excluded.blob, format = excluded.format, \
        width = excluded.width, height = excluded.height WHERE previews.blob IS NULL OR previews.blob = excluded.blob";

const DROP_OF: &str =
    "DELETE FROM previews WHERE original IN (SELECT unhex(value) FROM json_each(?1)) RETURNING blob";

const DROP_UNOWNED: &str = "DELETE FROM previews \
    WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE id = original AND state = ?1) RETURNING blob";

#[derive(QueryableByName)]
struct DroppedRow {
    #[diesel(sql_type = Nullable<Binary>)]
    blob: Option<Id>,
}

#[async_trait]
impl PreviewRepo for SqliteUnitOfWork {
    async fn record(&mut self, preview: &Preview) -> PortResult<bool> {
        let Preview { original, size, state } = *preview;
        let picture = state.columns();
        self.run(move |connection| {
            fixed(
                diesel::sql_query(RECORD)
                    .bind::<Binary, _>(Id::of(original.uuid()))
                    .bind::<Text, _>(STORED)
                    .bind::<Text, _>(size.as_str())
                    .bind::<Nullable<Binary>, _>(picture.blob.map(|blob| Id::of(blob.uuid())))
                    .bind::<Nullable<Text>, _>(picture.format)
                    .bind::<Nullable<BigInt>, _>(picture.width.map(i64::from))
                    .bind::<Nullable<BigInt>, _>(picture.height.map(i64::from)),
            )
            .execute(connection)
            .map(|recorded| recorded > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn remove(&mut self, preview: &Preview) -> PortResult<bool> {
        let Preview { original, size, state } = *preview;
        let blob = state.blob().map(|blob| Id::of(blob.uuid()));
        self.run(move |connection| {
            let row = previews::table.find((Id::of(original.uuid()), size.as_str()));
            diesel::delete(row.filter(previews::blob.is(blob)))
                .execute(connection)
                .map(|removed| removed > 0)
                .map_err(store_error)
        })
        .await
    }
}

/// Removes the previews of these blobs; the keys of those that were ready, which are tombstones then.
pub(super) fn drop_of(
    connection: &mut SqliteConnection,
    originals: Vec<Id>,
    at: Timestamp,
) -> PortResult<Vec<BlobKey>> {
    drop_by(connection, DROP_OF, &id_list(originals), at)
}

/// The same of all blobs that are not stored; how many were ready.
pub(crate) fn remove_unowned(connection: &mut SqliteConnection, at: Timestamp) -> PortResult<usize> {
    drop_by(connection, DROP_UNOWNED, STORED, at).map(|keys| keys.len())
}

fn drop_by(
    connection: &mut SqliteConnection,
    statement: &str,
    value: &str,
    at: Timestamp,
) -> PortResult<Vec<BlobKey>> {
    let dropped = fixed(diesel::sql_query(statement).bind::<Text, _>(value));
    let dropped: Vec<DroppedRow> = dropped.load(connection).map_err(store_error)?;
    let mut gone = Vec::with_capacity(dropped.len());
    for blob in dropped.into_iter().filter_map(|row| row.blob) {
        if mark_deleted(connection, blob, at)? {
            gone.push(BlobKey::thumbnail(BlobId::new(blob.uuid())));
        }
    }
    Ok(gone)
}
