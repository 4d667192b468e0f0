//! The reads of databases with one fault, but for lists.

use async_trait::async_trait;
use fm_domain::accounts::{Account, Email, StorageUse, Tally, UserCounts, UserFilter, UserQueries};
use fm_domain::blobs::{BlobQueries, BlobRecord, BlobState, Sweepable};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::{BlobId, UserId};

use crate::mutants::broken_database::{BrokenReads, Fault, PAGE, broken};
use crate::mutants::fresh_database::without_accents;
use crate::mutants::mutants;

#[async_trait]
impl UserQueries for BrokenReads {
    async fn find(&mut self, id: UserId) -> PortResult<Option<Account>> {
        if self.fault == Fault::RemembersAccounts
            && let Some(account) = self.memory.accounts.lock().unwrap().get(&id)
        {
            return Ok(Some(account.clone()));
        }
        let found = self.inner.users().find(id).await?;
        // The account of a user who keeps nothing yet: as after a login.
        if let Some(account) = found.as_ref().filter(|account| account.storage == StorageUse::default()) {
            self.memory.accounts.lock().unwrap().insert(id, account.clone());
        }
        Ok(found)
    }

    async fn find_by_email(&mut self, email: &Email) -> PortResult<Option<Account>> {
        let mut found = self.inner.users().find_by_email(email).await?;
        if found.is_none() && self.fault == Fault::IgnoresAccentsOfAddresses {
            let plain = without_accents(email.key());
            let emails = self.common.emails.lock().unwrap().clone();
            if let Some(like) = emails.iter().find(|like| without_accents(like.key()) == plain) {
                found = self.inner.users().find_by_email(like).await?;
            }
        }
        Ok(found.filter(|account| {
            self.fault != Fault::FoldsAsciiAlone
                || account.user.email.as_str().eq_ignore_ascii_case(email.as_str())
        }))
    }

    async fn tally(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> {
        let limit = if self.fault == Fault::TalliesAPage { limit.min(PAGE) } else { limit };
        let mut tallies = self.inner.users().tally(after, limit).await?;
        tallies.extend(self.tallied_anyway());
        if self.fault == Fault::TalliesWhatIsRecorded {
            for tally in &mut tallies {
                tally.counted = tally.recorded;
            }
        }
        Ok(tallies)
    }

    async fn list(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>> {
        self.page_of_users(filter, after, limit).await
    }

    async fn count(&mut self) -> PortResult<UserCounts> {
        self.count_users().await
    }
}

#[async_trait]
impl BlobQueries for BrokenReads {
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> {
        let mut records = self.inner.blobs().find(ids).await?;
        records.retain(|record| self.fault != Fault::HidesTombstones || record.state != BlobState::Deleted);
        Ok(records)
    }

    async fn count_sweepable(&mut self, now: Timestamp, limit: u32) -> PortResult<Sweepable> {
        let limit = if self.fault == Fault::CountsBeyondTheLimit { u32::MAX } else { limit };
        self.inner.blobs().count_sweepable(now, limit).await
    }
}

mutants! {
    a_walk_that_skips_between_pages: broken(Fault::SkipsOnWalking) => database, ["FILE-15"];
    a_tally_that_counts_nothing_up: broken(Fault::TalliesWhatIsRecorded) => database, ["USER-13"];
    reads_that_hide_tombstones: broken(Fault::HidesTombstones) => database, ["BLOBROW-12", "USER-26"];
    a_count_without_a_limit: broken(Fault::CountsBeyondTheLimit) => database, ["BLOBROW-13"];
    a_database_that_remembers_accounts: broken(Fault::RemembersAccounts) => database, ["UOW-15", "USER-11", "UOW-12", "USER-17"];
    a_database_that_remembers_files: broken(Fault::RemembersFiles) => database, ["FILE-14", "UOW-12"];
}
