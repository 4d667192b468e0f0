//! Users.

use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::accounts::{
    Account, Charge, DisplayName, Email, InsertUser, Kept, PasswordHash, ReserveBytes, Role, StorageUse,
    Tally, User, UserCounts, UserFilter, UserQueries, UserRepo,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::{Folder, Removed, Seq};

use super::nodes::Node;
use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// Users by id and by address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    by_id: Map<UserId, Account>,
    by_email: Map<String, UserId>,
    drives: Map<UserId, DriveRow>,
    /// Those who are marked as removed: nothing is kept of them but the id, to which their files refer.
    removed: Set<UserId>,
}

/// What a drive has beside the counters of its user's account.
#[derive(Debug, Clone, Copy)]
pub(super) struct DriveRow {
    pub(super) seq: Seq,
    /// Its items, the root and the trash counted.
    pub(super) nodes: u64,
}

impl Users {
    /// The account and the drive of a user.
    pub(super) fn drive(&self, id: UserId) -> Option<(&Account, DriveRow)> {
        Some((self.by_id.get(&id)?, *self.drives.get(&id)?))
    }

    /// Replaces what a drive has.
    pub(super) fn set_drive(&mut self, id: UserId, storage: StorageUse, row: DriveRow) {
        self.change(id, |account| account.storage = storage);
        self.drives.insert_mut(id, row);
    }

    /// Whether rows may refer to the user.
    pub(crate) fn contains(&self, id: UserId) -> bool {
        self.by_id.contains_key(&id) || self.is_removed(id)
    }

    /// Whether the user is marked as removed.
    pub(crate) fn is_removed(&self, id: UserId) -> bool {
        self.removed.contains(&id)
    }

    /// The ids of those who are not marked as removed.
    pub(crate) fn ids(&self) -> impl Iterator<Item = UserId> {
        self.by_id.keys().copied()
    }

    /// How many are marked as removed.
    pub(crate) fn count_removed(&self) -> usize {
        self.removed.size()
    }

    fn change<T>(&mut self, id: UserId, change: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.by_id.get_mut(&id).map(change)
    }

    fn mark_removed(&mut self, id: UserId) -> bool {
        let Some(account) = self.by_id.get(&id) else { return false };
        self.by_email.remove_mut(account.user.email.key());
        self.drives.remove_mut(&id);
        self.removed.insert_mut(id);
        self.by_id.remove_mut(&id)
    }
}

#[async_trait]
impl UserQueries for Tables {
    async fn find(&mut self, id: UserId) -> PortResult<Option<Account>> {
        Ok(self.users.by_id.get(&id).cloned())
    }

    async fn find_by_email(&mut self, email: &Email) -> PortResult<Option<Account>> {
        let id = self.users.by_email.get(email.key());
        Ok(id.and_then(|id| self.users.by_id.get(id)).cloned())
    }

    async fn tally(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let users = self.users.by_id.range((edge, Bound::Unbounded)).take(limit as usize);
        let tallies = users.map(|(user, Account { storage, .. })| Tally {
            user: *user,
            recorded: Kept { bytes: storage.used, files: storage.file_count },
            counted: self.nodes.kept(*user),
        });
        Ok(tallies.collect())
    }

    async fn list(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let users = self.users.by_id.range((Bound::Unbounded, edge)).rev().map(|(_, account)| account);
        let part = filter.address_contains.as_deref().unwrap_or_default();
        let fitting = users.filter(|account| account.user.email.key().contains(part));
        Ok(fitting.take(limit as usize).cloned().collect())
    }

    async fn count(&mut self) -> PortResult<UserCounts> {
        let mut counts = UserCounts::default();
        for (_, account) in &self.users.by_id {
            counts.users += 1;
            counts.suspended += u64::from(account.is_suspended());
            counts.admins += u64::from(account.user.role == Role::Admin);
            let StorageUse { used, trash, versions, reserved, file_count } = account.storage;
            counts.storage.used = plus(counts.storage.used, used);
            counts.storage.trash = plus(counts.storage.trash, trash);
            counts.storage.versions = plus(counts.storage.versions, versions);
            counts.storage.reserved = plus(counts.storage.reserved, reserved);
            counts.storage.file_count = counts.storage.file_count.saturating_add(file_count);
        }
        Ok(counts)
    }
}

