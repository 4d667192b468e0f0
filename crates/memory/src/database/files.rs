//! Files, which are items of their drives, and the orders they are listed in.

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::{
    Charset, File, FileFilter, FilePage, FileQueries, FileRepo, FileSort, PageKey, Revision, Sha256,
    ThumbnailState, TypeFilter, UpdateFile,
};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::tree::{Item, Removed};

use super::access::visible_owner;
use super::nodes::{FileOrders, Node, walk};
use super::tables::Tables;
use super::unit::MemoryUnitOfWork;

impl FileOrders {
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

fn matches(file: &File, filter: &FileFilter) -> bool {
    let name =
        filter.name_contains.as_ref().is_none_or(|text| file.name.search_key().contains(text.as_str()));
    let hash = filter.sha256.is_none_or(|hash| file.sha256 == Some(hash));
    let content_type = match &filter.content_type {
        None => true,
        Some(TypeFilter::Exactly(exactly)) => file.content_type.as_str() == exactly.as_str(),
        Some(TypeFilter::Family(family)) => file.content_type.family() == family,
    };
    let parent = filter.parent.is_none_or(|parent| file.parent == parent);
    let after = filter.modified_after.is_none_or(|after| file.modified_at > after);
    let before = filter.modified_before.is_none_or(|before| file.modified_at < before);
    name && hash && content_type && parent && after && before
}

impl Tables {
    pub(super) fn visible_file(&self, access: &Access, id: FileId) -> Option<&File> {
        self.reached(access, id.into())?.file()
    }

    /// The file with this content, living or not, unless its owner is marked as removed.
    fn file_of(&self, id: FileId, blob: BlobId) -> Option<&File> {
        let file = self.nodes.get(id.into())?.file().filter(|file| file.blob == blob)?;
        Some(file).filter(|file| !self.users.is_removed(file.owner))
    }
}

#[async_trait]
impl FileQueries for Tables {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        Ok(self.visible_file(access, id).cloned())
    }

    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let owner = visible_owner(access, &self.users);
        let file = self.nodes.get(id.into()).and_then(|node| node.file());
        Ok(file.filter(|file| Some(file.owner) == owner).cloned())
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let Some(owner) = visible_owner(access, &self.users) else { return Ok(Vec::new()) };
        let Some(orders) = self.nodes.file_orders(owner) else { return Ok(Vec::new()) };
        let files = orders.walk(page).filter_map(|id| self.nodes.file(owner, id));
        let matching = files.filter(|file| matches(file, filter)).cloned();
        Ok(matching.take(page.limit as usize).collect())
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        let files = self.nodes.rows(after.map(Into::into)).filter_map(|node| node.file());
        let files = files.filter(|file| !self.users.is_removed(file.owner)).take(limit as usize);
        Ok(files.cloned().collect())
    }
}

impl MemoryUnitOfWork {
    /// Writes a file that is there, and stamps it where the unit has entered its drive.
    fn rewrite(&mut self, file: File) {
        let seq = self.seq_of(file.drive());
        self.tables.nodes.change(file.id.into(), |node| Node {
            item: Item::File(file),
            changed: seq.unwrap_or(node.changed),
            ..node
        });
    }
}

#[async_trait]
impl FileRepo for MemoryUnitOfWork {
    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let owner = visible_owner(access, &self.tables.users);
        Ok(owner.and_then(|owner| self.tables.nodes.file(owner, id)).cloned())
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let Tables { users, nodes, .. } = &self.tables;
        let old = nodes.file(file.owner, file.id).filter(|old| old.revision == seen);
        let Some(old) = old.filter(|old| !users.is_removed(old.owner)) else {
            return Err(UpdateFile::Stale);
        };
        let (created_at, parent) = (old.created_at, old.parent);
        let taken = nodes.entry(parent, &file.name.search_key());
        if taken.is_some_and(|taken| taken.item.id() != file.id.into()) {
            return Err(self.fail("a file under a name that is taken").into());
        }
        self.rewrite(File { created_at, parent, ..file.clone() });
        Ok(())
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let Some(old) = self.tables.file_of(id, of).cloned() else { return Ok(false) };
        self.rewrite(File { thumbnail: *state, ..old });
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
        let content_type = old.content_type.clone().or_charset(charset);
        self.rewrite(File { sha256: Some(sha256), content_type, ..old });
        Ok(true)
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let Some(file) = self.tables.visible_file(access, id).cloned() else { return Ok(None) };
        self.tables.nodes.remove(id.into(), &mut Removed::default());
        Ok(Some(file))
    }
}
