//! Users inside a unit of work.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::accounts::{
    Account, Charge, DisplayName, InsertUser, PasswordHash, ReserveBytes, Role, User, UserRepo,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;
use uuid::Uuid;

use crate::access::removed_user;
use crate::contents;
use crate::rows::UserRow;
use crate::schema::users;
use crate::sql::{fixed, statement, typed};
use crate::unit_of_work::PgUnitOfWork;
use crate::value::{Moment, bigint};

/// Counters after a charge, unless it would pass the quota. The quota is compared by subtraction, so that nothing
/// can overflow.
const CHARGE: &str = "UPDATE users SET \
    reserved_bytes = greatest(reserved_bytes - ?, 0), \
    used_bytes = greatest(used_bytes - ? + ?, 0), \
    file_count = greatest(file_count + ?, 0), \
    node_count = greatest(node_count + ?, 0) \
    WHERE id = ? AND removed_at IS NULL AND used_bytes <= ? - greatest(reserved_bytes - ?, 0)";

/// The same within the user's own quota, or the given one. What is left beside the growth is -1 at least, so that it can't
/// overflow either.
const GROW: &str = "UPDATE users SET \
    reserved_bytes = greatest(reserved_bytes - ?, 0), \
    used_bytes = greatest(used_bytes - ? + ?, 0), \
    file_count = greatest(file_count + ?, 0), \
    node_count = greatest(node_count + ?, 0) \
    WHERE id = ? AND removed_at IS NULL AND \
    used_bytes <= greatest(coalesce(quota_bytes, ?) - ?, -1) - greatest(reserved_bytes - ?, 0)";

/// A reservation within the user's own quota, or the given one.
const RESERVE: &str = "UPDATE users SET reserved_bytes = reserved_bytes + ? \
    WHERE id = ? AND removed_at IS NULL AND \
    used_bytes <= greatest(coalesce(quota_bytes, ?) - ?, -1) - reserved_bytes";

/// The address in a row that is marked as removed: none can be sent to it (RFC 2606, section 2). Programs of the version
/// before, which know no mark, can read it.
const NO_EMAIL: &str = "removed@account.invalid";

/// The user, unless they are marked as removed.
#[diesel::dsl::auto_type]
fn living(id: UserId) -> _ {
    let id: Uuid = id.uuid();
    users::table.find(id).filter(users::removed_at.is_null())
}

