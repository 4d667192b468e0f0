//! Databases with one fault in their trees.

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::clock::Timestamp;
use fm_domain::database::Database as _;
use fm_domain::error::PortResult;
use fm_domain::files::{FileName, Revision};
use fm_domain::ids::NodeId;
use fm_domain::tree::{
    Ancestor, Item, Marked, Measure, NodeRepo, PlaceItem, Removed, TrashedItem, UpdateItem,
};

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, broken};
use crate::mutants::mutants;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TreeFault {
    PlacesLostItemsInTheRoot,
    NumbersTakenNames,
    LooksOneFolderUp,
    LooksUpPastTheTrash,
    CallsFoldersFlat,
    RewritesWhatIsBelow,
    SkipsChildren,
    EndsPathsEarly,
    NumbersEverySecondChange,
    EntersWithoutAQuota,
    CountsOnEntryAlone,
    ShowsTheTrash,
    ShowsWhatFollowsATop,
    FindsLivingFilesAlone,
    MarksTheTopAlone,
    RestoresTheTopAlone,
    ForgetsBlobs,
    RemovesWhatCameBack,
    SortsTheTrashByTime,
    TellsThePathOfTheTop,
    TellsOfFoldersThatAreGone,
    ForgetsLabels,
    DropsSharedBlobs,
    RefersToAnything,
    SkipsVersions,
    SortsChildrenByName,
    ReversesTheTrash,
    CountsOneLevel,
    ShowsDrivesOfOthers,
    FindsWhatIsInTheTrash,
    CountsPastTheLimit,
    ListsEntriesOfOneFolder,
    EditsWholeFiles,
    UpdatesRoots,
    StampsWhatIsAddedAlone,
    LooksForFewKeys,
    AddsBehindFreeNames,
    ListsBlobsOnce,
    ChargesNoItems,
    NumbersCharges,
    CountsFilesAlone,
    EndsNoOperation,
    KeepsEveryOperation,
    CountsWhatHasEnded,
    SearchesTheTrashByPatterns,
    IncludesTheMoment,
    InsertsVersionsAgain,
    MarksWithoutALimit,
    RestoresWithoutALimit,
    RemovesWithoutALimit,
    AddsEachReferenceOnce,
    DropsEachReferenceOnce,
    ChecksQuotasBeforeItsTurn,
    FindsWhatIsCommitted,
    RemembersLineages,
    CallsFoldersByTheirKeys,
    MarksFewAtOnce,
    RestoresFewAtOnce,
    RemovesFewAtOnce,
    EditsWhatItRestores,
    CountsFewLevels,
    FollowsFewNames,
    ListsAPageOfChildren,
    LooksAboveAPage,
    ListsFewTops,
    FindsFewVersions,
    SortsVersionsAsText,
    CountsVersions,
    WeighsVersions,
    ShowsTheTrashOfTheRemoved,
    PadsNames,
    ComparesNamesTo191Characters,
    PagesChildrenToTheMillisecond,
    PagesChildrenAsFloats,
    SortsTheTrashToTheMillisecond,
    JoinsTheFormerFolder,
}

/// How many rows a careless adapter changes by one call.
const FEW_ROWS: u32 = 32;

/// The folder as one that keeps nothing but the key of its name calls it.
pub(super) fn called_by_its_key(folder: Ancestor) -> Ancestor {
    let name = folder.name.map(|name| FileName::from_stored(&name.search_key()).unwrap());
    Ancestor { name, ..folder }
}

impl BrokenReads {
    pub(crate) fn has(&self, fault: TreeFault) -> bool {
        self.fault == Fault::Tree(fault)
    }
}

impl BrokenUnit {
    pub(super) fn has(&self, fault: TreeFault) -> bool {
        self.is(Fault::Tree(fault))
    }
}

#[async_trait]
impl NodeRepo for BrokenUnit {
    async fn find(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        if self.has(TreeFault::FindsWhatIsCommitted) {
            return self.database.read().await?.tree().item(access, id).await;
        }
        let found = self.honest().nodes().find(access, id).await?;
        if found.is_none() && self.has(TreeFault::FindsWhatIsInTheTrash) {
            return Ok(self.honest().nodes().find_trashed(access, id).await?.map(|trashed| trashed.item));
        }
        Ok(found)
    }

