//! Questions about blobs.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::blobs::{BlobQueries, BlobRecord, BlobState, Sweepable};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;

use crate::database::SqliteReadRepos;
use crate::error::{corrupt, store_error};
use crate::repos::blobs::{DELETED, INTENT, STORED, deleted, key, recorded};
use crate::rows::{Id, size};
use crate::schema::blobs;

/// How many ids one statement takes.
const IDS: usize = 500;

type Row = (Id, String, String, Option<i64>);

fn record((id, bucket, state, bytes): Row) -> PortResult<BlobRecord> {
    let state = match (state.as_str(), bytes) {
        (INTENT, _) => BlobState::Intent,
        (STORED, Some(bytes)) => BlobState::Stored { size: size("blobs.size", bytes)? },
        (DELETED, _) => BlobState::Deleted,
        _ => return Err(corrupt("blobs.state")("is not a state of a blob, or lacks its size")),
    };
    Ok(BlobRecord { key: key(id, &bucket)?, state })
}

/// Those of these blobs that have a row.
pub(crate) fn find(connection: &mut SqliteConnection, ids: &[Id]) -> PortResult<Vec<BlobRecord>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS) {
        let rows = blobs::table
            .filter(blobs::id.eq_any(ids.iter().copied()))
            .select((blobs::id, blobs::bucket, blobs::state, blobs::size))
            .load::<Row>(connection)
            .map_err(store_error)?;
        for row in rows {
            found.push(record(row)?);
        }
    }
    Ok(found)
}

#[async_trait]
impl BlobQueries for SqliteReadRepos {
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> {
        let ids: Vec<Id> = ids.iter().map(|id| Id::of(id.uuid())).collect();
        self.ask(move |connection| find(connection, &ids)).await
    }

    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable> {
        let (now, limit) = (now.unix_micros(), i64::from(limit));
        self.ask(move |connection| {
            let expired = blobs::table.filter(recorded()).filter(blobs::expires_at.lt(now));
            let expired =
                expired.select(blobs::id).limit(limit).load::<Id>(connection).map_err(store_error)?;
            let due = blobs::table.filter(deleted()).filter(blobs::due_at.le(now));
            let due = due.select(blobs::id).limit(limit).load::<Id>(connection).map_err(store_error)?;
            Ok(Sweepable { expired: expired.len() as u64, due: due.len() as u64 })
        })
        .await
    }
}
