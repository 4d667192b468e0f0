//! Files, which are items of their drives.

use async_trait::async_trait;
use diesel::dsl::{Eq, exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::{Charset, File, FileRepo, Revision, Sha256, ThumbnailState, UpdateFile};
use fm_domain::ids::{BlobId, FileId};

use crate::access::{removed_owner_of_item, removed_user};
use crate::error::store_error;
use crate::queries;
use crate::queries::living::LivingFiles;
use crate::rows::{Bytes, Id, NewNodeRow, ThumbnailRow, stored_number};
use crate::schema::nodes;
use crate::sql::fixed;
use crate::unit_of_work::{EnteredDrives, SqliteUnitOfWork};

diesel::define_sql_function! {
    /// The first of the two that is not null.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

/// The number that a change of the file is stamped with, where the unit has entered its drive: jobs write what no user sees as a change.
fn stamp(
    connection: &mut SqliteConnection,
    entered: &EnteredDrives,
    id: FileId,
) -> PortResult<Option<Eq<nodes::changed_seq, i64>>> {
    let drive = nodes::table.find(Id::of(id.uuid())).select(nodes::drive);
    let drive: Option<Id> = drive.first(connection).optional().map_err(store_error)?;
    let seq = drive.and_then(|drive| entered.seq(drive));
    Ok(seq.map(|seq| nodes::changed_seq.eq(stored_number(seq.number()))))
}

#[async_trait]
impl FileRepo for SqliteUnitOfWork {
    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.run(move |connection| queries::files::find(connection, &access, id)).await
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let (id, owner) = (Id::of(file.id.uuid()), Id::of(file.drive().uuid()));
        let seq = self.entered.seq(owner);
        let row = NewNodeRow::of_file(file, seq.unwrap_or_default());
        let stamp = seq.map(|seq| nodes::changed_seq.eq(stored_number(seq.number())));
        let changed = self
            .run(move |connection| {
                let stored = nodes::table
                    .find(id)
                    .filter(LivingFiles)
                    .filter(nodes::drive.eq(owner))
                    .filter(not(exists(removed_user(owner))))
                    .filter(nodes::revision.eq(stored_number(seen.number())));
                fixed(diesel::update(stored).set((row, stamp))).execute(connection).map_err(store_error)
            })
            .await?;
        if changed == 0 { Err(UpdateFile::Stale) } else { Ok(()) }
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let (row, entered) = (ThumbnailRow::from(state), self.entered.clone());
        self.run(move |connection| {
            let stamp = stamp(connection, &entered, id)?;
            let file = nodes::table.find(Id::of(id.uuid())).filter(nodes::blob.eq(Id::of(of.uuid())));
            fixed(diesel::update(file.filter(not(exists(removed_owner_of_item())))).set((row, stamp)))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_sha256(
        &mut self,
        id: FileId,
        of: BlobId,
        sha256: Sha256,
        charset: Option<Charset>,
    ) -> PortResult<bool> {
        let entered = self.entered.clone();
        self.run(move |connection| {
            let stamp = stamp(connection, &entered, id)?;
            let unread = nodes::table
                .find(Id::of(id.uuid()))
                .filter(nodes::blob.eq(Id::of(of.uuid())))
                .filter(nodes::sha256.is_null())
                .filter(not(exists(removed_owner_of_item())));
            fixed(diesel::update(unread).set((
                nodes::sha256.eq(Bytes(*sha256.as_bytes())),
                nodes::charset.eq(coalesce(nodes::charset, charset.map(|charset| charset.to_string()))),
                stamp,
            )))
            .execute(connection)
            .map(|changed| changed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        // Its versions go with it: ON DELETE CASCADE.
        self.run(move |connection| {
            let found = queries::files::find(connection, &access, id)?;
            if found.is_some() {
                diesel::delete(nodes::table.find(Id::of(id.uuid())))
                    .execute(connection)
                    .map_err(store_error)?;
            }
            Ok(found)
        })
        .await
    }
}
