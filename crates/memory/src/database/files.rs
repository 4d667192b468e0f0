//! Files, and the orders they are listed in.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::accounts::Kept;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{
    Charset, File, FileFilter, FilePage, FileQueries, FileRepo, FileSort, PageKey, Revision, Sha256,
    SortOrder, ThumbnailState, TypeFilter, UpdateFile,
};
use fm_domain::ids::{BlobId, FileId, UserId};

use super::access::visible_owner;
use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// Files by id, and each owner's in every order of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    by_id: Map<FileId, Arc<File>>,
    owned: Map<UserId, Orders>,
}

/// One owner's files, by each of the keys they are sorted by.
#[derive(Debug, Clone, Default)]
struct Orders {
    creation: Set<(Timestamp, FileId)>,
    name: Set<(String, FileId)>,
    size: Set<(ByteSize, FileId)>,
}

impl Orders {
    fn add(&mut self, file: &File) {
        self.creation.insert_mut((file.created_at, file.id));
        self.name.insert_mut((file.name.sort_key(), file.id));
        self.size.insert_mut((file.size, file.id));
    }

    fn take(&mut self, file: &File) {
        self.creation.remove_mut(&(file.created_at, file.id));
        self.name.remove_mut(&(file.name.sort_key(), file.id));
        self.size.remove_mut(&(file.size, file.id));
    }

    /// The ids in the order of `page`, from after its key on. A key of another order begins at the beginning.
    fn walk(&self, page: &FilePage) -> Box<dyn Iterator<Item = FileId> + '_> {
        let key = page.after.clone();
        match page.sort {
            FileSort::CreatedAt => walk(
                &self.creation,
                page.order,
                match key {
                    Some(PageKey::CreatedAt(at, id)) => Some((at, id)),
                    Some(PageKey::Name(..) | PageKey::Size(..)) | None => None,
                },
            ),
            FileSort::Name => walk(
                &self.name,
                page.order,
                match key {
                    Some(PageKey::Name(name, id)) => Some((name, id)),
                    Some(PageKey::CreatedAt(..) | PageKey::Size(..)) | None => None,
                },
            ),
            FileSort::Size => walk(
                &self.size,
                page.order,
                match key {
                    Some(PageKey::Size(size, id)) => Some((size, id)),
                    Some(PageKey::CreatedAt(..) | PageKey::Name(..)) | None => None,
                },
            ),
        }
    }
}

fn walk<K: Ord>(
    order: &Set<(K, FileId)>,
    direction: SortOrder,
    after: Option<(K, FileId)>,
) -> Box<dyn Iterator<Item = FileId> + '_> {
    let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
    match direction {
        SortOrder::Ascending => Box::new(order.range((edge, Bound::Unbounded)).map(|(_, id)| *id)),
        SortOrder::Descending => Box::new(order.range((Bound::Unbounded, edge)).rev().map(|(_, id)| *id)),
    }
}

impl Files {
    fn put(&mut self, file: File) {
        if !self.owned.contains_key(&file.owner) {
            self.owned.insert_mut(file.owner, Orders::default());
        }
        if let Some(orders) = self.owned.get_mut(&file.owner) {
            orders.add(&file);
        }
        self.by_id.insert_mut(file.id, Arc::new(file));
    }

    fn take(&mut self, id: FileId) -> Option<Arc<File>> {
        let file = self.by_id.get(&id).cloned()?;
        if let Some(orders) = self.owned.get_mut(&file.owner) {
            orders.take(&file);
        }
        self.by_id.remove_mut(&id);
        Some(file)
    }

    fn find(&self, owner: UserId, id: FileId) -> Option<&Arc<File>> {
        self.by_id.get(&id).filter(|file| file.owner == owner)
    }

    /// What the owner's files add up to.
    pub(crate) fn kept(&self, owner: UserId) -> Kept {
        let Some(orders) = self.owned.get(&owner) else { return Kept::default() };
        let bytes = orders.size.iter().fold(0_u64, |sum, (size, _)| sum.saturating_add(size.bytes()));
        Kept { bytes: ByteSize::new(bytes), files: orders.size.size() as u64 }
    }