#[async_trait]
impl UserRepo for MemoryUnitOfWork {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let users = &mut self.tables.users;
        if users.by_email.contains_key(user.email.key()) {
            return Err(InsertUser::EmailTaken);
        }
        if users.contains(user.id) {
            return Err(self.fail("a second user with one id").into());
        }
        users.by_email.insert_mut(user.email.key().to_owned(), user.id);
        users.by_id.insert_mut(user.id, Account::new(user.clone()));
        users.drives.insert_mut(user.id, DriveRow { seq: Seq::default(), nodes: 1 });
        let root = Folder::root(DriveId::of_user(user.id), user.created_at);
        self.tables.nodes.put(Node::living(root.into(), Seq::default()));
        Ok(())
    }

    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>> {
        Ok(self.tables.users.by_id.get(&id).cloned())
    }

    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool> {
        Ok(self.tables.users.change(id, |account| account.user.name = name).is_some())
    }

    async fn set_password(
        &mut self,
        id: UserId,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> PortResult<bool> {
        let replaced = self.tables.users.change(id, |account| {
            let still = account.user.password_hash == *seen;
            if still {
                account.user.password_hash = new.clone();
            }
            still
        });
        Ok(replaced.unwrap_or(false))
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        Ok(self.tables.users.change(id, |account| account.user.role = role).is_some())
    }

    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        Ok(self.tables.users.change(id, |account| account.suspended_at = since).is_some())
    }

    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        Ok(self.tables.users.change(id, |account| account.quota = quota).is_some())
    }

    async fn lock_admins(&mut self) -> PortResult<Vec<UserId>> {
        let admins = self.tables.users.by_id.iter().filter(|(_, account)| account.is_active_admin());
        Ok(admins.map(|(id, _)| *id).collect())
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let reserved = self.tables.users.change(id, |account| {
            let quota = account.quota_or(quota);
            let storage = &mut account.storage;
            let reserved = plus(storage.reserved, bytes);
            if passes(plus(storage.used, reserved), quota) {
                return Err(ReserveBytes::QuotaExceeded);
            }
            storage.reserved = reserved;
            Ok(())
        });
        reserved.unwrap_or(Err(ReserveBytes::NoUser))
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        self.tables
            .users
            .change(id, |account| account.storage.reserved = minus(account.storage.reserved, bytes));
        Ok(())
    }

    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let charged = self.tables.users.change(id, |account| {
            let now = charged(account.storage, charge);
            let grows = charge.add > plus(charge.unreserve, charge.free);
            if grows && passes(plus(now.used, now.reserved), account.quota_or(quota)) {
                return Err(ReserveBytes::QuotaExceeded);
            }
            account.storage = now;
            Ok(())
        });
        let charged = charged.unwrap_or(Err(ReserveBytes::NoUser));
        if charged.is_ok()
            && let Some(row) = self.tables.users.drives.get_mut(&id)
        {
            row.nodes = row.nodes.saturating_add(charge.files_added).saturating_sub(charge.files_removed);
        }
        charged
    }

    async fn mark_removed(&mut self, id: UserId, _at: Timestamp) -> PortResult<bool> {
        Ok(self.tables.users.mark_removed(id))
    }

    async fn remove_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> {
        let Tables { users, blobs, uploads, nodes, keys, .. } = &mut self.tables;
        if !users.is_removed(id) {
            return Ok(0);
        }
        let (limit, mut items) = (limit as usize, Removed::default());
        let mut removed = uploads.remove_owned(id, limit);
        removed += nodes.remove_owned(id, limit - removed, &mut items);
        removed += keys.remove_owned(id, limit - removed);
        removed += blobs.cancel_owned(id, at, limit - removed);
        blobs.drop_references(&items.blobs, at);
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        let Tables { users, uploads, nodes, operations, keys, .. } = &mut self.tables;
        if !users.removed.remove_mut(&id) {
            return Ok(false);
        }
        nodes.remove_owned(id, usize::MAX, &mut Removed::default());
        nodes.take(NodeId::root(DriveId::of_user(id)));
        operations.remove_owned(id);
        keys.remove_owned(id, usize::MAX);
        uploads.remove_owned(id, usize::MAX);
        Ok(true)
    }
}

fn charged(storage: StorageUse, charge: &Charge) -> StorageUse {
    StorageUse {
        used: minus(plus(storage.used, charge.add), charge.free),
        reserved: minus(storage.reserved, charge.unreserve),
        file_count: storage
            .file_count
            .saturating_add(charge.files_added)
            .saturating_sub(charge.files_removed),
        ..storage
    }
}

pub(super) fn passes(total: ByteSize, quota: Option<ByteSize>) -> bool {
    quota.is_some_and(|quota| total > quota)
}

pub(super) const fn plus(left: ByteSize, right: ByteSize) -> ByteSize {
    ByteSize::new(left.bytes().saturating_add(right.bytes()))
}

const fn minus(left: ByteSize, right: ByteSize) -> ByteSize {
    ByteSize::new(left.bytes().saturating_sub(right.bytes()))
}
