//! Files inside a unit of work.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::{Charset, File, FileRepo, Revision, Sha256, ThumbnailState, UpdateFile};
use fm_domain::ids::{BlobId, FileId};

use crate::access::{removed_owner_of_file, removed_user, visible_files};
use crate::rows::{FileEdit, FileRow, NewFileRow, ThumbnailRow};
use crate::schema::files;
use crate::sql::fixed;
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::bigint;

diesel::define_sql_function! {
    /// The first of the two that is not null.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

#[async_trait]
impl FileRepo for PgUnitOfWork {
    async fn insert(&mut self, file: &File) -> PortResult<()> {
        let insert = diesel::insert_into(files::table).values(NewFileRow::of(file));
        self.defer_insert(Target::Files, insert).await
    }

    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let file = files::table.find(id.uuid()).filter(visible_files(access));
        let file = file.select(FileRow::as_select()).for_update();
        let row = self.run(async |connection| file.get_result(connection).await.optional()).await?;
        self.understood(row.map(FileRow::into_file).transpose())
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let stored = files::table
            .find(file.id.uuid())
            .filter(files::owner_id.eq(file.owner.uuid()))
            .filter(files::revision.eq(bigint(seen.number())))
            .filter(not(exists(removed_user(file.owner.uuid()))));
        let edit = (FileEdit::of(file), ThumbnailRow::of(&file.thumbnail));
        let update = fixed(diesel::update(stored).set(edit));
        match self.run(|connection| update.execute(connection)).await? {
            0 => Err(UpdateFile::Stale),
            _ => Ok(()),
        }
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let file = files::table.find(id.uuid()).filter(files::blob_id.eq(of.uuid()));
        let file = file.filter(not(exists(removed_owner_of_file())));
        let update = fixed(diesel::update(file).set(ThumbnailRow::of(state)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn set_sha256(
        &mut self,
        id: FileId,
        of: BlobId,
        sha256: Sha256,
        charset: Option<Charset>,
    ) -> PortResult<bool> {
        let file =
            files::table.find(id.uuid()).filter(files::blob_id.eq(of.uuid())).filter(files::sha256.is_null());
        let file = file.filter(not(exists(removed_owner_of_file())));
        let charset = files::charset.eq(coalesce(files::charset, charset.map(|charset| charset.to_string())));
        let update =
            fixed(diesel::update(file).set((files::sha256.eq(sha256.as_bytes().as_slice()), charset)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let file = files::table.find(id.uuid()).filter(visible_files(access));
        let delete = diesel::delete(file).returning(FileRow::as_returning());
        let delete = self.together_on(Target::Files, delete).await?;
        let row = self.run(async |connection| delete.get_result(connection).await.optional()).await?;
        self.understood(row.map(FileRow::into_file).transpose())
    }
}
