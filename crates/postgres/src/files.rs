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

use crate::access::{LivingFile, removed_owner_of_node, removed_user, visible_files};
use crate::rows::{FileEdit, NodeRow, ThumbnailRow};
use crate::schema::nodes;
use crate::sql::fixed;
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::bigint;

diesel::define_sql_function! {
    /// The first of the two that is not null.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

#[async_trait]
impl FileRepo for PgUnitOfWork {
    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let file = nodes::table.find(id.uuid()).filter(visible_files(access));
        let file = file.select(NodeRow::as_select()).for_update();
        let row = self.run(async |connection| file.get_result(connection).await.optional()).await?;
        self.understood(row.map(NodeRow::into_file).transpose())
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let stored = nodes::table
            .find(file.id.uuid())
            .filter(nodes::drive_id.eq(file.drive().uuid()))
            .filter(nodes::revision.eq(bigint(seen.number())))
            .filter(not(exists(removed_user(file.owner.uuid()))))
            .filter(LivingFile);
        let thumbnail = ThumbnailRow::of(&file.thumbnail);
        let edit = (FileEdit::of(file), thumbnail, nodes::changed_seq.eq(self.stamp()));
        let update = fixed(diesel::update(stored).set(edit));
        match self.run(|connection| update.execute(connection)).await? {
            0 => Err(UpdateFile::Stale),
            _ => Ok(()),
        }
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let file = nodes::table.find(id.uuid()).filter(nodes::blob_id.eq(of.uuid()));
        let file = file.filter(not(exists(removed_owner_of_node())));
        let set = (ThumbnailRow::of(state), nodes::changed_seq.eq(self.stamp()));
        let update = fixed(diesel::update(file).set(set));
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
            nodes::table.find(id.uuid()).filter(nodes::blob_id.eq(of.uuid())).filter(nodes::sha256.is_null());
        let file = file.filter(not(exists(removed_owner_of_node())));
        let charset = nodes::charset.eq(coalesce(nodes::charset, charset.map(|charset| charset.to_string())));
        let sha256 = nodes::sha256.eq(sha256.as_bytes().as_slice());
        let set = (sha256, charset, nodes::changed_seq.eq(self.stamp()));
        let update = fixed(diesel::update(file).set(set));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let file = nodes::table.find(id.uuid()).filter(visible_files(access));
        let delete = diesel::delete(file).returning(NodeRow::as_returning());
        // A version goes with its file.
        let delete = self.together_on(Target::Versions, delete).await?;
        let row = self.run(async |connection| delete.get_result(connection).await.optional()).await?;
        self.understood(row.map(NodeRow::into_file).transpose())
    }
}
