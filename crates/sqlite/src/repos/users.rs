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
use super::counters::{Counters, minus, plus};
use crate::access::{living_user, removed_user};
use crate::error::store_error;
use crate::queries;
use crate::rows::{Id, NewUserRow, stored_size};
use crate::schema::users;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// The address in a row that is marked as removed: none can be sent to it (RFC 2606, section 2). Programs of the version
/// before, which know no mark, can read it.
const NO_EMAIL: &str = "removed@account.invalid";

#[async_trait]
impl UserRepo for SqliteUnitOfWork {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let row = NewUserRow::from(user);
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
            fixed(
                diesel::update(living_user(id))
                    .set(users::name.eq(name.map(|name| name.as_str().to_owned()))),
            )
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
            fixed(
                diesel::update(living_user(id).filter(users::password_hash.eq(seen)))
                    .set(users::password_hash.eq(new)),
            )
            .execute(connection)
            .map(|changed| changed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(living_user(id)).set(users::role.eq(role.as_str())))
                .execute(connection)
                .map(|changed| changed > 0)
                .map_err(store_error)
        })
        .await
    }

    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(
                diesel::update(living_user(id))
                    .set(users::suspended_at.eq(since.map(Timestamp::unix_micros))),
            )
            .execute(connection)
            .map(|changed| changed > 0)
            .map_err(store_error)
        })
        .await
    }

    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(living_user(id)).set(users::quota_bytes.eq(quota.map(stored_size))))
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
        let reserved = self.move_counters(id, ReserveBytes::NoUser, move |mut counters| {
            counters.storage.reserved = plus(counters.storage.reserved, bytes);
            if counters.fit(quota) { Ok(counters) } else { Err(ReserveBytes::QuotaExceeded) }
        });
        reserved.await.map(|_counters| ())
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        let moved = self.move_counters(id, ReserveBytes::NoUser, move |mut counters| {
            counters.storage.reserved = minus(counters.storage.reserved, bytes);
            Ok(counters)
        });
        match moved.await {
            Err(ReserveBytes::Store(error)) => Err(error),
            Ok(_) | Err(ReserveBytes::NoUser | ReserveBytes::QuotaExceeded) => Ok(()),
        }
    }

    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let charge = *charge;
        let charged = self.move_counters(id, ReserveBytes::NoUser, move |counters| {
            let count =
                |before: u64| before.saturating_add(charge.files_added).saturating_sub(charge.files_removed);
            let storage = counters.storage;
            let charged = Counters {
                storage: StorageUse {
                    used: minus(plus(storage.used, charge.add), charge.free),
                    reserved: minus(storage.reserved, charge.unreserve),
                    file_count: count(storage.file_count),
                    ..storage
                },
                nodes: count(counters.nodes),
                ..counters
            };
            let grows = charge.add > plus(charge.unreserve, charge.free);
            if grows && !charged.fit(quota) { Err(ReserveBytes::QuotaExceeded) } else { Ok(charged) }
        });
        charged.await.map(|_counters| ())
    }

    async fn mark_removed(&mut self, id: UserId, at: Timestamp) -> PortResult<bool> {
        self.run(move |connection| {
            fixed(diesel::update(living_user(id)).set((
                users::removed_at.eq(at.unix_micros()),
                users::email.eq(NO_EMAIL),
                // Each key of an address has an at sign, and the column is unique.
                users::email_key.eq(format!("removed {id}")),
                users::name.eq(None::<String>),
                users::password_hash.eq(""),
            )))
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
        // Items with their versions, uploads, operations and idempotency keys that are left go with their user: ON DELETE CASCADE.
        self.run(move |connection| {
            diesel::delete(removed_user(Id::of(id.uuid())))
                .execute(connection)
                .map(|removed| removed > 0)
                .map_err(store_error)
        })
        .await
    }
}
