//! Databases with one fault in what they tell of their trees.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::files::{FileFilter, FilePage, FileSort, SortOrder, VersionNumber};
use fm_domain::ids::{DriveId, FileId, NodeId, OperationId};
use fm_domain::tree::{
    Ancestor, ChildFilter, ChildPage, ChildSort, Drive, Item, ItemKind, NodeRecord, Operation, Seq,
    TrashFilter, TrashPage, TrashSort, TrashedItem, TreeQueries, Usage, Version,
};

use crate::mutants::broken_database::BrokenReads;
use crate::mutants::broken_tree::TreeFault;

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
        let mut items = self.inner.tree().children(access, folder, filter, &page).await?;
        if page.after.is_some() && items.len() > 1 && self.has(TreeFault::SkipsChildren) {
            items.remove(0);
        }
        Ok(items)
    }

    async fn ancestors(&mut self, access: &Access, items: &[NodeId]) -> PortResult<Vec<Vec<Ancestor>>> {
        self.inner.tree().ancestors(access, items).await
    }

    async fn resolve(&mut self, access: &Access, from: NodeId, keys: &[String]) -> PortResult<Option<Item>> {
        let found = self.inner.tree().resolve(access, from, keys).await?;
        match keys.split_last() {
            Some((_, way)) if found.is_none() && self.has(TreeFault::EndsPathsEarly) => {
                self.inner.tree().resolve(access, from, way).await
            }
            _ => Ok(found),
        }
    }

    async fn usage(&mut self, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
        let found = self.inner.tree().usage(access, folder).await?;
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
        self.inner.tree().trash(access, drive, &filter, &page).await
    }

    async fn trashed(&mut self, access: &Access, id: NodeId) -> PortResult<Option<TrashedItem>> {
        let Some(mut found) = self.inner.tree().trashed(access, id).await? else { return Ok(None) };
        if self.has(TreeFault::TellsThePathOfTheTop)
            && let Some(top) = self.inner.tree().trashed(access, found.top).await?
        {
            found.original_path = top.original_path;
        }
        found.has_parent |= self.has(TreeFault::TellsOfFoldersThatAreGone);
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
        self.inner.tree().versions(access, file, before, limit).await
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