#[async_trait]
impl UserRepo for PgUnitOfWork {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let row = (
            users::id.eq(user.id.uuid()),
            users::email.eq(user.email.as_str()),
            users::email_key.eq(user.email.key()),
            users::name.eq(user.name.as_ref().map(DisplayName::as_str)),
            users::role.eq(user.role.as_str()),
            users::password_hash.eq(user.password_hash.expose()),
            users::created_at.eq(Moment(user.created_at)),
        );
        let insert = diesel::insert_into(users::table).values(row).on_conflict(users::email_key).do_nothing();
        match self.run(|connection| insert.execute(connection)).await? {
            0 => Err(InsertUser::EmailTaken),
            _ => Ok(()),
        }
    }

    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>> {
        // Not FOR UPDATE: that would also hold up the inserts of items that refer to the user.
        let user = living(id).select(UserRow::as_select()).for_no_key_update();
        let row = self.run(async |connection| user.get_result(connection).await.optional()).await?;
        self.understood(row.map(UserRow::into_account).transpose())
    }

    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool> {
        let name = name.as_ref().map(DisplayName::as_str);
        let update = fixed(diesel::update(living(id)).set(users::name.eq(name)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn set_password(
        &mut self,
        id: UserId,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> PortResult<bool> {
        let user = living(id).filter(users::password_hash.eq(seen.expose()));
        let update = fixed(diesel::update(user).set(users::password_hash.eq(new.expose())));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        let update = fixed(diesel::update(living(id)).set(users::role.eq(role.as_str())));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        let update = fixed(diesel::update(living(id)).set(users::suspended_at.eq(since.map(Moment))));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        let quota = quota.map(|quota| bigint(quota.bytes()));
        let update = fixed(diesel::update(living(id)).set(users::quota_bytes.eq(quota)));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn lock_admins(&mut self) -> PortResult<Vec<UserId>> {
        // Of rows that another unit changed meanwhile the conditions are asked again: READ COMMITTED.
        let admins = users::table
            .filter(users::role.eq(Role::Admin.as_str()))
            .filter(users::suspended_at.is_null())
            .filter(users::removed_at.is_null())
            .order(users::id)
            .select(users::id)
            .for_no_key_update();
        let ids: Vec<Uuid> = self.run(|connection| admins.load(connection)).await?;
        Ok(ids.into_iter().map(UserId::new).collect())
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let bytes = bigint(bytes.bytes());
        let quota = quota.map_or(i64::MAX, |quota| bigint(quota.bytes()));
        let update = statement::<(), _>(
            RESERVE,
            (
                typed::<BigInt, _>(bytes),
                typed::<SqlUuid, _>(id.uuid()),
                typed::<BigInt, _>(quota),
                typed::<BigInt, _>(bytes),
            ),
        );
        // It can be run twice only with a row that is there from the first time on.
        let reserved = if self.is_call_alone() && self.only_adds_rows() {
            self.run_call(update).await?
        } else {
            let update = self.together_last(update).await?;
            self.run(|connection| update.execute(connection)).await?
        };
        if reserved > 0 { Ok(()) } else { Err(self.refused(id).await?) }
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        self.move_counters(id, &Charge { unreserve: bytes, ..Charge::default() }).await.map(|_found| ())
    }

    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let given_up = charge.unreserve.bytes().saturating_add(charge.free.bytes());
        let charged = if charge.add.bytes() > given_up {
            self.grow_within(id, charge, quota.map_or(i64::MAX, |quota| bigint(quota.bytes()))).await?
        } else {
            self.move_counters(id, charge).await?
        };
        if charged { Ok(()) } else { Err(self.refused(id).await?) }
    }

    async fn mark_removed(&mut self, id: UserId, at: Timestamp) -> PortResult<bool> {
        let update = fixed(diesel::update(living(id)).set((
            users::removed_at.eq(Moment(at)),
            users::email.eq(NO_EMAIL),
            // Each key of an address has an at sign, and the column is unique.
            users::email_key.eq(format!("removed {id}")),
            users::name.eq(None::<String>),
            users::password_hash.eq(""),
        )));
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    async fn remove_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> {
        contents::remove(self, id.uuid(), at, limit).await
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        // Items, uploads, operations and keys that are left go with it: they refer to it, ON DELETE CASCADE.
        let delete = diesel::delete(removed_user(id.uuid()));
        Ok(self.run(|connection| delete.execute(connection)).await? > 0)
    }
}

impl PgUnitOfWork {
    /// Applies a charge whatever the quota is.
    async fn move_counters(&mut self, id: UserId, charge: &Charge) -> PortResult<bool> {
        let unreserve = bigint(charge.unreserve.bytes());
        let (add, free) = (bigint(charge.add.bytes()), bigint(charge.free.bytes()));
        let update = statement::<(), _>(
            CHARGE,
            (
                typed::<BigInt, _>(unreserve),
                typed::<BigInt, _>(free),
                typed::<BigInt, _>(add),
                typed::<BigInt, _>(files_more(charge)),
                typed::<BigInt, _>(files_more(charge)),
                typed::<SqlUuid, _>(id.uuid()),
                // used − free + add ≤ the most that a counter holds − reserved, with what is known here on one side.
                typed::<BigInt, _>(i64::MAX.saturating_sub(add).saturating_add(free)),
                typed::<BigInt, _>(unreserve),
            ),
        );
        let update = self.together_last(update).await?;
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    /// Applies a charge that adds more than it frees, within the user's own quota or else this one.
    async fn grow_within(&mut self, id: UserId, charge: &Charge, quota: i64) -> PortResult<bool> {
        let unreserve = bigint(charge.unreserve.bytes());
        let (add, free) = (bigint(charge.add.bytes()), bigint(charge.free.bytes()));
        let update = statement::<(), _>(
            GROW,
            (
                typed::<BigInt, _>(unreserve),
                typed::<BigInt, _>(free),
                typed::<BigInt, _>(add),
                typed::<BigInt, _>(files_more(charge)),
                typed::<BigInt, _>(files_more(charge)),
                typed::<SqlUuid, _>(id.uuid()),
                typed::<BigInt, _>(quota),
                typed::<BigInt, _>(add.saturating_sub(free)),
                typed::<BigInt, _>(unreserve),
            ),
        );
        let update = self.together_last(update).await?;
        Ok(self.run(|connection| update.execute(connection)).await? > 0)
    }

    /// Why nothing was reserved or charged.
    async fn refused(&mut self, id: UserId) -> PortResult<ReserveBytes> {
        let user = diesel::select(diesel::dsl::exists(living(id)));
        let exists: bool = self.run(|connection| user.get_result(connection)).await?;
        Ok(if exists { ReserveBytes::QuotaExceeded } else { ReserveBytes::NoUser })
    }
}

/// How many files more the user has after a charge.
fn files_more(charge: &Charge) -> i64 {
    bigint(charge.files_added).saturating_sub(bigint(charge.files_removed))
}
