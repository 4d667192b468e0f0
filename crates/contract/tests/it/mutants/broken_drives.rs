//! Databases with one fault in their drives, versions and operations, and those whose trees hold only so much.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::VersionNumber;
use fm_domain::ids::{DriveId, FileId, OperationId, UserId};
use fm_domain::tree::{
    Delta, DriveRepo, EnterDrive, Entered, Item, Label, Operation, OperationRepo, OperationStatus, Seq,
    Version, VersionRepo,
};

use crate::mutants::broken_database::{BrokenUnit, Fault, broken};
use crate::mutants::broken_removal::RemovalFault;
use crate::mutants::broken_tree::TreeFault;
use crate::mutants::fresh_database::first;
use crate::mutants::mutants;

/// How many a careless adapter finds.
pub(super) const FEW: u32 = 50;

impl BrokenUnit {
    /// Whether the drive had room for this when the unit began.
    async fn fitted(&mut self, drive: DriveId, delta: &Delta, quota: Option<ByteSize>) -> PortResult<bool> {
        let (Some(early), Some(quota)) = (self.early.as_mut(), quota) else { return Ok(false) };
        let own = Access::on_behalf_of(drive.owner(), Right::Read);
        let known = early.tree().drive(&own, drive).await?;
        Ok(known.is_some_and(|known| {
            let storage = delta.applied_to(known.storage);
            storage.used.bytes() + storage.reserved.bytes() <= quota.bytes()
        }))
    }
}

impl BrokenUnit {
    /// The entry whose name an index takes for that of this item, where it does not look at all of it.
    pub(super) async fn taken_for(&mut self, item: &Item) -> PortResult<Option<Item>> {
        let (Some(folder), Some(name)) = (item.parent(), item.name()) else { return Ok(None) };
        let key = name.search_key();
        let padded = key.trim_end();
        if self.has(TreeFault::PadsNames) && padded.len() < key.len() {
            return self.honest().nodes().entry(folder, padded).await;
        }
        let seen = first(&key, 191);
        if !self.has(TreeFault::ComparesNamesTo191Characters) || seen == key {
            return Ok(None);
        }
        let entries = self.honest().nodes().entries(&[folder], None, u32::MAX).await?;
        let is_alike = |entry: &Item| entry.name().is_some_and(|name| first(&name.search_key(), 191) == seen);
        Ok(entries.into_iter().find(is_alike))
    }
}