    /// Removes up to `limit` files of the owner; answers how many.
    pub(crate) fn remove_owned(&mut self, owner: UserId, limit: usize) -> usize {
        let Some(orders) = self.owned.get(&owner) else { return 0 };
        let ids: Vec<FileId> = orders.creation.iter().take(limit).map(|(_, id)| *id).collect();
        for id in &ids {
            self.take(*id);
        }
        ids.len()
    }
}

fn matches(file: &File, filter: &FileFilter) -> bool {
    let name =
        filter.name_contains.as_ref().is_none_or(|text| file.name.search_key().contains(text.as_str()));
    let hash = filter.sha256.is_none_or(|hash| file.sha256 == Some(hash));
    let content_type = match &filter.content_type {
        None => true,
        Some(TypeFilter::Exactly(exactly)) => file.content_type.as_str() == exactly.as_str(),
        Some(TypeFilter::Family(family)) => file.content_type.family() == family,
    };
    name && hash && content_type
}

impl Tables {
    fn visible_file(&self, access: &Access, id: FileId) -> Option<&Arc<File>> {
        self.files.find(visible_owner(access, &self.users)?, id)
    }

    /// The file with this content, unless its owner is marked as removed.
    fn file_of(&self, id: FileId, blob: BlobId) -> Option<&Arc<File>> {
        let file = self.files.by_id.get(&id).filter(|file| file.blob == blob)?;
        Some(file).filter(|file| !self.users.is_removed(file.owner))
    }
}

#[async_trait]
impl FileQueries for Tables {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        Ok(self.visible_file(access, id).map(|file| File::clone(file)))
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let Some(owner) = visible_owner(access, &self.users) else { return Ok(Vec::new()) };
        let Some(orders) = self.files.owned.get(&owner) else { return Ok(Vec::new()) };
        let files = orders.walk(page).filter_map(|id| self.files.by_id.get(&id));
        let matching = files.filter(|file| matches(file, filter)).map(|file| File::clone(file));
        Ok(matching.take(page.limit as usize).collect())
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let files = self.files.by_id.range((edge, Bound::Unbounded)).map(|(_, file)| file);
        let files = files.filter(|file| !self.users.is_removed(file.owner)).take(limit as usize);
        Ok(files.map(|file| File::clone(file)).collect())
    }
}

#[async_trait]
impl FileRepo for MemoryUnitOfWork {
    async fn insert(&mut self, file: &File) -> PortResult<()> {
        if self.tables.files.by_id.contains_key(&file.id) {
            return Err(self.fail("a second file with one id"));
        }
        if !self.tables.users.contains(file.owner) {
            return Err(self.fail("a file without an owner"));
        }
        self.tables.files.put(file.clone());
        Ok(())
    }

    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        Ok(self.tables.visible_file(access, id).map(|file| File::clone(file)))
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let Tables { users, files, .. } = &mut self.tables;
        let old = files.find(file.owner, file.id).filter(|old| old.revision == seen);
        let Some(old) = old.filter(|old| !users.is_removed(old.owner)).cloned() else {
            return Err(UpdateFile::Stale);
        };
        files.take(file.id);
        files.put(File { created_at: old.created_at, ..file.clone() });
        Ok(())
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let Some(old) = self.tables.file_of(id, of).cloned() else { return Ok(false) };
        let files = &mut self.tables.files;
        files.by_id.insert_mut(id, Arc::new(File { thumbnail: *state, ..File::clone(&old) }));
        Ok(true)
    }

    async fn set_sha256(
        &mut self,
        id: FileId,
        of: BlobId,
        sha256: Sha256,
        charset: Option<Charset>,
    ) -> PortResult<bool> {
        let unread = self.tables.file_of(id, of).filter(|file| file.sha256.is_none());
        let Some(old) = unread.cloned() else { return Ok(false) };
        let files = &mut self.tables.files;
        let content_type = old.content_type.clone().or_charset(charset);
        files
            .by_id
            .insert_mut(id, Arc::new(File { sha256: Some(sha256), content_type, ..File::clone(&old) }));
        Ok(true)
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        if self.tables.visible_file(access, id).is_none() {
            return Ok(None);
        }
        let removed = self.tables.files.take(id);
        Ok(removed.map(Arc::unwrap_or_clone))
    }
}
