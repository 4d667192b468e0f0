//! Questions about previews.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::{Preview, PreviewColumns, PreviewQueries, PreviewSize, PreviewState};
use uuid::Uuid;

use crate::database::SqliteReadRepos;
use crate::error::{corrupt, store_error};
use crate::rows::{Id, number};
use crate::schema::previews;

type Columns = (Option<Id>, Option<String>, Option<i64>, Option<i64>);
type Row = (Id, String, Option<Id>, Option<String>, Option<i64>, Option<i64>);

fn state((blob, format, width, height): Columns) -> PortResult<PreviewState> {
    let pixels = |what: &'static str, stored: Option<i64>| {
        stored.map(|pixels| number::<u32>(what, pixels)).transpose()
    };
    let columns = PreviewColumns {
        blob: blob.map(|blob| BlobId::new(blob.uuid())),
        format: format.as_deref(),
        width: pixels("previews.width", width)?,
        height: pixels("previews.height", height)?,
    };
    columns.read().map_err(corrupt("previews.format"))
}

fn preview((original, size, blob, format, width, height): Row) -> PortResult<Preview> {
    Ok(Preview {
        original: BlobId::new(original.uuid()),
        size: size.parse().map_err(corrupt("previews.size_name"))?,
        state: state((blob, format, width, height))?,
    })
}

#[async_trait]
impl PreviewQueries for SqliteReadRepos {
    async fn find(&mut self, original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> {
        self.ask(move |connection| {
            previews::table
                .find((Id::of(original.uuid()), size.as_str()))
                .select((previews::blob, previews::format, previews::width, previews::height))
                .first::<Columns>(connection)
                .optional()
                .map_err(store_error)?
                .map(state)
                .transpose()
        })
        .await
    }

    async fn walk(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> {
        // UUIDv7 begin with the time, so none of them is nil.
        let after = Id::of(after.map_or(Uuid::nil(), BlobId::uuid));
        self.ask(move |connection| {
            previews::table
                .filter(previews::blob.gt(after))
                .order(previews::blob)
                .limit(limit.into())
                .select(previews::all_columns)
                .load::<Row>(connection)
                .map_err(store_error)?
                .into_iter()
                .map(preview)
                .collect()
        })
        .await
    }
}