#[async_trait]
impl DriveRepo for BrokenUnit {
    async fn enter(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterDrive> {
        let mut quota = quota.filter(|_| !self.has(TreeFault::EntersWithoutAQuota));
        if self.has(TreeFault::ChecksQuotasBeforeItsTurn) && self.fitted(drive, delta, quota).await? {
            quota = None;
        }
        let mut entered = self.honest().drives().enter(drive, delta, quota).await?;
        if self.has(TreeFault::NumbersEverySecondChange) {
            entered.seq = Seq::new(2 * entered.seq.number());
        }
        Ok(entered)
    }

    async fn charge(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<(), EnterDrive> {
        self.common.charges.fetch_add(1, Ordering::SeqCst);
        let delta = match self.fault {
            Fault::Tree(TreeFault::CountsOnEntryAlone) => Delta::default(),
            Fault::Tree(TreeFault::ChargesNoItems) => Delta { nodes: 0, ..*delta },
            _ => *delta,
        };
        self.honest().drives().charge(drive, &delta, quota).await
    }
}

#[async_trait]
impl VersionRepo for BrokenUnit {
    async fn insert(&mut self, version: &Version) -> PortResult<()> {
        if self.removes(RemovalFault::KeepsBlobsOfVersions) {
            // One reference more than any removal drops.
            self.honest().blobs().add_references(&[version.blob]).await?;
        }
        if self.has(TreeFault::InsertsVersionsAgain)
            && self.honest().versions().find(version.file, version.number).await?.is_some()
        {
            return Ok(());
        }
        self.honest().versions().insert(version).await
    }

    async fn find(&mut self, file: FileId, number: VersionNumber) -> PortResult<Option<Version>> {
        self.honest().versions().find(file, number).await
    }

    async fn all(&mut self, file: FileId) -> PortResult<Vec<Version>> {
        let mut all = self.honest().versions().all(file).await?;
        if self.has(TreeFault::FindsFewVersions) {
            all.truncate(FEW as usize);
        }
        Ok(all)
    }

    async fn set(
        &mut self,
        file: FileId,
        number: VersionNumber,
        is_pinned: bool,
        label: Option<Label>,
    ) -> PortResult<bool> {
        let label = label.filter(|_| !self.has(TreeFault::ForgetsLabels));
        self.honest().versions().set(file, number, is_pinned, label).await
    }

    async fn remove(&mut self, file: FileId, numbers: &[VersionNumber]) -> PortResult<Vec<Version>> {
        self.honest().versions().remove(file, numbers).await
    }
}

#[async_trait]
impl OperationRepo for BrokenUnit {
    async fn insert(&mut self, operation: &Operation) -> PortResult<()> {
        self.honest().operations().insert(operation).await
    }

    async fn find_for_update(&mut self, id: OperationId) -> PortResult<Option<Operation>> {
        self.honest().operations().find_for_update(id).await
    }

    async fn update(&mut self, operation: &Operation) -> PortResult<bool> {
        let mut operation = operation.clone();
        if self.has(TreeFault::EndsNoOperation) {
            operation = Operation { status: OperationStatus::Running, ended_at: None, ..operation };
        }
        self.honest().operations().update(&operation).await
    }

    async fn make_room(&mut self, owner: UserId, keep: u32) -> PortResult<u32> {
        let keep = if self.has(TreeFault::KeepsEveryOperation) { u32::MAX } else { keep };
        let running = self.honest().operations().make_room(owner, keep).await?;
        Ok(if self.has(TreeFault::CountsWhatHasEnded) { running.saturating_add(keep) } else { running })
    }

    async fn purge_ended(&mut self, before: Timestamp, limit: u32) -> PortResult<u32> {
        self.honest().operations().purge_ended(before, limit).await
    }
}

mutants! {
    a_repo_that_checks_quotas_before_its_turn: broken(Fault::Tree(TreeFault::ChecksQuotasBeforeItsTurn)) => database,
        ["TREE-39"];
    a_unit_that_finds_what_is_committed: broken(Fault::Tree(TreeFault::FindsWhatIsCommitted)) => database,
        ["TREE-32", "TREE-35"];
    a_repo_that_remembers_lineages: broken(Fault::Tree(TreeFault::RemembersLineages)) => database, ["TREE-35"];
    a_database_that_calls_folders_by_their_keys: broken(Fault::Tree(TreeFault::CallsFoldersByTheirKeys)) => database,
        ["TREE-22", "TREE-35"];
    a_repo_that_marks_few_at_once: broken(Fault::Tree(TreeFault::MarksFewAtOnce)) => database, ["TREE-36", "TREE-37"];
    a_repo_that_restores_few_at_once: broken(Fault::Tree(TreeFault::RestoresFewAtOnce)) => database,
        ["TREE-36", "TREE-37"];
    a_repo_that_removes_few_at_once: broken(Fault::Tree(TreeFault::RemovesFewAtOnce)) => database,
        ["TREE-36", "TREE-37"];
    a_repo_that_edits_what_it_restores: broken(Fault::Tree(TreeFault::EditsWhatItRestores)) => database,
        ["TREE-11", "TREE-36"];
    a_usage_of_few_levels: broken(Fault::Tree(TreeFault::CountsFewLevels)) => database, ["TREE-36"];
    a_path_of_few_names: broken(Fault::Tree(TreeFault::FollowsFewNames)) => database, ["TREE-36"];
    a_list_of_a_page_of_children: broken(Fault::Tree(TreeFault::ListsAPageOfChildren)) => database, ["TREE-37"];
    a_query_that_tells_what_is_above_a_page: broken(Fault::Tree(TreeFault::LooksAboveAPage)) => database, ["TREE-37"];
    a_list_of_few_tops: broken(Fault::Tree(TreeFault::ListsFewTops)) => database, ["TREE-38"];
    a_repo_that_finds_few_versions: broken(Fault::Tree(TreeFault::FindsFewVersions)) => database, ["TREE-38"];
    a_list_of_versions_that_is_sorted_as_text: broken(Fault::Tree(TreeFault::SortsVersionsAsText)) => database,
        ["TREE-17", "TREE-38"];
    a_usage_that_counts_versions: broken(Fault::Tree(TreeFault::CountsVersions)) => database, ["TREE-22"];
    a_trash_that_weighs_versions: broken(Fault::Tree(TreeFault::WeighsVersions)) => database, ["TREE-30"];
    a_trash_of_removed_users: broken(Fault::Tree(TreeFault::ShowsTheTrashOfTheRemoved)) => database, ["TREE-13"];
    a_repo_that_pads_names: broken(Fault::Tree(TreeFault::PadsNames)) => database, ["TREE-40"];
    a_repo_that_compares_names_to_191_characters:
        broken(Fault::Tree(TreeFault::ComparesNamesTo191Characters)) => database, ["TREE-40"];
    a_list_of_children_that_pages_to_the_millisecond:
        broken(Fault::Tree(TreeFault::PagesChildrenToTheMillisecond)) => database, ["TREE-20"];
    a_list_of_children_that_pages_sizes_as_floats: broken(Fault::Tree(TreeFault::PagesChildrenAsFloats)) => database,
        ["TREE-20"];
    a_trash_that_is_sorted_to_the_millisecond: broken(Fault::Tree(TreeFault::SortsTheTrashToTheMillisecond)) => database,
        ["TREE-38"];
    a_trash_that_joins_the_former_folder: broken(Fault::Tree(TreeFault::JoinsTheFormerFolder)) => database, ["TREE-12"];
}
