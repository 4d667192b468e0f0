//! Reads outside any unit of work.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use fm_domain::access::Access;
use fm_domain::accounts::{Account, Email, Tally, UserCounts, UserFilter, UserQueries};
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileFilter, FilePage, FileQueries};
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Upload, UploadQueries};

use crate::access::{LeadsToRoot, visible_files, visible_nodes, visible_uploads};
use crate::checks;
use crate::directory;
use crate::list::list_files;
use crate::pool::PgPool;
use crate::rows::{NodeRow, UploadRow, UserRow};
use crate::schema::{nodes, uploads, users};
use crate::shared::Shared;

/// Questions, each a statement of its own that sees everything committed before it. Point reads go over the shared
/// connections, lists over pooled ones.
#[derive(Debug)]
pub struct PgReadRepos {
    pub(crate) pool: PgPool,
}

impl PgReadRepos {
    pub(crate) const fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl UserQueries for PgReadRepos {
    async fn find(&mut self, id: UserId) -> PortResult<Option<Account>> {
        self.pool.account(id).await?.map(UserRow::into_account).transpose()
    }

    async fn find_by_email(&mut self, email: &Email) -> PortResult<Option<Account>> {
        let find = |shared: Arc<Shared>| async move {
            let user = users::table.filter(users::email_key.eq(email.key()));
            let user = user.filter(users::removed_at.is_null()).select(UserRow::as_select());
            user.get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(UserRow::into_account).transpose()
    }

    async fn tally(&mut self, after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> {
        let query = checks::tally(after, limit);
        let mut lease = self.pool.lease().await?;
        let rows = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(checks::understood).collect()
    }

    async fn list(
        &mut self,
        filter: &UserFilter,
        after: Option<UserId>,
        limit: u32,
    ) -> PortResult<Vec<Account>> {
        let query = directory::list(filter, after, limit);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<UserRow> = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(UserRow::into_account).collect()
    }

    async fn count(&mut self) -> PortResult<UserCounts> {
        let query = directory::count();
        let mut lease = self.pool.lease().await?;
        directory::understood(lease.run(|connection| query.get_result(connection)).await?)
    }
}

#[async_trait]
impl FileQueries for PgReadRepos {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let find = |shared: Arc<Shared>| async move {
            let file = nodes::table.find(id.uuid()).filter(visible_files(access)).filter(LeadsToRoot);
            file.select(NodeRow::as_select()).get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(NodeRow::into_file).transpose()
    }

    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let find = |shared: Arc<Shared>| async move {
            let file =
                nodes::table.find(id.uuid()).filter(visible_nodes(access)).filter(nodes::kind.eq("file"));
            file.select(NodeRow::as_select()).get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(NodeRow::into_file).transpose()
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let Some(query) = list_files(access, filter, page) else { return Ok(Vec::new()) };
        let mut lease = self.pool.lease().await?;
        let rows: Vec<NodeRow> = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(NodeRow::into_file).collect()
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        let query = checks::walk(after, limit);
        let mut lease = self.pool.lease().await?;
        let rows: Vec<NodeRow> = lease.run(|connection| query.load(connection)).await?;
        rows.into_iter().map(NodeRow::into_file).collect()
    }
}

#[async_trait]
impl UploadQueries for PgReadRepos {
    async fn find(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        let find = |shared: Arc<Shared>| async move {
            let upload = uploads::table.find(id.uuid()).filter(visible_uploads(access));
            upload.select(UploadRow::as_select()).get_result(&mut &**shared).await.optional()
        };
        self.pool.ask(find).await?.map(UploadRow::into_upload).transpose()
    }
}