    async fn find_trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        self.honest().nodes().find_trashed(access, id).await
    }

    async fn entry(&mut self, folder: NodeId, key: &str) -> PortResult<Option<Item>> {
        self.honest().nodes().entry(folder, key).await
    }

    async fn taken(&mut self, folder: NodeId, keys: &[String]) -> PortResult<Vec<String>> {
        let most = if self.has(TreeFault::LooksForFewKeys) { keys.len().min(32) } else { keys.len() };
        self.honest().nodes().taken(folder, &keys[..most]).await
    }

    async fn lineage(&mut self, folder: NodeId) -> PortResult<Vec<Ancestor>> {
        let mut lineage = self.honest().nodes().lineage(folder).await?;
        if self.has(TreeFault::RemembersLineages) {
            let mut known = self.common.lineages.lock().unwrap();
            return Ok(known.entry(folder).or_insert(lineage).clone());
        }
        if self.has(TreeFault::CallsFoldersByTheirKeys) {
            lineage = lineage.into_iter().map(called_by_its_key).collect();
        }
        if self.has(TreeFault::LooksOneFolderUp) {
            lineage.truncate(1);
        }
        if self.has(TreeFault::LooksUpPastTheTrash) {
            let mut living = Vec::new();
            for above in lineage {
                if !self.honest().nodes().lineage(above.id).await?.is_empty() {
                    living.push(above);
                }
            }
            return Ok(living);
        }
        Ok(lineage)
    }

    async fn height(&mut self, folder: NodeId) -> PortResult<u32> {
        let height = self.honest().nodes().height(folder).await?;
        Ok(if self.has(TreeFault::CallsFoldersFlat) { 0 } else { height })
    }

    async fn count_entries(&mut self, folder: NodeId, limit: u64) -> PortResult<u64> {
        let limit = if self.has(TreeFault::CountsPastTheLimit) { u64::MAX } else { limit };
        self.honest().nodes().count_entries(folder, limit).await
    }

    async fn entries(
        &mut self,
        folders: &[NodeId],
        after: Option<NodeId>,
        limit: u32,
    ) -> PortResult<Vec<Item>> {
        let most = if self.has(TreeFault::ListsEntriesOfOneFolder) { 1 } else { folders.len() };
        self.honest().nodes().entries(&folders[..most], after, limit).await
    }

    async fn insert(&mut self, item: &Item) -> Result<(), PlaceItem> {
        if let Some(alike) = self.taken_for(item).await? {
            return Err(PlaceItem::NameTaken { existing: alike.id(), kind: alike.kind() });
        }
        let item = match item {
            Item::File(file) => &Item::File(self.misread(file)),
            Item::Folder(_) => item,
        };
        let placed = self.honest().nodes().insert(item).await;
        let has_failed = matches!(placed, Err(PlaceItem::Store(_)));
        self.hurt |= self.is(Fault::LiesAboutCommit) && has_failed;
        match placed {
            Err(PlaceItem::NameTaken { .. }) if self.has(TreeFault::NumbersTakenNames) => {
                let number = self.common.ids.lock().unwrap().len() as u64;
                self.common.ids.lock().unwrap().insert(item.id().uuid());
                let name = item.name().unwrap().numbered(number + 2, item.kind().numbering());
                let item = item.clone().placed(item.parent().unwrap(), name);
                self.honest().nodes().insert(&item).await
            }
            Err(PlaceItem::NoFolder) if self.has(TreeFault::PlacesLostItemsInTheRoot) => {
                let root = NodeId::root(item.drive());
                let item = item.clone().placed(root, item.name().unwrap().clone());
                self.honest().nodes().insert(&item).await
            }
            placed => placed,
        }
    }

    async fn insert_behind(&mut self, item: &Item, taken: &[String]) -> PortResult<bool> {
        let most = if self.has(TreeFault::AddsBehindFreeNames) { 1 } else { taken.len() };
        self.honest().nodes().insert_behind(item, &taken[..most.min(taken.len())]).await
    }

    async fn insert_many(&mut self, items: &[Item]) -> PortResult<()> {
        self.honest().nodes().insert_many(items).await
    }

    async fn update(&mut self, item: &Item, seen: Revision) -> Result<(), UpdateItem> {
        let moved = self.honest().nodes().update(item, seen).await;
        if item.id() == NodeId::root(item.drive()) && self.has(TreeFault::UpdatesRoots) {
            return Ok(());
        }
        let edits = moved.is_ok() && self.has(TreeFault::EditsWholeFiles);
        if let Item::File(file) = item
            && edits
        {
            self.honest().files().update(file, file.revision).await.unwrap();
        }
        if moved.is_ok() && self.has(TreeFault::RewritesWhatIsBelow) {
            for below in self.honest().nodes().entries(&[item.id()], None, u32::MAX).await? {
                self.honest().nodes().update(&below, below.revision()).await?;
            }
        }
        moved
    }

    async fn trash(&mut self, id: NodeId, at: Timestamp, original_path: &str) -> PortResult<Option<Measure>> {
        self.honest().nodes().trash(id, at, original_path).await
    }

    async fn mark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        if self.has(TreeFault::MarksTheTopAlone) {
            return Ok(Marked::default());
        }
        let limit = if self.has(TreeFault::MarksWithoutALimit) { u32::MAX } else { limit };
        let limit = if self.has(TreeFault::MarksFewAtOnce) { limit.min(FEW_ROWS) } else { limit };
        self.honest().nodes().mark_below(top, limit).await
    }

    async fn restore(&mut self, item: &Item) -> Result<Measure, PlaceItem> {
        self.honest().nodes().restore(item).await
    }

    async fn unmark_below(&mut self, top: NodeId, limit: u32) -> PortResult<Marked> {
        if self.has(TreeFault::RestoresTheTopAlone) {
            return Ok(Marked::default());
        }
        let limit = if self.has(TreeFault::RestoresWithoutALimit) { u32::MAX } else { limit };
        let limit = if self.has(TreeFault::RestoresFewAtOnce) { limit.min(FEW_ROWS) } else { limit };
        let marked = self.honest().nodes().unmark_below(top, limit).await?;
        if self.has(TreeFault::EditsWhatItRestores) {
            for below in self.honest().nodes().entries(&[top], None, u32::MAX).await? {
                let edited = below.clone().edited(Timestamp::from_unix_seconds(0));
                self.honest().nodes().update(&edited, below.revision()).await.unwrap();
            }
        }
        Ok(marked)
    }

    async fn remove(&mut self, top: NodeId, limit: u32) -> PortResult<Removed> {
        if self.has(TreeFault::RemovesWhatCameBack) {
            let at = Timestamp::from_unix_seconds(0);
            self.honest().nodes().trash(top, at, "/").await?;
        }
        let limit = if self.has(TreeFault::RemovesWithoutALimit) { u32::MAX } else { limit };
        let limit = if self.has(TreeFault::RemovesFewAtOnce) { limit.min(FEW_ROWS) } else { limit };
        let mut removed = self.honest().nodes().remove(top, limit).await?;
        if self.has(TreeFault::ForgetsBlobs) {
            removed.blobs.truncate(1);
        }
        if self.has(TreeFault::ListsBlobsOnce) {
            removed.blobs.sort_unstable();
            removed.blobs.dedup();
        }
        Ok(removed)
    }
}

