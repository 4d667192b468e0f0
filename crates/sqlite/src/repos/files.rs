//! Files.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::{Charset, File, FileRepo, Revision, Sha256, ThumbnailState, UpdateFile};
use fm_domain::ids::{BlobId, FileId};

use crate::access::{removed_owner_of_file, removed_user};
use crate::error::store_error;
use crate::queries;
use crate::rows::{Bytes, FileRow, Id, ThumbnailRow, stored_number};
use crate::schema::files;
use crate::unit_of_work::SqliteUnitOfWork;

diesel::define_sql_function! {
    /// The first of the two that is not null.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

#[async_trait]
impl FileRepo for SqliteUnitOfWork {
    async fn insert(&mut self, file: &File) -> PortResult<()> {
        let row = FileRow::from(file);
        self.run(move |connection| {
            diesel::insert_into(files::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.run(move |connection| queries::files::find(connection, &access, id)).await
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let row = FileRow::from(file);
        let (id, owner) = (Id::of(file.id.uuid()), Id::of(file.owner.uuid()));
        let changed = self
            .run(move |connection| {
                let stored = files::table
                    .find(id)
                    .filter(files::owner.eq(owner))
                    .filter(not(exists(removed_user(owner))))
                    .filter(files::revision.eq(stored_number(seen.number())));
                diesel::update(stored).set(row).execute(connection).map_err(store_error)
            })
            .await?;
        if changed == 0 { Err(UpdateFile::Stale) } else { Ok(()) }
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let row = ThumbnailRow::from(state);
        self.run(move |connection| {
            let file = files::table.find(Id::of(id.uuid())).filter(files::blob.eq(Id::of(of.uuid())));
            diesel::update(file.filter(not(exists(removed_owner_of_file()))))
                .set(row)
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
        self.run(move |connection| {
            let unread = files::table
                .find(Id::of(id.uuid()))
                .filter(files::blob.eq(Id::of(of.uuid())))
                .filter(files::sha256.is_null())
                .filter(not(exists(removed_owner_of_file())));
            diesel::update(unread)
                .set((
                    files::sha256.eq(Bytes(*sha256.as_bytes())),
                    files::charset.eq(coalesce(files::charset, charset.map(|charset| charset.to_string()))),
                ))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let access = access.clone();
        self.run(move |connection| {
            let found = queries::files::find(connection, &access, id)?;
            if found.is_some() {
                diesel::delete(files::table.find(Id::of(id.uuid())))
                    .execute(connection)
                    .map_err(store_error)?;
            }
            Ok(found)
        })
        .await
    }
}
