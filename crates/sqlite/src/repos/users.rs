//! Users.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::accounts::{
    Account, Charge, DisplayName, InsertUser, PasswordHash, ReserveBytes, StorageUse, User, UserRepo,
};
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

use crate::error::store_error;
use crate::queries;
use crate::rows::{Id, UserRow, counters, stored_number, stored_size};
use crate::schema::users;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl UserRepo for SqliteUnitOfWork {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let row = UserRow::fresh(user);
        let added = self
            .run(move |connection| {
                diesel::insert_into(users::table)
                    .values(row)
                    .on_conflict(users::email_key)
                    .do_nothing()
                    .execute(connection)
                    .map_err(store_error)
            })
            .await?;
        if added == 0 { Err(InsertUser::EmailTaken) } else { Ok(()) }
    }

    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>> {
        self.run(move |connection| queries::users::find(connection, id)).await
    }

    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(users::table.find(Id::of(id.uuid())))
                .set(users::name.eq(name.map(|name| name.as_str().to_owned())))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_password(
        &mut self,
        id: UserId,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> PortResult<bool> {
        let (seen, new) = (seen.expose().to_owned(), new.expose().to_owned());
        self.run(move |connection| {
            diesel::update(users::table.find(Id::of(id.uuid())).filter(users::password_hash.eq(seen)))
                .set(users::password_hash.eq(new))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        self.move_counters(id, move |mut storage| {
            storage.reserved = plus(storage.reserved, bytes);
            if fits(&storage, quota) { Ok(storage) } else { Err(ReserveBytes::QuotaExceeded) }
        })
        .await
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        let moved = self.move_counters(id, move |mut storage| {
            storage.reserved = minus(storage.reserved, bytes);
            Ok(storage)
        });
        match moved.await {
            Err(ReserveBytes::Store(error)) => Err(error),
            Ok(()) | Err(ReserveBytes::NoUser | ReserveBytes::QuotaExceeded) => Ok(()),
        }
    }

    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let charge = *charge;
        self.move_counters(id, move |storage| {
            let charged = StorageUse {
                used: minus(plus(storage.used, charge.add), charge.free),
                reserved: minus(storage.reserved, charge.unreserve),
                file_count: storage
                    .file_count
                    .saturating_add(charge.files_added)
                    .saturating_sub(charge.files_removed),
            };
            let grows = charge.add > plus(charge.unreserve, charge.free);
            if grows && !fits(&charged, quota) { Err(ReserveBytes::QuotaExceeded) } else { Ok(charged) }
        })
        .await
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        // Files, uploads and idempotency keys go with their user: ON DELETE CASCADE.
        self.run(move |connection| {
            diesel::delete(users::table.find(Id::of(id.uuid())))
                .execute(connection)
                .map(|removed| removed > 0)
                .map_err(store_error)
        })
        .await
    }
}

impl SqliteUnitOfWork {
    /// Replaces the counters of a user by what `decide` makes of them.
    async fn move_counters(
        &mut self,
        id: UserId,
        decide: impl FnOnce(StorageUse) -> Result<StorageUse, ReserveBytes> + Send + 'static,
    ) -> Result<(), ReserveBytes> {
        let id = Id::of(id.uuid());
        // A refusal is an answer to the writer; an error would poison the unit.
        self.run(move |connection| {
            let found = users::table
                .find(id)
                .select((users::used_bytes, users::reserved_bytes, users::file_count))
                .first(connection)
                .optional()
                .map_err(store_error)?;
            let Some(found) = found else { return Ok(Err(ReserveBytes::NoUser)) };
            let storage = match decide(counters(found)?) {
                Ok(storage) => storage,
                Err(refused) => return Ok(Err(refused)),
            };
            diesel::update(users::table.find(id))
                .set((
                    users::used_bytes.eq(stored_size(storage.used)),
                    users::reserved_bytes.eq(stored_size(storage.reserved)),
                    users::file_count.eq(stored_number(storage.file_count)),
                ))
                .execute(connection)
                .map_err(store_error)?;
            Ok(Ok(()))
        })
        .await?
    }
}

fn plus(size: ByteSize, more: ByteSize) -> ByteSize {
    ByteSize::new(size.bytes().saturating_add(more.bytes()))
}

fn minus(size: ByteSize, less: ByteSize) -> ByteSize {
    ByteSize::new(size.bytes().saturating_sub(less.bytes()))
}

fn fits(storage: &StorageUse, quota: Option<ByteSize>) -> bool {
    quota.is_none_or(|quota| plus(storage.used, storage.reserved) <= quota)
}
