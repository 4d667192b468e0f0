//! Users.

use async_trait::async_trait;
use diesel::prelude::*;
use fm_domain::accounts::{
    Account, Charge, DisplayName, InsertUser, PasswordHash, ReserveBytes, Role, StorageUse, User, UserRepo,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

use super::contents;
use crate::access::removed_user;
use crate::error::store_error;
use crate::queries;
use crate::rows::{Id, UserRow, counters, size, stored_number, stored_size};
use crate::schema::users;
use crate::unit_of_work::SqliteUnitOfWork;

/// The address in a row that is marked as removed: none can be sent to it (RFC 2606, section 2). Programs of the version
/// before, which know no mark, can read it.
const NO_EMAIL: &str = "removed@account.invalid";

/// The user, unless they are marked as removed.
#[diesel::dsl::auto_type]
fn living(id: UserId) -> _ {
    let id: Id = Id::of(id.uuid());
    users::table.find(id).filter(users::removed_at.is_null())
}

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
            diesel::update(living(id))
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
            diesel::update(living(id).filter(users::password_hash.eq(seen)))
                .set(users::password_hash.eq(new))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(living(id))
                .set(users::role.eq(role.as_str()))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(living(id))
                .set(users::suspended_at.eq(since.map(Timestamp::unix_micros)))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(living(id))
                .set(users::quota_bytes.eq(quota.map(stored_size)))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn lock_admins(&mut self) -> PortResult<Vec<UserId>> {
        self.run(queries::users::admins).await
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        self.move_counters(id, move |mut storage, own| {
            storage.reserved = plus(storage.reserved, bytes);
            if fits(&storage, own.or(quota)) { Ok(storage) } else { Err(ReserveBytes::QuotaExceeded) }
        })
        .await
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        let moved = self.move_counters(id, move |mut storage, _own| {
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
        self.move_counters(id, move |storage, own| {
            let charged = StorageUse {
                used: minus(plus(storage.used, charge.add), charge.free),
                reserved: minus(storage.reserved, charge.unreserve),
                file_count: storage
                    .file_count
                    .saturating_add(charge.files_added)
                    .saturating_sub(charge.files_removed),
            };
            let grows = charge.add > plus(charge.unreserve, charge.free);
            if grows && !fits(&charged, own.or(quota)) {
                Err(ReserveBytes::QuotaExceeded)
            } else {
                Ok(charged)
            }
        })
        .await
    }

    async fn mark_removed(&mut self, id: UserId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            diesel::update(living(id))
                .set((
                    users::removed_at.eq(at.unix_micros()),
                    users::email.eq(NO_EMAIL),
                    // Each key of an address has an at sign, and the column is unique.
                    users::email_key.eq(format!("removed {id}")),
                    users::name.eq(None::<String>),
                    users::password_hash.eq(""),
                ))
                .execute(connection)
                .map(|marked| marked > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn remove_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> {
        self.run(move |connection| contents::remove(connection, Id::of(id.uuid()), at, limit)).await
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        // Files, uploads and idempotency keys that are left go with their user: ON DELETE CASCADE.
        self.run(move |connection| {
            diesel::delete(removed_user(Id::of(id.uuid())))
                .execute(connection)
                .map(|removed| removed > 0)
                .map_err(store_error)
        })
        .await
    }
}

impl SqliteUnitOfWork {
    /// Replaces the counters of a user by what `decide` makes of them and of the user's own quota.
    async fn move_counters(
        &mut self,
        id: UserId,
        decide: impl FnOnce(StorageUse, Option<ByteSize>) -> Result<StorageUse, ReserveBytes> + Send + 'static,
    ) -> Result<(), ReserveBytes> {
        // A refusal is an answer to the writer; an error would poison the unit.
        self.run(move |connection| {
            let found = living(id)
                .select(((users::used_bytes, users::reserved_bytes, users::file_count), users::quota_bytes))
                .first::<((i64, i64, i64), Option<i64>)>(connection)
                .optional()
                .map_err(store_error)?;
            let Some((found, own)) = found else { return Ok(Err(ReserveBytes::NoUser)) };
            let own = own.map(|bytes| size("users.quota_bytes", bytes)).transpose()?;
            let storage = match decide(counters(found)?, own) {
                Ok(storage) => storage,
                Err(refused) => return Ok(Err(refused)),
            };
            diesel::update(living(id))
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
