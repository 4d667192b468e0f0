//! Old versions of files inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::FileId;
use fm_domain::tree::{Label, Version, VersionRepo};

use crate::rows::VersionRow;
use crate::schema::file_versions;
use crate::sql::fixed;
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::integer;

#[async_trait]
impl VersionRepo for PgUnitOfWork {
    async fn insert(&mut self, version: &Version) -> PortResult<()> {
        let insert = diesel::insert_into(file_versions::table).values(VersionRow::of(version));
        self.defer_insert(Target::Versions, insert).await
    }

    async fn find(&mut self, file: FileId, number: VersionNumber) -> PortResult<Option<Version>> {
        let version = file_versions::table.find((file.uuid(), integer(number.number())));
        let version = version.select(VersionRow::as_select());
        let row = self.run(async |connection| version.get_result(connection).await.optional()).await?;
        self.understood(row.map(VersionRow::into_version).transpose())
    }

    async fn all(&mut self, file: FileId) -> PortResult<Vec<Version>> {
        let versions = file_versions::table
            .filter(file_versions::file_id.eq(file.uuid()))
            .order(file_versions::number)
            .select(VersionRow::as_select());
        let rows: Vec<VersionRow> = self.run(|connection| versions.load(connection)).await?;
        self.understood(rows.into_iter().map(VersionRow::into_version).collect())
    }

    async fn set(
        &mut self,
        file: FileId,
        number: VersionNumber,
        is_pinned: bool,
        label: Option<Label>,
    ) -> PortResult<bool> {
        let version = file_versions::table.find((file.uuid(), integer(number.number())));
        let label = label.as_ref().map(Label::as_str);
        let set = (file_versions::is_pinned.eq(is_pinned), file_versions::label.eq(label));
        let update = fixed(diesel::update(version).set(set));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn remove(&mut self, file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> {
        let numbers: Vec<i32> = numbers.iter().map(|number| integer(number.number())).collect();
        let versions = file_versions::table
            .filter(file_versions::file_id.eq(file.uuid()))
            .filter(file_versions::number.eq_any(numbers));
        let delete = diesel::delete(versions).returning(VersionRow::as_returning());
        let rows: Vec<VersionRow> = self.run(|connection| delete.load(connection)).await?;
        self.understood(rows.into_iter().map(VersionRow::into_version).collect())
    }
}
