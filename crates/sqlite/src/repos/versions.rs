//! Old versions of files.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::FileId;
use fm_domain::tree::{Label, Version, VersionRepo};

use crate::error::store_error;
use crate::rows::{Id, VersionRow};
use crate::schema::file_versions as versions;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// The primary key of the version of a file with this number.
fn key(file: FileId, number: VersionNumber) -> (Id, i64) {
    (Id::of(file.uuid()), number.number().into())
}

#[async_trait]
impl VersionRepo for SqliteUnitOfWork {
    async fn insert(&mut self, version: &Version) -> PortResult<()> {
        let row = VersionRow::from(version);
        self.run(move |connection| {
            diesel::insert_into(versions::table)
                .values(row)
                .execute(connection)
                .map(|_one| ())
                .map_err(store_error)
        })
        .await
    }

    async fn find(&mut self, file: FileId, number: VersionNumber) -> PortResult<Option<Version>> {
        self.run(move |connection| {
            versions::table
                .find(key(file, number))
                .select(VersionRow::as_select())
                .first(connection)
                .optional()
                .map_err(store_error)?
                .map(Version::try_from)
                .transpose()
        })
        .await
    }

    async fn all(&mut self, file: FileId) -> PortResult<Vec<Version>> {
        self.run(move |connection| {
            versions::table
                .filter(versions::file.eq(Id::of(file.uuid())))
                .order(versions::number)
                .select(VersionRow::as_select())
                .load(connection)
                .map_err(store_error)?
                .into_iter()
                .map(Version::try_from)
                .collect()
        })
        .await
    }

    async fn set(
        &mut self,
        file: FileId,
        number: VersionNumber,
        is_pinned: bool,
        label: Option<Label>,
    ) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(versions::table.find(key(file, number))).set((
                versions::is_pinned.eq(is_pinned),
                versions::label.eq(label.map(|label| label.as_str().to_owned())),
            )))
            .execute(connection)
            .map(|changed| changed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn remove(&mut self, file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> {
        let numbers = numbers.to_vec();
        self.run(move |connection| {
            let mut removed = Vec::with_capacity(numbers.len());
            for number in numbers {
                let row: Option<VersionRow> = diesel::delete(versions::table.find(key(file, number)))
                    .returning(VersionRow::as_returning())
                    .get_result(connection)
                    .optional()
                    .map_err(store_error)?;
                removed.extend(row.map(Version::try_from).transpose()?);
            }
            Ok(removed)
        })
        .await
    }
}
