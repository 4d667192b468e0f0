//! Databases that do what admins ask with one fault.

use std::sync::Mutex;

use fm_domain::accounts::{Account, ReserveBytes, Role, StorageUse, UserCounts, UserFilter};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, broken, narrow};
use crate::mutants::mutants;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandingFault {
    SuspendsNoUser,
    KeepsQuotasIn32Bits,
    SetsRolesOfNoUser,
    ReservesByTheGivenQuota,
    LocksTheSuspended,
    RemembersAdmins,
    ReadsPatterns,
    SkipsOnPaging,
    FiltersAfterTheLimit,
    CountsNoSuspended,
}

/// The admins as they were when they were first asked for.
pub(crate) type FirstAdmins = Mutex<Option<Vec<UserId>>>;

impl BrokenUnit {
    fn stands(&self, fault: StandingFault) -> bool {
        self.is(Fault::Standing(fault))
    }

    pub(crate) async fn give_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        let set = self.honest().users().set_role(id, role).await?;
        Ok(set || self.stands(StandingFault::SetsRolesOfNoUser))
    }

    pub(crate) async fn suspend(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        let since = since.filter(|_| !self.stands(StandingFault::SuspendsNoUser));
        self.honest().users().set_suspended(id, since).await
    }

    pub(crate) async fn give_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        let is_narrow = self.stands(StandingFault::KeepsQuotasIn32Bits);
        let kept = |bytes: ByteSize| if is_narrow { narrow(bytes) } else { bytes };
        self.honest().users().set_quota(id, quota.map(kept)).await
    }

    pub(crate) async fn admins(&mut self) -> PortResult<Vec<UserId>> {
        let mut admins = self.honest().users().lock_admins().await?;
        if self.stands(StandingFault::LocksTheSuspended) {
            admins.extend(self.common.trail.users.lock().unwrap().iter().copied());
        }
        if self.stands(StandingFault::RemembersAdmins) {
            return Ok(self.common.first_admins.lock().unwrap().get_or_insert(admins).clone());
        }
        Ok(admins)
    }

    pub(crate) async fn reserve_bytes(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let quota = quota.filter(|_| !self.is(Fault::IgnoresQuota));
        let mut bytes = if self.is(Fault::ReservesIn32Bits) { narrow(bytes) } else { bytes };
        if self.is(Fault::ReservesWithOverflow)
            && let (Some(quota), Some(account)) = (quota, self.honest().users().find_for_update(id).await?)
        {
            let StorageUse { used, reserved, .. } = account.storage;
            let total = [used, reserved, bytes]
                .iter()
                .fold(0_i64, |sum, part| sum.wrapping_add(i64::from_ne_bytes(part.bytes().to_ne_bytes())));
            if total < 0 && quota > ByteSize::ZERO {
                bytes = ByteSize::ZERO;
            }
        }
        self.reserve_by_the_given(id, bytes, quota).await
    }

    /// Reserves as a store does that knows no quota but the given one.
    async fn reserve_by_the_given(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let account = self.honest().users().find_for_update(id).await?;
        let own = account.and_then(|account| account.quota);
        if !self.stands(StandingFault::ReservesByTheGivenQuota) || own.is_none() {
            return self.honest().users().reserve(id, bytes, quota).await;
        }
        self.honest().users().set_quota(id, None).await?;
        let reserved = self.honest().users().reserve(id, bytes, quota).await;
        self.honest().users().set_quota(id, own).await?;
        reserved
    }
}

impl BrokenReads {
    fn stands(&self, fault: StandingFault) -> bool {
        self.fault == Fault::Standing(fault)
    }

    pub(crate) async fn page_of_users(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>> {
        let mut filter = filter.clone();
        if self.stands(StandingFault::ReadsPatterns) {
            // Any character but the at sign.
            filter.address_contains = filter.address_contains.map(|part| part.replace(['_', '%'], ""));
        }
        if self.stands(StandingFault::FiltersAfterTheLimit) {
            let mut page = self.inner.users().list(&UserFilter::default(), after, limit).await?;
            let fitting = self.inner.users().list(&filter, None, u32::MAX).await?;
            page.retain(|account| fitting.contains(account));
            return Ok(page);
        }
        let skip = usize::from(after.is_some() && self.stands(StandingFault::SkipsOnPaging));
        let page = self.inner.users().list(&filter, after, limit).await?;
        Ok(page.into_iter().skip(skip).collect())
    }

    pub(crate) async fn count_users(&mut self) -> PortResult<UserCounts> {
        let counts = self.inner.users().count().await?;
        let suspended = if self.stands(StandingFault::CountsNoSuspended) { 0 } else { counts.suspended };
        Ok(UserCounts { suspended, ..counts })
    }
}

mutants! {
    a_repo_that_suspends_no_user: broken(Fault::Standing(StandingFault::SuspendsNoUser)) => database,
        ["USER-28", "USER-31", "USER-34"];
    a_repo_that_keeps_quotas_in_32_bits: broken(Fault::Standing(StandingFault::KeepsQuotasIn32Bits)) => database, ["USER-28"];
    a_repo_that_sets_roles_of_no_user: broken(Fault::Standing(StandingFault::SetsRolesOfNoUser)) => database, ["USER-28"];
    a_repo_that_reserves_by_the_given_quota: broken(Fault::Standing(StandingFault::ReservesByTheGivenQuota)) => database,
        ["USER-29", "USER-30"];
    a_repo_that_locks_the_suspended: broken(Fault::Standing(StandingFault::LocksTheSuspended)) => database,
        ["USER-31", "USER-32"];
    a_repo_that_remembers_admins: broken(Fault::Standing(StandingFault::RemembersAdmins)) => database, ["USER-32"];
    a_list_of_users_that_reads_patterns: broken(Fault::Standing(StandingFault::ReadsPatterns)) => database, ["USER-33"];
    a_list_of_users_that_skips_between_pages: broken(Fault::Standing(StandingFault::SkipsOnPaging)) => database, ["USER-33"];
    a_list_of_users_that_filters_after_the_limit:
        broken(Fault::Standing(StandingFault::FiltersAfterTheLimit)) => database, ["USER-33"];
    a_count_of_users_without_the_suspended: broken(Fault::Standing(StandingFault::CountsNoSuspended)) => database,
        ["USER-34"];
}
