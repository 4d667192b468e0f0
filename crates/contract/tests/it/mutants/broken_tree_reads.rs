//! Databases with one fault in what they tell of their trees.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{FileFilter, FilePage, FileSort, SortOrder, VersionNumber};
use fm_domain::ids::{DriveId, FileId, NodeId, OperationId};
use fm_domain::tree::{
    Ancestor, ChildFilter, ChildPage, ChildSort, ChildValue, Drive, Item, ItemKind, NodeRecord, Operation,
    Seq, TrashFilter, TrashPage, TrashSort, TrashedItem, TreeQueries, Usage, Version,
};

use crate::mutants::broken_database::{BrokenReads, PAGE};
use crate::mutants::broken_drives::FEW;
use crate::mutants::broken_tree::{TreeFault, called_by_its_key};

/// The moment without what a coarse column loses.
fn whole_milli(moment: Timestamp) -> Timestamp {
    Timestamp::from_unix_micros(moment.unix_micros().div_euclid(1_000) * 1_000)
}

impl BrokenReads {
    /// Makes of the key of a page what a careless cursor holds of it.
    fn coarsen(&self, value: &mut ChildValue) {
        match value {
            ChildValue::ModifiedAt(at) | ChildValue::CreatedAt(at)
                if self.has(TreeFault::PagesChildrenToTheMillisecond) =>
            {
                *at = whole_milli(*at);
            }
            ChildValue::Size(size) if self.has(TreeFault::PagesChildrenAsFloats) => {
                // The last bit of a number beyond what a float counts one by one.
                let is_huge = size.bytes() > 1 << 53;
                *size = ByteSize::new(if is_huge { size.bytes() & !1 } else { size.bytes() });
            }
            _ => {}
        }
    }

    /// The size with the bytes of all old versions of the drive.
    async fn with_versions(&mut self, access: &Access, size: ByteSize) -> PortResult<ByteSize> {
        let drive = self.inner.tree().drive(access, access.drive()).await?;
        let versions = drive.map_or(0, |drive| drive.storage.versions.bytes());
        Ok(ByteSize::new(size.bytes() + versions))
    }
}

#[async_trait]
impl TreeQueries for BrokenReads {
    async fn drive(&mut self, access: &Access, id: DriveId) -> PortResult<Option<Drive>> {
        let theirs = Access::on_behalf_of(id.owner(), Right::Read);
        let access = if self.has(TreeFault::ShowsDrivesOfOthers) { &theirs } else { access };
        let found = self.inner.tree().drive(access, id).await?;
        if self.has(TreeFault::NumbersCharges) {
            let charges = self.common.charges.load(Ordering::SeqCst);
            return Ok(found.map(|drive| Drive { seq: Seq::new(drive.seq.number() + charges), ..drive }));
        }
        if self.has(TreeFault::CountsFilesAlone) {
            return Ok(found.map(|drive| Drive { nodes: drive.storage.file_count, ..drive }));
        }
        Ok(found)
    }

    async fn item(&mut self, access: &Access, id: NodeId) -> PortResult<Option<Item>> {
        let found = self.inner.tree().item(access, id).await?;
        if found.is_none() && self.has(TreeFault::ShowsTheTrash) {
            return Ok(self.inner.tree().trashed(access, id).await?.map(|trashed| trashed.item));
        }
        if found.is_none() && self.has(TreeFault::ShowsWhatFollowsATop) {
            let (sort, order) = (FileSort::CreatedAt, SortOrder::Descending);
            let all = FilePage { sort, order, after: None, limit: u32::MAX };
            let files = self.inner.files().list(access, &FileFilter::default(), &all).await?;
            return Ok(files.into_iter().map(Item::File).find(|item| item.id() == id));
        }
        Ok(found)
    }