mutants! {
    a_repo_that_places_lost_items_in_the_root:
        broken(Fault::Tree(TreeFault::PlacesLostItemsInTheRoot)) => database, ["TREE-01", "TREE-23"];
    a_repo_that_numbers_taken_names: broken(Fault::Tree(TreeFault::NumbersTakenNames)) => database,
        ["TREE-02", "TREE-03"];
    a_repo_that_looks_one_folder_up: broken(Fault::Tree(TreeFault::LooksOneFolderUp)) => database,
        ["TREE-08", "TREE-04", "TREE-23", "TREE-35"];
    a_repo_that_looks_up_past_the_trash: broken(Fault::Tree(TreeFault::LooksUpPastTheTrash)) => database, ["TREE-04"];
    a_repo_that_calls_folders_flat: broken(Fault::Tree(TreeFault::CallsFoldersFlat)) => database,
        ["TREE-08", "TREE-18", "TREE-23", "TREE-35"];
    a_repo_that_rewrites_what_is_below: broken(Fault::Tree(TreeFault::RewritesWhatIsBelow)) => database,
        ["TREE-05", "TREE-25"];
    a_list_of_children_that_skips_between_pages: broken(Fault::Tree(TreeFault::SkipsChildren)) => database,
        ["TREE-06", "TREE-20"];
    a_path_that_ends_early: broken(Fault::Tree(TreeFault::EndsPathsEarly)) => database, ["TREE-07"];
    a_repo_that_numbers_every_second_change: broken(Fault::Tree(TreeFault::NumbersEverySecondChange)) => database,
        ["TREE-09", "TREE-25", "TREE-29"];
    a_repo_that_enters_without_a_quota: broken(Fault::Tree(TreeFault::EntersWithoutAQuota)) => database,
        ["UOW-18", "TREE-14", "TREE-39"];
    a_repo_that_counts_on_entry_alone: broken(Fault::Tree(TreeFault::CountsOnEntryAlone)) => database,
        ["TREE-14", "TREE-10", "TREE-11", "TREE-12", "TREE-27", "TREE-29"];
    a_query_that_shows_the_trash: broken(Fault::Tree(TreeFault::ShowsTheTrash)) => database, ["TREE-10", "TREE-11"];
    a_repo_that_marks_the_top_alone: broken(Fault::Tree(TreeFault::MarksTheTopAlone)) => database,
        ["TREE-01", "TREE-07", "TREE-10", "TREE-11", "TREE-12", "TREE-15", "TREE-18", "TREE-30", "TREE-21", "TREE-23",
            "TREE-25", "TREE-27", "TREE-35", "TREE-36", "TREE-37"];
    a_repo_that_restores_the_top_alone: broken(Fault::Tree(TreeFault::RestoresTheTopAlone)) => database,
        ["TREE-11", "TREE-18", "TREE-25", "TREE-35", "TREE-36", "TREE-37"];
    a_repo_that_forgets_blobs: broken(Fault::Tree(TreeFault::ForgetsBlobs)) => database, ["TREE-12", "TREE-27"];
    a_repo_that_removes_what_came_back: broken(Fault::Tree(TreeFault::RemovesWhatCameBack)) => database, ["TREE-18"];
    a_trash_that_is_sorted_by_time: broken(Fault::Tree(TreeFault::SortsTheTrashByTime)) => database, ["TREE-16"];
    a_query_that_tells_the_path_of_the_top: broken(Fault::Tree(TreeFault::TellsThePathOfTheTop)) => database,
        ["TREE-10", "TREE-15", "TREE-30", "TREE-36"];
    a_query_that_tells_of_folders_that_are_gone: broken(Fault::Tree(TreeFault::TellsOfFoldersThatAreGone)) => database,
        ["TREE-12"];
    a_repo_that_forgets_labels: broken(Fault::Tree(TreeFault::ForgetsLabels)) => database, ["TREE-17"];
    a_walk_that_skips_versions_between_pages: broken(Fault::Tree(TreeFault::SkipsVersions)) => database, ["TREE-19"];
    a_repo_that_drops_shared_blobs: broken(Fault::Tree(TreeFault::DropsSharedBlobs)) => database,
        ["BLOB-30", "BLOB-31", "PREVIEW-07"];
    a_repo_that_refers_to_anything: broken(Fault::Tree(TreeFault::RefersToAnything)) => database, ["BLOB-31"];
    a_list_of_children_that_is_sorted_by_name: broken(Fault::Tree(TreeFault::SortsChildrenByName)) => database,
        ["TREE-06", "TREE-20"];
    a_list_of_the_trash_that_is_reversed: broken(Fault::Tree(TreeFault::ReversesTheTrash)) => database, ["TREE-21"];
    a_usage_of_one_level: broken(Fault::Tree(TreeFault::CountsOneLevel)) => database, ["TREE-22", "TREE-36"];
    a_query_that_shows_drives_of_others: broken(Fault::Tree(TreeFault::ShowsDrivesOfOthers)) => database, ["TREE-22"];
    a_unit_that_finds_what_is_in_the_trash: broken(Fault::Tree(TreeFault::FindsWhatIsInTheTrash)) => database,
        ["TREE-23", "TREE-35"];
    a_count_of_entries_past_the_limit: broken(Fault::Tree(TreeFault::CountsPastTheLimit)) => database, ["TREE-23"];
    a_list_of_entries_of_one_folder: broken(Fault::Tree(TreeFault::ListsEntriesOfOneFolder)) => database,
        ["TREE-23", "TREE-37"];
    a_repo_that_edits_whole_files: broken(Fault::Tree(TreeFault::EditsWholeFiles)) => database, ["TREE-24"];
    a_repo_that_updates_roots: broken(Fault::Tree(TreeFault::UpdatesRoots)) => database, ["TREE-24"];
    a_repo_that_stamps_what_is_added_alone: broken(Fault::Tree(TreeFault::StampsWhatIsAddedAlone)) => database, ["TREE-25"];
    a_repo_that_looks_for_few_keys: broken(Fault::Tree(TreeFault::LooksForFewKeys)) => database, ["TREE-26", "TREE-37"];
    a_repo_that_adds_behind_free_names: broken(Fault::Tree(TreeFault::AddsBehindFreeNames)) => database, ["TREE-34"];
    a_removal_that_lists_each_blob_once: broken(Fault::Tree(TreeFault::ListsBlobsOnce)) => database, ["TREE-27"];
    a_repo_that_charges_no_items: broken(Fault::Tree(TreeFault::ChargesNoItems)) => database, ["TREE-27", "TREE-29"];
    a_repo_that_numbers_charges: broken(Fault::Tree(TreeFault::NumbersCharges)) => database, ["TREE-22", "TREE-29"];
    a_query_that_counts_files_alone: broken(Fault::Tree(TreeFault::CountsFilesAlone)) => database, ["TREE-29"];
    a_repo_that_ends_no_operation: broken(Fault::Tree(TreeFault::EndsNoOperation)) => database, ["TREE-28"];
    a_repo_that_keeps_every_operation: broken(Fault::Tree(TreeFault::KeepsEveryOperation)) => database, ["TREE-33"];
    a_repo_that_counts_what_has_ended: broken(Fault::Tree(TreeFault::CountsWhatHasEnded)) => database, ["TREE-33"];
    a_trash_that_is_searched_by_patterns: broken(Fault::Tree(TreeFault::SearchesTheTrashByPatterns)) => database,
        ["TREE-30"];
    a_trash_before_a_moment_that_includes_it: broken(Fault::Tree(TreeFault::IncludesTheMoment)) => database,
        ["TREE-16", "TREE-30"];
    a_repo_that_adds_each_reference_once: broken(Fault::Tree(TreeFault::AddsEachReferenceOnce)) => database, ["BLOB-30"];
    a_repo_that_drops_each_reference_once: broken(Fault::Tree(TreeFault::DropsEachReferenceOnce)) => database,
        ["TREE-27", "BLOB-30"];
    a_repo_that_marks_without_a_limit: broken(Fault::Tree(TreeFault::MarksWithoutALimit)) => database, ["TREE-10"];
    a_repo_that_restores_without_a_limit: broken(Fault::Tree(TreeFault::RestoresWithoutALimit)) => database,
        ["TREE-11", "TREE-18"];
    a_repo_that_removes_items_without_a_limit: broken(Fault::Tree(TreeFault::RemovesWithoutALimit)) => database,
        ["TREE-12"];
    a_repo_that_inserts_versions_again: broken(Fault::Tree(TreeFault::InsertsVersionsAgain)) => database, ["TREE-31"];
    a_query_that_shows_what_follows_a_top: broken(Fault::Tree(TreeFault::ShowsWhatFollowsATop)) => database, ["TREE-32"];
    a_query_that_finds_living_files_alone: broken(Fault::Tree(TreeFault::FindsLivingFilesAlone)) => database,
        ["TREE-32", "FILE-30"];
}
