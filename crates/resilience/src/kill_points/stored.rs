//! What a user has, as it is stored now.

use fm_domain::access::{Access, Right};
use fm_domain::files::{File, FileFilter, FilePage, FileSort, PageKey, SortOrder};
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::{NodeRecord, TrashedItem};

use super::Environment;

impl Environment {
    /// All files of a user, as they are listed.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn files(&self, owner: UserId) -> Vec<File> {
        let (mut files, mut after) = (Vec::new(), None);
        loop {
            let page = FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after, limit: 50 };
            let mut reads = self.database.read().await.unwrap();
            let own = Access::on_behalf_of(owner, Right::Read);
            let listed = reads.files().list(&own, &FileFilter::default(), &page).await.unwrap();
            let Some(last) = listed.last() else { return files };
            after = Some(PageKey::of(last, FileSort::Name));
            files.extend(listed);
        }
    }

    /// The rows of a user's drive.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn nodes(&self, owner: UserId) -> Vec<NodeRecord> {
        let (mut nodes, mut after) = (Vec::new(), None);
        loop {
            let mut reads = self.database.read().await.unwrap();
            let rows = reads.tree().walk_nodes(after, 1_000).await.unwrap();
            let Some(last) = rows.last() else { return nodes };
            after = Some(last.id);
            nodes.extend(rows.into_iter().filter(|row| row.drive == DriveId::of_user(owner)));
        }
    }

    /// The item in the trash.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn trashed(&self, owner: UserId, id: NodeId) -> Option<TrashedItem> {
        let own = Access::on_behalf_of(owner, Right::Read);
        self.database.read().await.unwrap().tree().trashed(&own, id).await.unwrap()
    }
}