    async fn children(
        &mut self,
        access: &Access,
        folder: NodeId,
        filter: &ChildFilter,
        page: &ChildPage,
    ) -> PortResult<Vec<Item>> {
        let mut page = page.clone();
        if self.has(TreeFault::SortsChildrenByName) {
            page.sort = ChildSort::Name;
        }
        if self.has(TreeFault::ListsAPageOfChildren) {
            page.limit = page.limit.min(PAGE);
        }
        if let Some(after) = &mut page.after {
            self.coarsen(&mut after.value);
        }
        let mut items = self.inner.tree().children(access, folder, filter, &page).await?;
        if page.after.is_some() && items.len() > 1 && self.has(TreeFault::SkipsChildren) {
            items.remove(0);
        }
        Ok(items)
    }

    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> {
        let mut found = self.inner.tree().ancestors(access, items).await?;
        if self.has(TreeFault::LooksAboveAPage) {
            found.iter_mut().skip(PAGE as usize).for_each(Vec::clear);
        }
        if self.has(TreeFault::CallsFoldersByTheirKeys) {
            for folder in found.iter_mut().flatten() {
                *folder = called_by_its_key(folder.clone());
            }
        }
        Ok(found)
    }

    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> {
        if keys.len() > FEW as usize && self.has(TreeFault::FollowsFewNames) {
            return Ok(None);
        }
        let found = self.inner.tree().resolve(access, from, keys).await?;
        match keys.split_last() {
            Some((_, way)) if found.is_none() && self.has(TreeFault::EndsPathsEarly) => {
                self.inner.tree().resolve(access, from, way).await
            }
            _ => Ok(found),
        }
    }

    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
        let mut found = self.inner.tree().usage(access, folder).await?;
        if let Some(usage) = &mut found
            && self.has(TreeFault::CountsFewLevels)
        {
            usage.folders = usage.folders.min(FEW.into());
        }
        if let Some(usage) = &mut found
            && self.has(TreeFault::CountsVersions)
        {
            usage.size = self.with_versions(access, usage.size).await?;
        }
        let Some(usage) = found.filter(|_| self.has(TreeFault::CountsOneLevel)) else { return Ok(found) };
        let (sort, order) = (ChildSort::Name, SortOrder::Ascending);
        let all = ChildPage { sort, order, mixed: false, after: None, limit: u32::MAX };
        let children = self.inner.tree().children(access, folder, &ChildFilter::default(), &all).await?;
        let folders = children.iter().filter(|child| child.kind() == ItemKind::Folder).count() as u64;
        let of_files = |child: Item| match child {
            Item::File(file) => Some(file.size.bytes()),
            Item::Folder(_) => None,
        };
        let sizes: Vec<u64> = children.into_iter().filter_map(of_files).collect();
        let (files, size) = (sizes.len() as u64, ByteSize::new(sizes.iter().sum()));
        Ok(Some(Usage { files, folders, size, ..usage }))
    }

    async fn trash(
        &mut self,
        access: &Access,
        drive: DriveId,
        filter: &TrashFilter,
        page: &TrashPage,
    ) -> PortResult<Vec<TrashedItem>> {
        let mut page = page.clone();
        if self.has(TreeFault::SortsTheTrashByTime) {
            page.sort = TrashSort::TrashedAt;
        }
        let mut filter = filter.clone();
        if self.has(TreeFault::SearchesTheTrashByPatterns) {
            filter.name_contains = filter.name_contains.map(|part| part.replace(['_', '%'], ""));
        }
        if self.has(TreeFault::IncludesTheMoment) {
            filter.before = filter.before.map(|moment| moment.plus(Duration::from_micros(1)));
        }
        let joins = filter.from.is_some() && self.has(TreeFault::JoinsTheFormerFolder);
        if self.has(TreeFault::ListsFewTops) {
            page.limit = page.limit.min(FEW);
        }
        let mut found = self.inner.tree().trash(access, drive, &filter, &page).await?;
        found.retain(|top| top.has_parent || !joins);
        if page.sort == TrashSort::TrashedAt && self.has(TreeFault::SortsTheTrashToTheMillisecond) {
            found.sort_by_key(|top| (whole_milli(top.trashed_at), top.top));
            if page.order == SortOrder::Descending {
                found.reverse();
            }
        }
        if self.has(TreeFault::ShowsTheTrashOfTheRemoved) {
            let mut known = self.common.tops.lock().unwrap();
            if self.common.marked.lock().unwrap().contains_key(&drive.owner()) {
                return Ok(known.remove(&drive).unwrap_or_default());
            }
            known.insert(drive, found.clone());
        }
        Ok(found)
    }

    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let Some(mut found) = self.inner.tree().trashed(access, id).await? else { return Ok(None) };
        if self.has(TreeFault::TellsThePathOfTheTop)
            && let Some(top) = self.inner.tree().trashed(access, found.top).await?
        {
            found.original_path = top.original_path;
        }
        found.has_parent |= self.has(TreeFault::TellsOfFoldersThatAreGone);
        if self.has(TreeFault::WeighsVersions) {
            found.size = self.with_versions(access, found.size).await?;
        }
        Ok(Some(found))
    }

    async fn trashed_children(
        &mut self,
        access: &Access,
        folder: NodeId,
        page: &ChildPage,
    ) -> PortResult<Option<Vec<TrashedItem>>> {
        let mut found = self.inner.tree().trashed_children(access, folder, page).await?;
        if self.has(TreeFault::ReversesTheTrash)
            && let Some(items) = &mut found
        {
            items.reverse();
        }
        Ok(found)
    }

    async fn versions(
        &mut self,
        access: &Access,
        file: FileId,
        before: Option<VersionNumber>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let mut versions = self.inner.tree().versions(access, file, before, limit).await?;
        if self.has(TreeFault::SortsVersionsAsText) {
            versions.sort_by_key(|version| Reverse(version.number.number().to_string()));
        }
        Ok(versions)
    }

    async fn version(
        &mut self,
        access: &Access,
        file: FileId,
        number: VersionNumber,
    ) -> PortResult<Option<Version>> {
        self.inner.tree().version(access, file, number).await
    }

    async fn operation(&mut self, access: &Access, id: OperationId) -> PortResult<Option<Operation>> {
        self.inner.tree().operation(access, id).await
    }

    async fn walk_nodes(&mut self, after: Option<NodeId>, limit: u32) -> PortResult<Vec<NodeRecord>> {
        let mut records = self.inner.tree().walk_nodes(after, limit).await?;
        if self.has(TreeFault::StampsWhatIsAddedAlone) {
            let mut stamps = self.common.stamps.lock().unwrap();
            for record in &mut records {
                record.changed = *stamps.entry(record.id).or_insert(record.changed);
            }
        }
        Ok(records)
    }

    async fn walk_versions(
        &mut self,
        after: Option<(FileId, VersionNumber)>,
        limit: u32,
    ) -> PortResult<Vec<Version>> {
        let mut page = self.inner.tree().walk_versions(after, limit).await?;
        if after.is_some() && !page.is_empty() && self.has(TreeFault::SkipsVersions) {
            page.remove(0);
        }
        Ok(page)
    }
}
